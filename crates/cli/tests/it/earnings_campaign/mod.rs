//! The campaign of earnings: nodes answer requests that consumers pay for, somebody sends them plain LINK, blocks are reorganised, and all the while the
//! role that passes on, the indexer and the registrar are killed. At every block at which the index equals the contract all LINK that was paid is somewhere.
//!
//! `LINKPOOL_EARNINGS_NODES`, `_REQUESTS` and `_KILLS` and `LINKPOOL_SEED` set the counts and the course; the defaults are for every day. The figures
//! go to standard output.

mod books;
mod course;
mod life;
mod once;
mod processes;
mod world;

use std::time::{SystemTime, UNIX_EPOCH};

use self::{course::Course, world::World};

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

fn moment() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos().into()
}

fn row(name: &str, value: impl std::fmt::Display) {
    println!("row {name} {value}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_killed_what_nodes_earn_is_passed_on_once_and_adds_up_at_every_verified_block() {
    let (nodes, requests, kills) =
        (number("LINKPOOL_EARNINGS_NODES", 3), number("LINKPOOL_EARNINGS_REQUESTS", 60), number("LINKPOOL_EARNINGS_KILLS", 6));
    let seed = number("LINKPOOL_SEED", moment());
    println!("LINKPOOL_SEED={seed}");
    let world = World::make(usize::try_from(nodes).unwrap(), requests).await;
    let mut course = Course::begin(world, seed).await;
    while course.tally.kills < kills || course.answered() < requests {
        course.round(kills, requests).await;
    }
    course.end().await;
}
