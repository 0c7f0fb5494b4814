//! The whole system on nodes that are not anvil, step by step: Hardhat's from npm, and a geth where one is named. Each has a part of
//! the report of its own, which stays until that part runs again; one that ran on the same sources is not run a second time.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};

use crate::{
    count::{self, run_counted},
    dev,
    failure::bad_input,
    install,
    shell::{self, root},
    test::package,
};

const REPORT: &str = "docs/proofs/chains.md";
const END: &str = "<!-- until here -->";
/// Before what is said of a step; the test's own name may stand in front.
const STEP: &str = "chains | ";

struct Part {
    name: &'static str,
    test: &'static str,
}

const HARDHAT: Part = Part { name: "hardhat", test: "chains::on_a_hardhat_node_at_length" };
const GETH: Part = Part { name: "geth", test: "chains::on_geth_at_length" };

/// `cargo xtask prove chains [--geth PATH] [--fresh]`
pub fn run(arguments: &[String]) -> Result<()> {
    let (geth, fresh) = options(arguments)?;
    install::hardhat()?;
    let executable = dev::build()?;
    let programs = package::programs(&["linkpool-cli"])?;
    let is_it = |path: &Path| path.file_stem().is_some_and(|stem| stem.to_string_lossy().starts_with("it-"));
    let program = programs.iter().find(|program| is_it(&program.path)).context("the stories are built")?;
    for (part, geth) in [(HARDHAT, None)].into_iter().chain(geth.map(|path| (GETH, Some(path)))) {
        let sources = sources()?;
        if !fresh && section(&part)?.contains(&sources) {
            println!("{}: done for these sources; --fresh does it again", part.name);
            continue;
        }
        let mut command = shell::command(&program.path);
        command.current_dir(&program.folder).args(["--ignored", "--exact", part.test, "--nocapture"]);
        command.env("LINKPOOL_BIN", &executable).envs(geth.map(|path| ("LINKPOOL_GETH", path)));
        let mut steps = Vec::new();
        let count = run_counted(&mut command, |line| {
            steps.extend(line.split_once(STEP).map(|(_, step)| format!("| {step} |")));
            count::cargo_test(line)
        })?;
        ensure!(count.failed == 0 && count.passed == 1, "{} failed; nothing in it is left to chance", part.test);
        report(&part, &sources, &steps)?;
    }
    Ok(())
}

fn options(arguments: &[String]) -> Result<(Option<PathBuf>, bool)> {
    let (mut geth, mut fresh) = (None, false);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--fresh" => fresh = true,
            "--geth" => {
                let path = rest.next().ok_or_else(|| bad_input("name the executable: --geth PATH"))?;
                let path = fs::canonicalize(path).map_err(|error| bad_input(format!("there is no geth at {path}: {error}")))?;
                geth = Some(path);
            }
            other => return Err(bad_input(format!("the proof takes --geth PATH and --fresh, not `{other}`"))),
        }
    }
    Ok((geth, fresh))
}

/// What the proof is about.
fn sources() -> Result<String> {
    let mut git = shell::command("git");
    git.args(["rev-parse", "HEAD:crates", "HEAD:abi", "HEAD:migrations", "HEAD:tests/chains"]);
    let hashes = shell::output(&mut git)?;
    Ok(hashes.split_whitespace().map(|hash| &hash[..hash.len().min(10)]).collect::<Vec<_>>().join(" "))
}

fn begin(part: &Part) -> String {
    format!("<!-- written by `cargo xtask prove chains`: {} -->", part.name)
}

/// The report around the part's section, and the section.
fn split(part: &Part) -> Result<(String, String, String)> {
    let text = fs::read_to_string(root().join(REPORT)).with_context(|| format!("reading {REPORT}"))?;
    let lost = || bad_input(format!("{REPORT} has lost the marks between which the proof writes about {}", part.name));
    let (before, rest) = text.split_once(&begin(part)).ok_or_else(lost)?;
    let (section, after) = rest.split_once(END).ok_or_else(lost)?;
    Ok((before.to_owned(), section.to_owned(), after.to_owned()))
}

fn section(part: &Part) -> Result<String> {
    split(part).map(|(_, section, _)| section)
}

fn report(part: &Part, sources: &str, steps: &[String]) -> Result<()> {
    let commit = shell::output(shell::command("git").args(["rev-parse", "--short", "HEAD"]))?;
    let date = shell::output(shell::command("date").args(["-u", "+%Y-%m-%d %H:%M UTC"]))?;
    let section = format!(
        "\n\nCommit {}, {}. Trees of crates, abi, migrations and tests/chains: {sources}.\n\n\
         | chain | step | seen | took |\n| --- | --- | --- | --: |\n{}\n\n",
        commit.trim(),
        date.trim(),
        steps.join("\n")
    );
    let (before, _, after) = split(part)?;
    fs::write(root().join(REPORT), format!("{before}{}{section}{END}{after}", begin(part)))
        .with_context(|| format!("writing {REPORT}"))
}
