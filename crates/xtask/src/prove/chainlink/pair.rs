//! A pair under the fleet, and what befalls it; then ten.

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::programs::Programs;
use crate::{
    count::{self, run_counted},
    prove::{ledger::Ledger, report},
    shell,
    test::package,
};

pub const PART: &str = "pair";
const TEST: &str = "real::pairs::pairs_of_the_real_node_outlive_what_befalls_them";
/// Before a statistic; the test's own name may stand in front.
const STATISTIC: &str = "statistic ";

/// What each statistic is, and what it should be at most.
const STATISTICS: &[(&str, &str, &str)] = &[
    ("postgres", "Postgres", ""),
    ("boot_s", "call to a healthy pair, empty database", "7"),
    ("rss_mb_per_node", "memory of a pair a minute after that, MB", "300"),
    ("takeover_kill_s", "kill -9 of the active: the other answers as ready, five times", "5"),
    ("takeover_term_s", "SIGTERM to the active: the other answers as ready, five times", "3"),
    ("stop_active_served_s", "SIGSTOP of the active: the other answers as ready", ""),
    ("stop_active_noticed_s", "… it is shown as failing", ""),
    ("stop_active_whole_s", "… it is replaced and the pair is healthy", ""),
    ("stop_standby_noticed_s", "SIGSTOP of the standby: it is shown as failing", ""),
    ("stop_standby_whole_s", "… it is replaced and the pair is healthy", ""),
    ("hung_rpc_noticed_s", "the chain hangs: the node is shown as degraded, and nothing is replaced", ""),
    ("rpc_back_s", "… the chain is back: healthy", ""),
    ("upgrade_served_s", "SIGTERM to the older active beside a newer standby: the newer answers as ready", ""),
    ("ten_at_once_s", "one call for ten more nodes: all healthy", ""),
    ("ten_rss_mb", "memory of those ten pairs 75 s later, MB", ""),
    ("connections", "connections to the nodes' Postgres then", ""),
];

pub fn run(programs: &Programs, ledger: &mut Ledger) -> Result<()> {
    let program = package::program(&["linkpool-fleet"], "it-", &[])?;
    let carry_out = || {
        let mut command = shell::command(&program.path);
        command.current_dir(&program.folder).args(["--ignored", "--exact", TEST, "--nocapture"]);
        command.env("LINKPOOL_CHAINLINK", &programs.node.0).env("LINKPOOL_NODE_POSTGRES", &programs.postgres);
        command.envs(programs.newer.iter().map(|(path, _)| ("LINKPOOL_CHAINLINK_NEWER", path)));
        let mut statistics = serde_json::Map::new();
        let count = run_counted(&mut command, |line| {
            if let Some((name, value)) = line.split_once(STATISTIC).and_then(|(_, statistic)| statistic.split_once(' ')) {
                statistics.insert(name.to_owned(), json!(value));
            }
            count::cargo_test(line)
        })?;
        ensure!(count.failed == 0 && count.passed == 1, "{TEST} failed; nothing is written into the report");
        statistics.insert("node".into(), json!(programs.node.1));
        statistics.insert("newer".into(), json!(programs.newer.as_ref().map(|(_, version)| version)));
        Ok(Value::Object(statistics))
    };
    ledger.once(PART, carry_out, tell)
}

fn tell(ledger: &Ledger) -> Result<()> {
    let done = ledger.done(PART);
    let newer = done["newer"].as_str().map(|version| format!(", then {version}")).unwrap_or_default();
    let rows = STATISTICS
        .iter()
        .filter_map(|(name, about, aim)| Some(format!("| {about} | {} | {aim} |", done[*name].as_str()?.replace(',', ", "))));
    let body = format!(
        "Trees of crates/fleet, node-postgres, process and chainlink: {}. Chainlink {}{newer}; anvil with a block each second.\n\n\
         | what | seen | aim |\n| --- | --: | --: |\n{}",
        ledger.sources(PART),
        done["node"].as_str().unwrap_or_default(),
        rows.collect::<Vec<_>>().join("\n")
    );
    report::write("chainlink", Some(PART), &body)
}
