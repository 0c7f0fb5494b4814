//! A test that prints `statistic NAME VALUE` lines, and their table in the report.

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::programs::Programs;
use crate::{
    count::{self, run_counted},
    dev,
    prove::{ledger::Ledger, report},
    shell,
    test::package,
};

/// Before a statistic; the test's own name may stand in front.
const STATISTIC: &str = "statistic ";

/// One such test.
pub struct Measured {
    pub part: &'static str,
    pub package: &'static str,
    pub test: &'static str,
    /// What each statistic is, and what it should be at most.
    pub statistics: &'static [(&'static str, &'static str, &'static str)],
}

impl Measured {
    pub fn run(&self, programs: &Programs, ledger: &mut Ledger) -> Result<()> {
        let program = package::program(&[self.package], "it-", &[])?;
        let executable = dev::build()?;
        let carry_out = || {
            let mut command = shell::command(&program.path);
            command.current_dir(&program.folder).args(["--ignored", "--exact", self.test, "--nocapture"]);
            command.env("LINKPOOL_BIN", &executable);
            command.env("LINKPOOL_CHAINLINK", &programs.node.0).env("LINKPOOL_NODE_POSTGRES", &programs.postgres);
            command.envs(programs.newer.iter().map(|(path, _)| ("LINKPOOL_CHAINLINK_NEWER", path)));
            command.envs(programs.age.iter().map(|path| ("LINKPOOL_AGE", path)));
            let mut statistics = serde_json::Map::new();
            let count = run_counted(&mut command, |line| {
                if let Some((name, value)) = line.split_once(STATISTIC).and_then(|(_, statistic)| statistic.split_once(' ')) {
                    statistics.insert(name.to_owned(), json!(value));
                }
                count::cargo_test(line)
            })?;
            ensure!(count.failed == 0 && count.passed == 1, "{} failed; nothing is written into the report", self.test);
            statistics.insert("node".into(), json!(programs.node.1));
            statistics.insert("newer".into(), json!(programs.newer.as_ref().map(|(_, version)| version)));
            Ok(Value::Object(statistics))
        };
        ledger.once(self.part, carry_out, |ledger| self.tell(ledger))
    }

    fn tell(&self, ledger: &Ledger) -> Result<()> {
        let done = ledger.done(self.part);
        let newer = done["newer"].as_str().map(|version| format!(", then {version}")).unwrap_or_default();
        let rows = self
            .statistics
            .iter()
            .filter_map(|(name, about, aim)| Some(format!("| {about} | {} | {aim} |", done[*name].as_str()?.replace(',', ", "))));
        let body = format!(
            "Trees of the crates that it is about: {}. Chainlink {}{newer}; anvil with a block each second.\n\n\
             | what | seen | aim |\n| --- | --: | --: |\n{}",
            ledger.sources(self.part),
            done["node"].as_str().unwrap_or_default(),
            rows.collect::<Vec<_>>().join("\n")
        );
        report::write("chainlink", Some(self.part), &body)
    }
}
