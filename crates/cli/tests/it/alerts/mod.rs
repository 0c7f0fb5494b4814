//! The shipped alerts: each is tested with its real durations, has a line for who is called, and is fired by its cause in a real
//! Prometheus with all times scaled down: a few here, all of them in `cargo xtask prove alerts`.

mod causes;
mod earnings;
mod fixture;
mod prometheus;
mod scaled;
mod troubles;

use std::{
    collections::BTreeSet,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use self::{
    causes::{CAUSES, Cause, Trouble},
    fixture::AlertsFixture,
    prometheus::tool,
};

const ALERTS: &str = include_str!("../../../../../docs/alerts.yml");
const TESTS: &str = include_str!("../../../../../tests/alerts/rules.yml");
const PLAYBOOK: &str = include_str!("../../../../../docs/operations.md");
const REPORT: &str = include_str!("../../../../../docs/proofs/alerts.md");

/// What follows a word at the beginning of a line.
fn named(text: &str, word: &str) -> BTreeSet<String> {
    text.lines().filter_map(|line| line.trim().strip_prefix(word)).map(|name| name.trim().to_owned()).collect()
}

/// The names of alerts that begin a row of a table.
fn rows(text: &str, alerts: &BTreeSet<String>) -> BTreeSet<String> {
    let lines = text.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` |"));
    lines.map(|(name, _)| name.to_owned()).filter(|name| alerts.contains(name)).collect()
}

#[test]
fn every_alert_is_tested_has_a_line_for_who_is_called_and_a_cause_that_was_seen_to_fire_it() {
    let alerts = named(ALERTS, "- alert:");
    assert!(alerts.len() > 30, "{alerts:?}");
    assert_eq!(named(TESTS, "- name:"), alerts);
    assert_eq!(rows(PLAYBOOK, &alerts), alerts);
    let caused: Vec<&str> = CAUSES.iter().flat_map(|cause| cause.alerts).copied().collect();
    assert_eq!(caused.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>(), alerts, "causes.rs has a cause for each");
    assert_eq!(caused.len(), alerts.len(), "an alert has one cause");
    assert_eq!(rows(REPORT, &alerts), alerts, "the report is older than the rules: run `cargo xtask prove alerts`");
}

#[test]
fn each_alert_is_quiet_before_its_time_and_fires_after_it() {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/alerts/rules.yml");
    let output = Command::new(tool("promtool")).args(["test", "rules"]).arg(rules).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&[output.stdout, output.stderr].concat()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_dies_is_missed_and_a_database_that_is_cut_off_is_told() {
    let mut monitored = AlertsFixture::set().await;
    monitored.is_calm();
    for trouble in [Trouble::DatabaseCut, Trouble::RolesKilled] {
        let Some(Cause { alerts, .. }) = CAUSES.iter().find(|cause| cause.trouble == trouble) else { panic!("{trouble:?}") };
        monitored.begin(trouble).await;
        monitored.prometheus.times(alerts, true).await;
        if trouble == Trouble::DatabaseCut {
            monitored.end(trouble).await;
            monitored.prometheus.times(alerts, false).await;
        }
    }
}

/// `LINKPOOL_ALERTS_CAUSES` names some of the causes, as in `NonceTaken,Reorg`.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "a quarter of an hour: `cargo xtask prove alerts`"]
async fn each_cause_fires_its_alerts_which_end_when_it_is_gone() {
    let chosen = std::env::var("LINKPOOL_ALERTS_CAUSES").unwrap_or_default();
    let is_chosen = |cause: &&Cause| chosen.is_empty() || chosen.split(',').any(|name| name == format!("{:?}", cause.trouble));
    let mut monitored = AlertsFixture::set().await;
    for Cause { trouble, what, alerts } in CAUSES.iter().filter(is_chosen) {
        monitored.prometheus.times(alerts, false).await;
        monitored.begin(*trouble).await;
        let fired = monitored.prometheus.times(alerts, true).await;
        let begin = Instant::now();
        monitored.end(*trouble).await;
        let undone = begin.elapsed();
        let ended = monitored.prometheus.times(alerts, false).await;
        let seconds = |name: &str| (fired[name], (undone + Duration::from_secs_f64(ended[name])).as_secs_f64());
        for name in *alerts {
            let (fired, ended) = seconds(name);
            // `cargo xtask prove alerts` makes the report of these lines.
            println!("| `{name}` | {what} | {fired:.1} | {ended:.1} |");
        }
    }
}
