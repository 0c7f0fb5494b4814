//! Two of every role, while their database does what databases do to their clients: it fails over, is lost in the middle of a
//! write, only reads, has its clock set, its rows held and its commits hung; and while the roles themselves are cut off or asleep.
//! After every round the index equals the contract, the nodes' processes are the same, and whoever had to take over did so within
//! ten seconds.
//!
//! `LINKPOOL_OUTAGES_SECONDS` says how long, `LINKPOOL_SEED` which; `cargo xtask prove outages` does so for half an hour.

mod fault;
mod fixture;
mod health;
mod instance;
mod life;
mod outcome;
mod work;

use linkpool_replay::random::Random;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use self::{
    fault::{Fault, bag},
    fixture::OutageFixture,
    life::Life,
};

/// From when the work could be done to when it is done again, whoever does it.
const TAKE_OVER_TIMEOUT: Duration = Duration::from_secs(10);
/// Nodes are asked for in every so many rounds, until there are so many.
const SCALE_EVERY: u32 = 3;
const MAX_NODES: usize = 6;

#[tokio::test(flavor = "multi_thread")]
async fn two_of_every_role_outlive_what_befalls_their_database_and_nothing_is_lost_wrong_or_ended() {
    let seconds = std::env::var("LINKPOOL_OUTAGES_SECONDS").ok().map(|text| text.parse().expect("it is a number"));
    let seed = std::env::var("LINKPOOL_SEED").ok().map_or_else(moment, |text| text.parse().expect("it is a number"));
    println!("LINKPOOL_SEED={seed}");
    let mut random = Random::new(seed);
    let mut outage = OutageFixture::open().await;
    let life = Life::begin(&outage, seed);
    outage.scale(&mut random, "first").await;
    outage.until_open().await;
    let (begin, mut round) = (Instant::now(), 0);
    match seconds.map(Duration::from_secs) {
        // One of those that were worst, for every day.
        None => play(&mut outage, &life, &mut random, 0, Fault::of_every_day(seed)).await,
        Some(length) => {
            while begin.elapsed() < length {
                for fault in bag(&mut random) {
                    if begin.elapsed() >= length {
                        break;
                    }
                    play(&mut outage, &life, &mut random, round, fault).await;
                    round += 1;
                }
            }
        }
    }
    println!("lasted {}", begin.elapsed().as_secs());
    life.end().await;
    outage.until_open().await;
    outage.passed_on().await;
    outage.nothing_twice().await;
    outage.end().await;
}

/// One round: a fault, the take-over, and a look at everything.
async fn play(outage: &mut OutageFixture, life: &Life, random: &mut Random, round: u32, fault: Fault) {
    if round % SCALE_EVERY == 1 && outage.nodes().await.len() < MAX_NODES {
        outage.scale(random, &format!("round {round}")).await;
    }
    let took = fault.carry_out(outage, random).await;
    for (role, took) in &took {
        println!("took {:.3} {role} {fault}", took.as_secs_f64());
    }
    life.pause().await;
    let events = outage.equal().await;
    outage.alive().await;
    println!("round {round} {fault}: {events} events, {} node processes", outage.replicas.len());
    life.resume();
    for (role, took) in took {
        assert!(took <= TAKE_OVER_TIMEOUT, "{fault}: {role} works again after {took:?}\n{}", outage.tails());
    }
}

fn moment() -> u64 {
    u64::from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos())
}
