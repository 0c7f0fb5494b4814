//! The tests of some crates, from the executables that cargo builds for all of them: nothing is compiled with other features.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::{
    count::{self, Count, run_counted},
    dev, install, shell,
    side_by_side::{self, Job},
};

/// Every crate of the workspace.
pub const ALL: &[&str] = &[];
/// Test programs that cargo leaves out where it takes all: their manifests say `test = false`.
pub const APART: [&str; 2] = ["ecs", "kms"];
/// So many programs at once, with so many tests each, on two cores as on more: what they wait for is not the processor.
const AT_ONCE: usize = 2;
const THREADS: &str = "4";
/// Those that take longest, longest first, so that the others run beside them. This saves time and promises nothing.
const LONG: [&str; 7] = ["cli it", "registrar it", "indexer it", "fleet it", "chain it", "api it", "replay it"];

/// One executable with tests, what to call it, and the folder of its crate, where cargo would run it.
#[derive(Clone)]
pub struct TestProgram {
    pub name: String,
    pub path: PathBuf,
    pub folder: PathBuf,
}

impl TestProgram {
    /// What cargo says it built, if that is one.
    fn read(message: &Value) -> Option<Self> {
        if message["profile"]["test"] != Value::Bool(true) {
            return None;
        }
        let folder = Path::new(message["manifest_path"].as_str()?).parent()?.to_owned();
        let name = format!("{} {}", folder.file_name()?.to_str()?, message["target"]["name"].as_str()?);
        Some(Self { name, path: message["executable"].as_str()?.into(), folder })
    }

    fn is_of(&self, crates: &[&str]) -> bool {
        crates.is_empty() || crates.iter().any(|name| self.folder.ends_with(name.trim_start_matches("linkpool-")))
    }

    fn command(&self, executable: &Path, filter: &[String]) -> Command {
        let mut command = shell::command(&self.path);
        command.current_dir(&self.folder).args(filter).env("LINKPOOL_BIN", executable);
        // As cargo would; ours is inherited otherwise.
        command.env("CARGO_MANIFEST_DIR", &self.folder);
        command
    }
}

/// Runs the tests of the crates with these names, several programs at a time; the filter is a part of test names.
pub fn run_side_by_side(crates: &[&str], filter: &[String]) -> Result<Count> {
    let mut programs = programs(crates)?;
    programs.sort_by_key(|program| LONG.iter().position(|name| *name == program.name).unwrap_or(LONG.len()));
    let executable = dev::build()?;
    let jobs = programs.into_iter().map(|program| {
        let mut command = program.command(&executable, filter);
        command.arg("--quiet").env("RUST_TEST_THREADS", THREADS);
        Job { name: program.name, command, read: count::cargo_test }
    });
    side_by_side::run(jobs, AT_ONCE)
}

/// Runs the tests of the crates with these names one after the other, and shows their output as it comes.
pub fn run(crates: &[&str], filter: &[String]) -> Result<Count> {
    run_with(crates, filter, &[], |_| ())
}

/// The same with some variables in the environment; `look` gets every line that the tests print.
pub fn run_with(crates: &[&str], filter: &[String], environment: &[(&str, String)], mut look: impl FnMut(&str)) -> Result<Count> {
    let executable = dev::build()?;
    let mut total = Count::default();
    for program in programs(crates)? {
        let mut program = program.command(&executable, filter);
        program.envs(environment.iter().map(|(name, value)| (name, value)));
        total += run_counted(&mut program, |line| {
            look(line);
            count::cargo_test(line)
        })?;
    }
    Ok(total)
}

/// Runs one test program and builds no other; also one that is not among all others', whose crate's manifest says `test = false`.
pub fn run_alone(name: &str, target: &str, filter: &[String], environment: &[(&str, PathBuf)]) -> Result<Count> {
    let program = program(&[name], &format!("{target}-"), &["--test", target])?;
    let mut command = shell::command(&program.path);
    command
        .current_dir(&program.folder)
        .args(filter)
        .env("RUST_TEST_THREADS", THREADS)
        .env("CARGO_MANIFEST_DIR", &program.folder)
        .envs(environment.iter().map(|(name, value)| (name, value)));
    run_counted(&mut command, count::cargo_test)
}

/// What cargo builds for these crates.
pub fn programs(crates: &[&str]) -> Result<Vec<TestProgram>> {
    match KEPT.get() {
        Some(kept) => Ok(kept.iter().filter(|program| program.is_of(crates)).cloned().collect()),
        None => programs_with(crates, &[]),
    }
}

static KEPT: OnceLock<Vec<TestProgram>> = OnceLock::new();

/// Builds all, and takes them for built from then on: cargo is not asked again, which a build behind the tests would hold up.
pub fn keep() -> Result<()> {
    KEPT.set(programs(ALL)?).ok();
    Ok(())
}

/// The one of these crates whose name begins so: `it-`. With `how` it is built in another way.
pub fn program(crates: &[&str], name: &str, how: &[&str]) -> Result<TestProgram> {
    let programs = if how.is_empty() { programs(crates) } else { programs_with(crates, how) }?;
    let is_meant = |program: &TestProgram| program.path.file_stem().is_some_and(|stem| stem.to_string_lossy().starts_with(name));
    programs.into_iter().find(is_meant).with_context(|| format!("the tests of {} are built", crates.join(" and ")))
}

fn programs_with(crates: &[&str], how: &[&str]) -> Result<Vec<TestProgram>> {
    // The page is a part of the executable, and the tests run the npm packages' anvil.
    install::page()?;
    let mut cargo = shell::cargo();
    cargo.args(["test", "--workspace", "--all-features", "--no-run", "--message-format=json-render-diagnostics", "--quiet"]);
    let text = shell::output(cargo.args(how).stdin(Stdio::null()))?;
    let messages = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let programs = messages.filter_map(|message| TestProgram::read(&message));
    Ok(programs.filter(|program| program.is_of(crates)).collect())
}
