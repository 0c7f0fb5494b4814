//! Half an hour of outages under two of every role, in pieces of five minutes, each on a stage of its own. A run that was ended goes on
//! with the piece that was not done.

use std::{collections::BTreeMap, fs, path::PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::{
    count::{self, run_counted},
    dev,
    failure::bad_input,
    shell::{self, root},
    test::package,
};

const TEST: &str = "outages::two_of_every_role_outlive_what_befalls_their_database_and_nothing_is_lost_wrong_or_ended";
const MINUTES: u64 = 30;
const PIECE_SECONDS: u64 = 300;
const REPORT: &str = "docs/proofs/outages.md";
const BEGIN: &str = "<!-- written by `cargo xtask prove outages` -->";
const END: &str = "<!-- until here -->";
/// What the proof is about: it starts again where any of this changes.
const SOURCES: [&str; 8] = ["api", "chain", "cli", "db", "fleet", "indexer", "registrar", "reporter"];

/// `cargo xtask prove outages [--minutes N] [--fresh]`
pub fn run(arguments: &[String]) -> Result<()> {
    let (goal, fresh) = read(arguments)?;
    let mut progress = Progress::open(fresh)?;
    if progress.seconds() < goal {
        let executable = dev::build()?;
        let programs = package::programs(&["linkpool-cli"])?;
        let is_it = |path: &PathBuf| path.file_stem().is_some_and(|stem| stem.to_string_lossy().starts_with("it-"));
        let program = programs.into_iter().find(|program| is_it(&program.path)).context("the stories are built")?;
        while progress.seconds() < goal {
            let seconds = PIECE_SECONDS.min(goal - progress.seconds());
            let mut command = shell::command(&program.path);
            command.current_dir(&program.folder).args(["--exact", TEST, "--nocapture"]).env("LINKPOOL_BIN", &executable);
            piece(&mut progress, seconds, &mut command)?;
            report(&progress, goal)?;
        }
    }
    report(&progress, goal)?;
    println!("{} s of outages, {} rounds: docs/proofs/outages.md", progress.seconds(), progress.0["rounds"]);
    Ok(())
}

fn read(arguments: &[String]) -> Result<(u64, bool)> {
    let (mut minutes, mut fresh, mut rest) = (MINUTES, false, arguments.iter());
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--fresh" => fresh = true,
            "--minutes" => {
                let number = rest.next().and_then(|number| number.parse().ok()).filter(|minutes| *minutes > 0);
                minutes = number.ok_or_else(|| bad_input("--minutes wants a number"))?;
            }
            other => return Err(bad_input(format!("`{other}` is not known: there are --minutes N and --fresh"))),
        }
    }
    Ok((minutes * 60, fresh))
}

/// `{ sources, seconds, rounds, events, seeds, took: { "role, what": [seconds] } }`
struct Progress(Value);

impl Progress {
    fn path() -> PathBuf {
        root().join("target/prove-outages.json")
    }

    fn open(fresh: bool) -> Result<Self> {
        let mut git = shell::command("git");
        git.arg("rev-parse").args(SOURCES.map(|name| format!("HEAD:crates/{name}")));
        let sources: Vec<String> = shell::output(&mut git)?.split_whitespace().map(|hash| hash[..10].to_owned()).collect();
        let sources = sources.join(" ");
        let kept = fs::read_to_string(Self::path()).ok().and_then(|text| serde_json::from_str::<Value>(&text).ok());
        let kept = kept.filter(|kept| kept["sources"] == sources.as_str() && !fresh);
        let new = json!({ "sources": sources, "seconds": 0, "rounds": 0, "events": 0, "seeds": [], "took": {} });
        Ok(Self(kept.unwrap_or(new)))
    }

    fn seconds(&self) -> u64 {
        self.0["seconds"].as_u64().unwrap_or(0)
    }

    fn add(&mut self, seed: u64, said: &Said) -> Result<()> {
        let add = |value: &Value, more: u64| json!(value.as_u64().unwrap_or(0) + more);
        self.0["seconds"] = add(&self.0["seconds"], said.seconds);
        self.0["rounds"] = add(&self.0["rounds"], said.rounds);
        self.0["events"] = add(&self.0["events"], said.events);
        self.0["seeds"].as_array_mut().context("seeds are a list")?.push(json!(seed));
        for (what, took) in &said.took {
            let mut known = self.0["took"][what].as_array().cloned().unwrap_or_default();
            known.extend(took.iter().map(|took| json!(took)));
            self.0["took"][what] = json!(known);
        }
        fs::create_dir_all(root().join("target")).context("making target/")?;
        fs::write(Self::path(), self.0.to_string()).context("writing the proof's progress")
    }
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

fn piece(progress: &mut Progress, seconds: u64, command: &mut std::process::Command) -> Result<()> {
    let seed = progress.0["seeds"].as_array().map_or(0, Vec::len) as u64 + 1;
    command.env("LINKPOOL_OUTAGES_SECONDS", seconds.to_string()).env("LINKPOOL_SEED", seed.to_string());
    let mut said = Said::default();
    let count = run_counted(command, |line| {
        said.hear(line);
        count::cargo_test(line)
    })?;
    let again = format!("LINKPOOL_SEED={seed} LINKPOOL_OUTAGES_SECONDS={seconds}");
    ensure!(count.failed == 0 && count.passed == 1 && said.seconds >= seconds, "{TEST} failed: run it again with {again}");
    progress.add(seed, &said)
}

/// Writes the tables of the report.
fn report(progress: &Progress, goal: u64) -> Result<()> {
    let path = root().join(REPORT);
    let text = fs::read_to_string(&path).with_context(|| format!("reading {REPORT}"))?;
    let (Some(begin), Some(end)) = (text.find(BEGIN), text.find(END)) else {
        return Err(bad_input(format!("{REPORT} has lost the marks between which the proof writes")));
    };
    let commit = shell::output(shell::command("git").args(["rev-parse", "--short", "HEAD"]))?;
    let date = shell::output(shell::command("date").args(["-u", "+%Y-%m-%d %H:%M UTC"]))?;
    let done = &progress.0;
    let mut table = format!(
        "{BEGIN}\n\nCommit {}, {}. Trees of crates/{}: {}.\n\n{} of {goal} seconds, seeds {}: {} rounds, {} events compared, 0 differences, 0 node processes ended, 0 roles \
         ended.\n\n| what befell them | role | times | p50 | p95 | longest |\n| --- | --- | --- | --- | --- | --- |\n",
        commit.trim(),
        date.trim(),
        SOURCES.join(", "),
        done["sources"].as_str().unwrap_or_default(),
        progress.seconds(),
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
    fs::write(&path, format!("{}{table}\n{}", &text[..begin], &text[end..])).with_context(|| format!("writing {REPORT}"))
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
    fn half_an_hour_unless_one_says_otherwise() {
        let read = |text: &str| read(&text.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(read("").unwrap(), (1_800, false));
        assert_eq!(read("--minutes 2 --fresh").unwrap(), (120, true));
        assert!(read("--minutes").is_err() && read("--minutes 0").is_err() && read("3").is_err());
    }
}
