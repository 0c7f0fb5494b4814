//! The invariants' campaign: thousands of runs, in chunks with a seed of their own.

use std::{fs, time::Instant};

use anyhow::Result;
use serde_json::json;

use super::{run::Run, sources};
use crate::{count::plain, failure::bad_input, install, shell};

pub const RUNS: u64 = 5_000;
const DEPTH: u64 = 256;
/// Small enough that an ended run loses a minute.
const RUNS_A_CHUNK: u64 = 50;
const PART: &str = "invariants";

/// What forge counted in one campaign.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Campaign {
    pub runs: u64,
    pub calls: u64,
}

/// Goes on until there are enough runs.
pub fn run(run: &Run) -> Result<String> {
    let mut done = so_far(run)?;
    let mut seed = run.seed.or_else(|| run.progress.highest_seed(PART).map(|seed| seed + 1)).unwrap_or_else(from_the_clock);
    while done.runs < RUNS {
        let (start, commit) = (Instant::now(), sources::commit()?);
        let chunk = campaign(run, seed)?;
        done = Campaign { runs: done.runs + chunk.runs, calls: done.calls + chunk.calls };
        println!("seed {seed}: {} runs of {DEPTH} actions hold, {} of {RUNS}", chunk.runs, done.runs);
        let step = json!({
            "seed": seed, "runs": chunk.runs, "depth": DEPTH, "calls": chunk.calls,
            "seconds": start.elapsed().as_secs(), "commit": commit, "sources": run.sources,
        });
        run.progress.add_step(PART, &step)?;
        seed += 1;
    }
    result(run)
}

fn so_far(run: &Run) -> Result<Campaign> {
    let steps = run.progress.steps(PART, &run.sources)?;
    let sum = |key: &str| steps.iter().filter_map(|step| step[key].as_u64()).sum();
    Ok(Campaign { runs: sum("runs"), calls: sum("calls") })
}

fn result(run: &Run) -> Result<String> {
    let steps = run.progress.steps(PART, &run.sources)?;
    let seeds = || steps.iter().filter_map(|step| step["seed"].as_u64());
    let (first, last) = (seeds().min().unwrap_or(0), seeds().max().unwrap_or(0));
    let Campaign { runs, calls } = so_far(run)?;
    // Of campaigns that were run before this command kept them, the seeds are not known.
    let seedless: u64 = steps.iter().filter(|step| step["seed"].is_null()).filter_map(|step| step["runs"].as_u64()).sum();
    let seedless =
        if seedless == 0 { String::new() } else { format!(", and {seedless} runs earlier with seeds that were not kept") };
    Ok(format!(
        "{runs} runs of {DEPTH} actions, {calls} actions, with the seeds {first} to {last}{seedless}: no violation, no revert"
    ))
}

/// One chunk. Its whole output stays in a file named by its seed.
fn campaign(run: &Run, seed: u64) -> Result<Campaign> {
    let mut forge = shell::command(install::forge()?);
    forge.args(["test", "--match-contract", "InvariantsTest"]).env("FOUNDRY_PROFILE", "prove");
    forge.env("FOUNDRY_INVARIANT_RUNS", RUNS_A_CHUNK.to_string()).env("FOUNDRY_FUZZ_SEED", format!("{seed:#x}"));
    let (mut log, mut found) = (String::new(), None);
    let held = shell::run_quietly(&mut forge, |line| {
        found = counted(&plain(line)).or(found);
        log.push_str(line);
        log.push('\n');
    })?;
    let folder = run.progress.folder().join(PART);
    let file = folder.join(format!("{seed}.txt"));
    fs::create_dir_all(&folder).and_then(|()| fs::write(&file, log))?;
    found
        .filter(|_| held)
        .ok_or_else(|| bad_input(format!("the campaign with seed {seed} does not hold: read {}", file.display())))
}

/// `[PASS] invariant_...() (runs: 64, calls: 8192, reverts: 0)`
pub fn counted(line: &str) -> Option<Campaign> {
    let (_, counts) = line.strip_prefix("[PASS] invariant_")?.split_once("(runs: ")?;
    let (runs, rest) = counts.split_once(", calls: ")?;
    let (calls, reverts) = rest.split_once(", reverts: ")?;
    reverts.starts_with("0)").then_some(())?;
    Some(Campaign { runs: runs.parse().ok()?, calls: calls.parse().ok()? })
}

fn from_the_clock() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(1, |time| time.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_campaign_counts_only_if_nothing_reverted() {
        let line =
            |reverts| format!("[PASS] invariant_everything_the_design_promises() (runs: 64, calls: 8192, reverts: {reverts})");
        assert_eq!(counted(&line(0)), Some(Campaign { runs: 64, calls: 8_192 }));
        assert_eq!(counted(&line(3)), None);
        assert_eq!(counted("[FAIL] invariant_x() (runs: 1, calls: 2, reverts: 0)"), None);
        assert_eq!(counted("[PASS] test_x() (gas: 12)"), None);
    }
}
