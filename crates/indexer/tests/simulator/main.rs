//! The engine against a chain, endpoints and a database that do everything wrong that is known, in simulated time.
//!
//! `LINKPOOL_SEEDS` sets how many seeds are run, `LINKPOOL_FIRST_SEED` where they begin; `LINKPOOL_SEED` runs one and tells
//! what happens.

#![allow(clippy::unwrap_used)]

mod rpc;
mod simulation;
mod store;
mod world;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use linkpool_primitives::IndexerState;
use simulation::{Simulation, Totals};

const CI_SEEDS: u64 = 2_000;
/// Of faults that never end.
const CI_PERMANENT: u64 = 500;
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
    Permanent,
    /// They never end, and no endpoint is of any use.
    Hopeless,
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} must be a number")))
}

/// Runs the seeds that are asked for, or so many, on every core.
fn seeds(most: u64, run: impl Fn(u64, bool) -> Totals + Sync + std::panic::RefUnwindSafe) -> Totals {
    if let Some(seed) = number("LINKPOOL_SEED") {
        return run(seed, true);
    }
    let first = number("LINKPOOL_FIRST_SEED").unwrap_or(0);
    let end = first + number("LINKPOOL_SEEDS").unwrap_or(most);
    let next = AtomicU64::new(first);
    let failed = AtomicBool::new(false);
    let some = || {
        let mut totals = Totals::default();
        while !failed.load(Ordering::Relaxed) {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= end {
                break;
            }
            match std::panic::catch_unwind(|| run(seed, false)) {
                Ok(more) => totals += more,
                Err(_) => {
                    failed.store(true, Ordering::Relaxed);
                    panic!("seed {seed} failed: run it alone with LINKPOOL_SEED={seed}");
                }
            }
        }
        totals
    };
    let mut totals = Totals::default();
    std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..std::thread::available_parallelism().map_or(1, usize::from)).map(|_| scope.spawn(some)).collect();
        threads.into_iter().for_each(|thread| totals += thread.join().unwrap());
    });
    println!("seeds {first} to {}: {totals}", end - 1);
    totals
}

/// A run of many seeds that never met a fault proves little.
fn assert_met(totals: &Totals, what: &[(&str, u64)]) {
    let is_one = number("LINKPOOL_SEED").is_some();
    let missing: Vec<&str> = what.iter().filter(|(_, count)| *count == 0).map(|(name, _)| *name).collect();
    assert!(is_one || missing.is_empty(), "the seeds never met {missing:?}: {totals}");
}

#[test]
fn whatever_goes_wrong_the_database_ends_equal_to_the_canonical_chain() {
    let totals = seeds(CI_SEEDS, |seed, tells| {
        let mut simulation = Simulation::new(seed, tells, Mode::Ending);
        simulation.run();
        simulation.totals()
    });
    assert_met(&totals, &totals.all());
}

#[test]
fn one_honest_endpoint_that_answers_single_calls_for_single_blocks_is_enough() {
    let totals = seeds(CI_PERMANENT, |seed, tells| {
        let mut simulation = Simulation::new(seed, tells, Mode::Permanent);
        simulation.run();
        simulation.totals()
    });
    assert_met(&totals, &totals.of_faults_that_last());
}

#[test]
fn where_no_endpoint_is_of_use_the_state_says_so_within_a_minute_and_questions_are_few() {
    let totals = seeds(CI_PERMANENT, |seed, tells| {
        let mut simulation = Simulation::new(seed, tells, Mode::Hopeless);
        simulation.run_until(SAID_MS);
        let state = simulation.state();
        assert!(!matches!(state, IndexerState::Ok | IndexerState::Backfilling), "seed {seed}: {state}");
        let (blocks, heads) = simulation.asked;
        simulation.run_until(2 * SAID_MS);
        let (more, more_heads) = (simulation.asked.0 - blocks, simulation.asked.1 - heads);
        assert!(
            more <= QUESTIONS && more_heads <= HEADS,
            "seed {seed}: {more} questions and {more_heads} for the heads in a minute"
        );
        simulation.totals()
    });
    assert_met(&totals, &totals.of_no_use());
}
