//! The engine against a chain, endpoints and a database that do everything wrong that is known, in simulated time.
//!
//! `LINKPOOL_SEEDS` sets how many seeds are run, `LINKPOOL_FIRST_SEED` where they begin; `LINKPOOL_SEED` runs one and tells
//! what happens.

mod rpc;
mod simulation;
mod store;
mod world;

use simulation::Simulation;

const CI_SEEDS: u64 = 2_000;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} must be a number")))
}

#[test]
fn whatever_goes_wrong_the_database_ends_equal_to_the_canonical_chain() {
    if let Some(seed) = number("LINKPOOL_SEED") {
        return Simulation::new(seed, true).run();
    }
    let first = number("LINKPOOL_FIRST_SEED").unwrap_or(0);
    let seeds = number("LINKPOOL_SEEDS").unwrap_or(CI_SEEDS);
    let mut totals = simulation::Totals::default();
    for seed in first..first + seeds {
        let run = std::panic::catch_unwind(|| {
            let mut simulation = Simulation::new(seed, false);
            simulation.run();
            simulation.totals
        });
        match run {
            Ok(more) => totals += more,
            Err(_) => panic!("seed {seed} failed: run it alone with LINKPOOL_SEED={seed}"),
        }
    }
    println!("seeds {first} to {}: {totals}", first + seeds - 1);
    assert!(totals.is_varied(), "the seeds did not meet everything they should: {totals}");
}
