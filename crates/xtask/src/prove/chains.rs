//! The whole system on nodes that are not anvil, step by step: Hardhat's from npm, and a geth where one is named. Each has a part of
//! the report of its own, which stays until that part runs again; one that ran on the same sources is not run a second time.

use std::{fs, path::PathBuf};

use anyhow::{Result, ensure};
use serde_json::json;

use super::{ledger::Ledger, proof::Asked, report};
use crate::{
    count::{self, run_counted},
    dev,
    failure::bad_input,
    install, shell,
    test::package,
};

/// Before what is said of a step; the test's own name may stand in front.
const STEP: &str = "chains | ";
const HARDHAT: &str = "hardhat";
const GETH: &str = "geth";
const PARTS: [(&str, &str); 2] = [(HARDHAT, "chains::on_a_hardhat_node_at_length"), (GETH, "chains::on_geth_at_length")];
/// What the proof is about.
const SOURCES: &[&str] = &["crates", "abi", "migrations", "tests/chains"];

pub fn parts() -> Vec<&'static str> {
    PARTS.map(|(name, _)| name).to_vec()
}

/// `cargo xtask prove chains [PART...] [--geth PATH] [--fresh]`
pub fn run(asked: &Asked) -> Result<()> {
    let geth = asked.option("--geth").map(executable).transpose()?;
    install::hardhat()?;
    let executable = dev::build()?;
    let program = package::program(&["linkpool-cli"], "it-", &[])?;
    let mut ledger = Ledger::open("chains", parts().into_iter().map(|part| (part, SOURCES)), asked.fresh)?;
    for (part, test) in PARTS.into_iter().filter(|(part, _)| asked.parts.contains(part)) {
        if part == GETH && geth.is_none() {
            println!("{part}: not without --geth PATH");
            continue;
        }
        let steps = || {
            let mut command = shell::command(&program.path);
            command.current_dir(&program.folder).args(["--ignored", "--exact", test, "--nocapture"]);
            command.env("LINKPOOL_BIN", &executable);
            command.envs(geth.iter().filter(|_| part == GETH).map(|path| ("LINKPOOL_GETH", path)));
            let mut steps = Vec::new();
            let count = run_counted(&mut command, |line| {
                steps.extend(line.split_once(STEP).map(|(_, step)| format!("| {step} |")));
                count::cargo_test(line)
            })?;
            ensure!(count.failed == 0 && count.passed == 1, "{test} failed; nothing in it is left to chance");
            Ok(json!(steps.join("\n")))
        };
        ledger.once(part, steps, |ledger| tell(ledger, part))?;
    }
    Ok(())
}

fn executable(path: &str) -> Result<PathBuf> {
    fs::canonicalize(path).map_err(|error| bad_input(format!("there is no geth at {path}: {error}")))
}

fn tell(ledger: &Ledger, part: &str) -> Result<()> {
    let body = format!(
        "Trees of crates, abi, migrations and tests/chains: {}.\n\n| chain | step | seen | took |\n| --- | --- | --- | --: |\n{}",
        ledger.sources(part),
        ledger.done(part).as_str().unwrap_or_default()
    );
    report::write("chains", Some(part), &body)
}
