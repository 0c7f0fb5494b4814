//! The engine against a chain, endpoints and a database that do everything wrong that is known, in simulated time.
//!
//! `LINKPOOL_SEEDS` sets how many seeds are run, `LINKPOOL_FIRST_SEED` where they begin; `LINKPOOL_SEED` runs one and tells
//! what happens.

mod manners;
mod rpc;
mod simulation;
mod store;
mod world;

use simulation::{Simulation, Totals};

const CI_SEEDS: u64 = 2_000;
/// Of faults that never end.
const CI_LASTING: u64 = 500;
/// Within this the state says that nothing moves.
const SAID_MS: u64 = 60_000;
/// While nothing can be had, blocks are asked for no more often than this a minute, whatever the fault.
const QUESTIONS: u64 = 150;
/// The heads are asked for by the clock (each 300 ms here) and when one is announced.
const HEADS: u64 = 60_000 / 300 + 60_000 / 50;

/// What becomes of the faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// They end after a minute.
    Ending,
    /// They never end; one endpoint is honest and answers single calls for single blocks.
    Lasting,
    /// They never end, and no endpoint is of any use.
    Hopeless,
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} must be a number")))
}

/// Runs the seeds that are asked for, or so many.
fn seeds(most: u64, run: impl Fn(u64, bool) -> Totals + std::panic::RefUnwindSafe) -> Totals {
    if let Some(seed) = number("LINKPOOL_SEED") {
        return run(seed, true);
    }
    let first = number("LINKPOOL_FIRST_SEED").unwrap_or(0);
    let most = number("LINKPOOL_SEEDS").unwrap_or(most);
    let mut totals = Totals::default();
    for seed in first..first + most {
        match std::panic::catch_unwind(|| run(seed, false)) {
            Ok(more) => totals += more,
            Err(_) => panic!("seed {seed} failed: run it alone with LINKPOOL_SEED={seed}"),
        }
    }
    println!("seeds {first} to {}: {totals}", first + most - 1);
    totals
}

#[test]
fn whatever_goes_wrong_the_database_ends_equal_to_the_canonical_chain() {
    let totals = seeds(CI_SEEDS, |seed, tells| {
        let mut simulation = Simulation::new(seed, tells, Mode::Ending);
        simulation.run();
        simulation.totals
    });
    assert!(number("LINKPOOL_SEED").is_some() || totals.is_varied(), "the seeds did not meet everything they should: {totals}");
}

#[test]
fn one_honest_endpoint_that_answers_single_calls_for_single_blocks_is_enough() {
    seeds(CI_LASTING, |seed, tells| {
        let mut simulation = Simulation::new(seed, tells, Mode::Lasting);
        simulation.run();
        simulation.totals
    });
}

#[test]
fn where_no_endpoint_is_of_use_the_state_says_so_within_a_minute_and_questions_are_few() {
    seeds(CI_LASTING, |seed, tells| {
        let mut simulation = Simulation::new(seed, tells, Mode::Hopeless);
        simulation.run_until(SAID_MS);
        let state = simulation.state().to_owned();
        assert!(!matches!(state.as_str(), "ok" | "backfilling"), "seed {seed}: {state}");
        let (blocks, heads) = simulation.asked;
        simulation.run_until(2 * SAID_MS);
        let (more, more_heads) = (simulation.asked.0 - blocks, simulation.asked.1 - heads);
        assert!(
            more <= QUESTIONS && more_heads <= HEADS,
            "seed {seed}: {more} questions and {more_heads} for the heads in a minute"
        );
        simulation.totals
    });
}
