//! Running other programs from the root of the repository.

use anyhow::{Context, Result};
use std::{
    ffi::{OsStr, OsString},
    io::{self, BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use crate::failure::{bad_input, ended};

/// The root of the repository.
pub fn root() -> &'static Path {
    const MANIFEST: &str = env!("CARGO_MANIFEST_DIR");
    let mut ancestors = Path::new(MANIFEST).ancestors().skip(2);
    ancestors.next().unwrap_or(Path::new("."))
}

/// The folder of the programs that cargo builds: the one this program lies in.
pub fn built(program: &str) -> Result<PathBuf> {
    let own = std::env::current_exe().context("where this program lies")?;
    Ok(own.with_file_name(program))
}

/// A program, to be run in the root, that finds the npm packages.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    // What the cargo that runs us says of our own package. Build scripts look at it (ring's does), and all that stands on them would be
    // built again whenever somebody calls cargo after `cargo xtask`.
    for (name, _) in std::env::vars_os() {
        if ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
            command.env_remove(name);
        }
    }
    command.current_dir(root()).env("LINKPOOL_NODE_MODULES", root().join("node_modules"));
    command
}

pub fn cargo() -> Command {
    command(cargo_program())
}

/// The same for what runs behind tests: it gets the time that they leave over, so that no deadline of theirs is missed for it.
pub fn cargo_behind() -> Command {
    let mut command = command("nice");
    command.args(["-n", "19"]).arg(cargo_program());
    command
}

fn cargo_program() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// Runs a program to its end with our streams; a failure carries its exit code.
pub fn run(command: &mut Command) -> Result<()> {
    let program = name(command);
    let status = command.status().map_err(|error| not_started(&program, &error))?;
    if status.success() {
        return Ok(());
    }
    Err(ended(&program, status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)))
}

/// What a program prints; its errors go to ours.
pub fn output(command: &mut Command) -> Result<String> {
    let program = name(command);
    let output = command.stderr(std::process::Stdio::inherit()).output().map_err(|error| not_started(&program, &error))?;
    if !output.status.success() {
        return Err(ended(&program, 1));
    }
    String::from_utf8(output.stdout).with_context(|| format!("the output of `{program}`"))
}

/// Runs a program, shows each line as it comes and also hands it to `look`. Returns whether it succeeded.
pub fn run_watched(command: &mut Command, mut look: impl FnMut(&str)) -> Result<bool> {
    let mut shown = Ok(());
    let succeeded = run_quietly(command, |line| {
        if shown.is_ok() {
            shown = writeln!(io::stdout(), "{line}");
        }
        look(line);
    })?;
    shown.context("printing")?;
    Ok(succeeded)
}

/// Runs a program and hands each line that it prints to `look`. Returns whether it succeeded.
pub fn run_quietly(command: &mut Command, mut look: impl FnMut(&str)) -> Result<bool> {
    let program = name(command);
    let (reader, writer) = io::pipe().context("making a pipe")?;
    command.stdout(writer.try_clone().context("duplicating a pipe")?).stderr(writer);
    let mut child = command.spawn().map_err(|error| not_started(&program, &error))?;
    // The command keeps its ends of the pipe; without this the pipe would never end.
    command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    for line in BufReader::new(reader).split(b'\n') {
        let line = line.context("reading a program's output")?;
        look(&String::from_utf8_lossy(&line));
    }
    Ok(child.wait().with_context(|| format!("waiting for `{program}`"))?.success())
}

/// Says what is being done, does it, and says how long it took.
pub fn timed<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    eprintln!("xtask: {what} ...");
    let start = Instant::now();
    let result = work()?;
    eprintln!("xtask: {what}: {:.1} s", start.elapsed().as_secs_f64());
    Ok(result)
}

fn name(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args()).take(4);
    words.map(|word| word.to_string_lossy().replace(&format!("{}/", root().display()), "")).collect::<Vec<_>>().join(" ")
}

fn not_started(program: &str, error: &io::Error) -> anyhow::Error {
    bad_input(format!("`{program}` cannot be started: {error}"))
}
