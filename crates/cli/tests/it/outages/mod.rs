//! Two of every role, while their database does what databases do to their clients: it fails over, is lost in the middle of a
//! write, only reads, has its clock set, its rows held and its commits hung; and while the roles themselves are cut off or asleep.
//! After every round the index equals the contract, the nodes' processes are the same, and whoever had to take over did so within
//! ten seconds.
//!
//! `LINKPOOL_OUTAGES_SECONDS` says how long, `LINKPOOL_SEED` which; `cargo xtask prove outages` does so for half an hour.

mod clock;
mod fault;
mod health;
mod instance;
mod life;
mod outcome;
mod stage;
mod work;

use linkpool_replay::random::Random;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use self::{
    fault::{Fault, bag},
    life::Life,
    stage::Stage,
};

/// From when the work could be done to when it is done again, whoever does it.
const TAKE_OVER: Duration = Duration::from_secs(10);
/// Nodes are asked for in every so many rounds, until there are so many.
const SCALE_EVERY: u32 = 3;
const MOST_NODES: usize = 6;

#[tokio::test(flavor = "multi_thread")]
async fn two_of_every_role_outlive_what_befalls_their_database_and_nothing_is_lost_wrong_or_ended() {
    let seconds = std::env::var("LINKPOOL_OUTAGES_SECONDS").ok().map(|text| text.parse().expect("it is a number"));
    let seed = std::env::var("LINKPOOL_SEED").ok().map_or_else(moment, |text| text.parse().expect("it is a number"));
    println!("LINKPOOL_SEED={seed}");
    let mut random = Random::new(seed);
    let mut stage = Stage::open().await;
    let life = Life::begin(&stage, seed);
    stage.scale(&mut random, "first").await;
    stage.until_open().await;
    let (begin, mut round) = (Instant::now(), 0);
    match seconds.map(Duration::from_secs) {
        // One of those that were worst, for every day.
        None => play(&mut stage, &life, &mut random, 0, Fault::of_every_day(seed)).await,
        Some(length) => {
            while begin.elapsed() < length {
                for fault in bag(&mut random) {
                    if begin.elapsed() >= length {
                        break;
                    }
                    play(&mut stage, &life, &mut random, round, fault).await;
                    round += 1;
                }
            }
        }
    }
    println!("lasted {}", begin.elapsed().as_secs());
    life.end().await;
    stage.until_open().await;
    stage.nothing_twice().await;
    stage.end().await;
}

/// One round: a fault, the take-over, and a look at everything.
async fn play(stage: &mut Stage, life: &Life, random: &mut Random, round: u32, fault: Fault) {
    if round % SCALE_EVERY == 1 && stage.nodes().await.len() < MOST_NODES {
        stage.scale(random, &format!("round {round}")).await;
    }
    let took = fault.carry_out(stage, random).await;
    for (role, took) in &took {
        println!("took {:.3} {role} {fault}", took.as_secs_f64());
    }
    life.pause().await;
    let events = stage.equal().await;
    stage.alive().await;
    println!("round {round} {fault}: {events} events, {} node processes", stage.replicas.len());
    life.resume();
    for (role, took) in took {
        assert!(took <= TAKE_OVER, "{fault}: {role} works again after {took:?}\n{}", stage.tails());
    }
}

fn moment() -> u64 {
    u64::from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos())
}
