//! Half an hour of outages under two of every role, in pieces of five minutes, each on a stage of its own. A run that was ended goes on
//! with the piece that was not done.

use std::{collections::BTreeMap, process::Command};

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::{ledger::Ledger, proof::Asked, report};
use crate::{
    count::{self, run_counted},
    dev, shell,
    test::package,
};

pub const PART: &str = "outages";
const TEST: &str = "outages::two_of_every_role_outlive_what_befalls_their_database_and_nothing_is_lost_wrong_or_ended";
const MINUTES: u64 = 30;
const PIECE_SECONDS: u64 = 300;
/// What the proof is about: it starts again where any of this changes.
const SOURCES: &[&str] = &[
    "crates/api",
    "crates/chain",
    "crates/cli",
    "crates/db",
    "crates/earnings",
    "crates/fleet",
    "crates/indexer",
    "crates/registrar",
    "crates/reporter",
];

/// `cargo xtask prove outages [--minutes N] [--fresh]`
pub fn run(asked: &Asked) -> Result<()> {
    let goal = asked.number("--minutes")?.unwrap_or(MINUTES) * 60;
    let mut ledger = Ledger::open("outages", [(PART, SOURCES)], asked.fresh)?;
    let executable = dev::build()?;
    let program = package::program(&["linkpool-cli"], "it-", &[])?;
    let next = |done: &Value| {
        let seconds = PIECE_SECONDS.min(goal.saturating_sub(seconds(done)));
        if seconds == 0 {
            return Ok(None);
        }
        let mut command = shell::command(&program.path);
        command.current_dir(&program.folder).args(["--exact", TEST, "--nocapture"]).env("LINKPOOL_BIN", &executable);
        piece(done, seconds, &mut command).map(Some)
    };
    ledger.carry_out(PART, next, |ledger| tell(ledger, goal))?;
    let done = ledger.done(PART);
    println!("{} s of outages, {} rounds: docs/proofs/outages.md", seconds(done), done["rounds"]);
    Ok(())
}

/// `{ seconds, rounds, events, seeds, took: { "role, what": [seconds] } }`
fn seconds(done: &Value) -> u64 {
    done["seconds"].as_u64().unwrap_or(0)
}

/// What has come out with one more piece.
fn with(done: &Value, seed: u64, said: &Said) -> Value {
    let sum = |what: &str, more: u64| done[what].as_u64().unwrap_or(0) + more;
    let longer = |known: &Value, more: Vec<Value>| json!([known.as_array().cloned().unwrap_or_default(), more].concat());
    let mut took = done["took"].as_object().cloned().unwrap_or_default();
    for (what, seconds) in &said.took {
        let known = took.get(what).cloned().unwrap_or_default();
        took.insert(what.clone(), longer(&known, seconds.iter().map(|seconds| json!(seconds)).collect()));
    }
    json!({
        "seconds": sum("seconds", said.seconds), "rounds": sum("rounds", said.rounds), "events": sum("events", said.events),
        "seeds": longer(&done["seeds"], vec![json!(seed)]), "took": took,
    })
}

/// What one piece printed.
#[derive(Debug, Default, PartialEq)]
struct Said {
    seconds: u64,
    rounds: u64,
    events: u64,
    took: BTreeMap<String, Vec<f64>>,
}

impl Said {
    /// `took 3.402 index lost server`, `round 7 lost server: 311 events, 8 node processes`, `lasted 301`.
    fn hear(&mut self, line: &str) {
        let mut words = line.splitn(4, ' ');
        match (words.next(), words.next(), words.next(), words.next()) {
            (Some("took"), Some(seconds), Some(role), Some(what)) => {
                if let Ok(seconds) = seconds.parse() {
                    self.took.entry(format!("{what} | {role}")).or_default().push(seconds);
                }
            }
            (Some("round"), ..) => {
                self.rounds += 1;
                let events = line.split(": ").nth(1).and_then(|rest| rest.split(' ').next()?.parse().ok());
                // The whole index is compared each time: the newest number counts them all.
                self.events = events.unwrap_or(self.events);
            }
            (Some("lasted"), Some(seconds), ..) => self.seconds = seconds.parse().unwrap_or(0),
            _ => {}
        }
    }
}

fn piece(done: &Value, seconds: u64, command: &mut Command) -> Result<Value> {
    let seed = done["seeds"].as_array().map_or(0, Vec::len) as u64 + 1;
    command.env("LINKPOOL_OUTAGES_SECONDS", seconds.to_string()).env("LINKPOOL_SEED", seed.to_string());
    let mut said = Said::default();
    let count = run_counted(command, |line| {
        said.hear(line);
        count::cargo_test(line)
    })?;
    let again = format!("LINKPOOL_SEED={seed} LINKPOOL_OUTAGES_SECONDS={seconds}");
    ensure!(count.failed == 0 && count.passed == 1 && said.seconds >= seconds, "{TEST} failed: run it again with {again}");
    Ok(with(done, seed, &said))
}

/// Writes the tables of the report.
fn tell(ledger: &Ledger, goal: u64) -> Result<()> {
    let done = ledger.done(PART);
    let mut table = format!(
        "Trees of {}: {}.\n\n{} of {goal} seconds, seeds {}: {} rounds, {} events compared, 0 differences, 0 node processes ended, 0 roles \
         ended.\n\n| what befell them | role | times | p50 | p95 | longest |\n| --- | --- | --- | --- | --- | --- |\n",
        SOURCES.join(", "),
        ledger.sources(PART),
        seconds(done),
        done["seeds"],
        done["rounds"],
        done["events"],
    );
    for (what, took) in done["took"].as_object().into_iter().flatten() {
        let mut took: Vec<f64> = took.as_array().into_iter().flatten().filter_map(Value::as_f64).collect();
        took.sort_by(f64::total_cmp);
        let [half, most, longest] = [50, 95, 100].map(|percent| percentile(&took, percent));
        table += &format!("| {what} | {} | {half:.2} s | {most:.2} s | {longest:.2} s |\n", took.len());
    }
    report::write("outages", None, &table)
}

/// The smallest of the sorted values that so many percent of them do not exceed.
fn percentile(sorted: &[f64], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_piece_prints_is_read() {
        let mut said = Said::default();
        for line in ["took 3.402 index lost server", "round 7 lost server: 311 events, 8 node processes", "lasted 301", "x"] {
            said.hear(line);
        }
        let took = BTreeMap::from([("lost server | index".to_owned(), vec![3.402])]);
        assert_eq!(said, Said { seconds: 301, rounds: 1, events: 311, took });
    }

    #[test]
    fn a_percentile_is_one_of_the_values() {
        let values: Vec<f64> = (1..=20).map(f64::from).collect();
        assert_eq!([50, 95, 100].map(|percent| percentile(&values, percent)), [10.0, 19.0, 20.0]);
        assert_eq!(percentile(&[4.0], 50), 4.0);
    }

    #[test]
    fn pieces_add_up() {
        let said = |took: f64| Said {
            seconds: 300,
            rounds: 2,
            events: 50,
            took: BTreeMap::from([("clock set | api".to_owned(), vec![took])]),
        };
        let done = with(&with(&Value::Null, 1, &said(0.5)), 2, &said(1.5));
        let expect =
            json!({ "seconds": 600, "rounds": 4, "events": 100, "seeds": [1, 2], "took": { "clock set | api": [0.5, 1.5] } });
        assert_eq!(done, expect);
    }
}
