//! `crates/accounting` against the contract, over random histories on anvil, in chunks with seeds of their own.

use anyhow::Result;
use serde_json::{Value, json};

use super::{run::Run, sources};
use crate::{failure::ended, test::package};

const PART: &str = "accounting";
const HISTORIES: u64 = 100;
const HISTORIES_A_CHUNK: u64 = 10;

/// Goes on until there are enough histories.
pub fn run(run: &Run) -> Result<String> {
    let mut seed = run.seed.or_else(|| run.progress.highest_seed(PART).map(|seed| seed + HISTORIES_A_CHUNK)).unwrap_or(1);
    while sum(&run.progress.steps(PART, &run.sources)?, "histories") < HISTORIES {
        let step = chunk(run, seed)?;
        run.progress.add_step(PART, &step)?;
        seed += HISTORIES_A_CHUNK;
    }
    Ok(result(&run.progress.steps(PART, &run.sources)?))
}

fn chunk(run: &Run, seed: u64) -> Result<Value> {
    let environment = [("LINKPOOL_HISTORIES", HISTORIES_A_CHUNK.to_string()), ("LINKPOOL_SEED", seed.to_string())];
    let filter = ["pool_model", "--nocapture"].map(str::to_owned);
    let mut counts = None;
    let count = package::run_with(&["linkpool-accounting"], &filter, &environment, |line| counts = counted(line).or(counts))?;
    let (accepted, refused, reasons) = counts.filter(|_| count.failed == 0).ok_or_else(|| ended("the accounting's tests", 1))?;
    Ok(json!({
        "seed": seed, "histories": HISTORIES_A_CHUNK, "accepted": accepted, "refused": refused, "reasons": reasons,
        "commit": sources::commit()?, "sources": run.sources,
    }))
}

fn result(steps: &[Value]) -> String {
    let seeds = || steps.iter().filter_map(|step| step["seed"].as_u64());
    let (first, last) = (seeds().min().unwrap_or(0), seeds().max().unwrap_or(0) + HISTORIES_A_CHUNK - 1);
    let reasons = steps.iter().filter_map(|step| step["reasons"].as_u64()).max().unwrap_or(0);
    format!(
        "{} histories with the seeds {first} to {last}: {} actions accepted and {} refused for {reasons} reasons; every event, field, \
         payment and refusal equal",
        sum(steps, "histories"),
        sum(steps, "accepted"),
        sum(steps, "refused"),
    )
}

fn sum(steps: &[Value], key: &str) -> u64 {
    steps.iter().filter_map(|step| step[key].as_u64()).sum()
}

/// `pool_model: 10 histories ...: 4395 actions accepted and 1178 refused for 25 reasons, ...`
fn counted(line: &str) -> Option<(u64, u64, u64)> {
    let (_, counts) = line.split_once("pool_model: ")?.1.split_once(": ")?;
    let (accepted, rest) = counts.split_once(" actions accepted and ")?;
    let (refused, rest) = rest.split_once(" refused for ")?;
    let (reasons, _) = rest.split_once(" reasons")?;
    Some((accepted.parse().ok()?, refused.parse().ok()?, reasons.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_test_prints_is_counted_and_added_up() {
        let line =
            "pool_model: 10 histories with the seeds 1 to 10: 4395 actions accepted and 1178 refused for 25 reasons, every event";
        assert_eq!(counted(line), Some((4_395, 1_178, 25)));
        assert_eq!(counted("history with seed 3"), None);
        let step = |seed, reasons| json!({ "seed": seed, "histories": 10, "accepted": 100, "refused": 7, "reasons": reasons });
        let said = result(&[step(11, 24), step(1, 25)]);
        assert!(
            said.starts_with("20 histories with the seeds 1 to 20: 200 actions accepted and 14 refused for 25 reasons"),
            "{said}"
        );
    }
}
