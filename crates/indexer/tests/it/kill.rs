//! `kill -9` of real processes, alone and two at a time, while stakes stream in and blocks are reorganized away.
//! `LINKPOOL_KILLS` sets how many kills, `LINKPOOL_TWO_SECONDS` how long two indexers are tormented.

use std::{
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use linkpool_chain::{Chain, Endpoint};
use linkpool_db::{Connect, Database};
use linkpool_indexer::{Config, follow, run};
use linkpool_primitives::Address;
use linkpool_replay::random::Random;
use tokio_util::sync::CancellationToken;

use crate::{fixture::Fixture, storm::number};

const CI_KILLS: u64 = 8;
const CI_SECONDS: u64 = 10;
const CHILD: &str = "LINKPOOL_CHILD_INDEXER";

/// An indexer in a process of its own: this test program, told to be one.
pub struct Indexer(Child);

impl Indexer {
    fn start(fixture: &Fixture) -> Self {
        Self::start_at(fixture, &fixture.anvil.http_url())
    }

    /// One that asks there.
    pub fn start_at(fixture: &Fixture, url: &str) -> Self {
        let what = format!("{url} {} {} {}", fixture.url, fixture.contracts.pool, fixture.contracts.deploy_block);
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "kill::an_indexer_for_the_others", "--nocapture"]).env(CHILD, what);
        Self(command.stdout(Stdio::null()).stderr(Stdio::inherit()).spawn().unwrap())
    }

    pub fn id(&self) -> u32 {
        self.0.id()
    }

    fn is_running(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }
}

impl Drop for Indexer {
    /// `kill -9`.
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Does nothing unless a test started this program as an indexer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_indexer_for_the_others() {
    let Ok(what) = std::env::var(CHILD) else { return };
    let mut words = what.split(' ');
    let mut next = || words.next().unwrap();
    let chain = Chain::connect(&Endpoint::new(next()).unwrap().patient(), None).await.unwrap();
    let database = Database::connect(&Connect::new(next()).patient()).await.unwrap();
    let (pool, deploy_block): (Address, u64) = (next().parse().unwrap(), next().parse().unwrap());
    follow(&chain, &database, pool, deploy_block).await.unwrap();
    let config = Config { pool, range: 10, poll: Duration::from_millis(10) };
    run(config, chain, database, CancellationToken::new()).await.unwrap();
}

/// Stakes and small reorgs until told to stop.
async fn torment(fixture: &Fixture, stop: &AtomicBool, seed: u64) {
    let mut random = Random::new(seed);
    while !stop.load(Ordering::Relaxed) {
        fixture.stake(random.between(0, 2) as usize, 1).await;
        match random.between(0, 9) {
            0 => fixture.chain.reorg(random.between(1, 3)).await.unwrap(),
            1 | 2 => drop(fixture.reward(1).await),
            3..=5 => fixture.chain.mine(random.between(1, 4)).await.unwrap(),
            _ => {}
        }
    }
    // A reorg is told of by the block after it.
    fixture.chain.mine(1).await.unwrap();
}

#[tokio::test]
async fn a_killed_indexer_leaves_nothing_twice_and_nothing_out() {
    let (kills, seed) = (number("LINKPOOL_KILLS", CI_KILLS), number("LINKPOOL_SEED", 1));
    let fixture = Fixture::set().await;
    let (stop, mut random) = (Arc::new(AtomicBool::new(false)), Random::new(seed));
    let killing = async {
        // However slow the machine: without a beginning the kills would find nothing to interrupt.
        let indexer = Indexer::start(&fixture);
        fixture.is_followed().await;
        drop(indexer);
        for _ in 0..kills {
            let indexer = Indexer::start(&fixture);
            tokio::time::sleep(Duration::from_millis(random.between(60, 700))).await;
            drop(indexer);
        }
        stop.store(true, Ordering::Relaxed);
    };
    tokio::join!(killing, torment(&fixture, &stop, seed));
    let _indexer = Indexer::start(&fixture);
    fixture.assert_equal().await;
    println!("{kills} kills, seed {seed}: 0 differences");
}

#[tokio::test]
async fn two_indexers_under_kills_write_each_event_once() {
    let (seconds, seed) = (number("LINKPOOL_TWO_SECONDS", CI_SECONDS), number("LINKPOOL_SEED", 1));
    let fixture = Fixture::set().await;
    let (stop, mut random) = (Arc::new(AtomicBool::new(false)), Random::new(seed));
    let killing = async {
        let end = Instant::now() + Duration::from_secs(seconds);
        let mut pair = [Indexer::start(&fixture), Indexer::start(&fixture)];
        let mut kills = 0;
        while Instant::now() < end {
            tokio::time::sleep(Duration::from_millis(random.between(300, 4_000))).await;
            let one = &mut pair[random.between(0, 1) as usize];
            assert!(one.is_running(), "an indexer ended by itself");
            *one = Indexer::start(&fixture);
            kills += 1;
        }
        stop.store(true, Ordering::Relaxed);
        (pair, kills)
    };
    let ((_pair, kills), ()) = tokio::join!(killing, torment(&fixture, &stop, seed));
    fixture.assert_equal().await;
    println!("two indexers for {seconds} s, {kills} kills, seed {seed}: 0 differences");
}
