//! Reorgs of every depth and shape, one after the other. `LINKPOOL_REORGS` sets how many, `LINKPOOL_SEED` which.

use linkpool_replay::random::Random;
use serde_json::json;

use crate::fixture::{Fixture, Running};

const CI_REORGS: u64 = 20;
/// What is final lies two epochs of the scene behind the head: no deeper reorg is one that may happen.
const DEEPEST: u64 = 32;
/// The contract's state is compared at the end of each so many; the logs each time.
const COMPARE_EVERY: u64 = 5;

pub fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} must be a number")))
}

struct Storm {
    fixture: Fixture,
    random: Random,
    /// The highest block that was ever final: below it nothing may be removed.
    finalized: u64,
    indexer: Option<Running>,
}

impl Storm {
    async fn act(&mut self) {
        let holder = self.random.between(0, 2) as usize;
        match self.random.between(0, 3) {
            0 => drop(self.fixture.reward(1).await),
            1 if self.fixture.stake_of(0).await > 0 => {
                // A reorg may have taken the stake since it was looked at: then nothing is to be unbonded.
                let _ = self.fixture.try_unbond(0).await;
            }
            _ => drop(self.fixture.stake(holder, 3).await),
        }
    }

    async fn grow(&mut self, most: u64) {
        for _ in 0..self.random.between(1, most) {
            if self.random.chance(60) {
                self.act().await;
            } else {
                self.fixture.chain.mine(self.random.between(1, 3)).await.unwrap();
            }
        }
    }

    async fn head(&mut self) -> u64 {
        let heads = self.fixture.chain.heads().await.unwrap();
        self.finalized = self.finalized.max(heads.finalized);
        heads.head.number
    }

    /// A depth that leaves alone what is final.
    async fn depth(&mut self) -> u64 {
        let most = (self.head().await - self.finalized).clamp(1, DEEPEST);
        if self.random.chance(70) { self.random.between(1, most.min(6)) } else { self.random.between(1, most) }
    }

    /// The newest blocks are replaced by as many empty ones.
    async fn replace(&mut self) {
        let depth = self.depth().await;
        self.fixture.chain.reorg(depth).await.unwrap();
    }

    /// The newest blocks go, and fewer come.
    async fn shorten(&mut self) {
        let depth = self.depth().await;
        self.fixture.chain.forward("anvil_rollback".into(), json!([depth])).await.unwrap();
        self.fixture.chain.advance_time(std::time::Duration::from_secs(self.random.between(1, 100))).await.unwrap();
        for _ in 1..self.random.between(1, depth) {
            self.fixture.chain.mine(1).await.unwrap();
        }
    }

    async fn reorg(&mut self) -> &'static str {
        match self.random.between(0, 4) {
            0 => {
                self.shorten().await;
                "to a shorter chain"
            }
            1 => {
                self.replace().await;
                self.replace().await;
                "double"
            }
            2 => {
                for _ in 0..3 {
                    self.replace().await;
                    self.fixture.stake(1, 1).await;
                }
                "flapping"
            }
            3 => {
                if let Some(indexer) = self.indexer.take() {
                    indexer.stop().await.unwrap();
                }
                self.replace().await;
                self.grow(2).await;
                self.indexer = Some(self.fixture.index().await);
                "while down"
            }
            _ => {
                self.replace().await;
                "plain"
            }
        }
    }
}

#[tokio::test]
async fn reorgs_of_every_depth_and_shape_leave_the_database_equal_to_the_chain() {
    let (reorgs, seed) = (number("LINKPOOL_REORGS", CI_REORGS), number("LINKPOOL_SEED", 1));
    let fixture = Fixture::set().await;
    fixture.stake(0, 1_000).await;
    fixture.chain.mine(40).await.unwrap();
    let indexer = Some(fixture.index().await);
    let mut storm = Storm { fixture, random: Random::new(seed), finalized: 0, indexer };
    for round in 1..=reorgs {
        storm.grow(5).await;
        if storm.random.chance(70) {
            storm.fixture.caught_up().await;
        }
        let shape = storm.reorg().await;
        if storm.random.chance(50) {
            storm.grow(2).await;
        }
        // The next reorg must be told of by a block that the indexer has not seen.
        storm.fixture.chain.mine(1).await.unwrap();
        storm.head().await;
        storm.fixture.caught_up().await;
        if round % COMPARE_EVERY == 0 || round == reorgs {
            let found = storm.fixture.verified().await;
            assert_eq!(found.differences, [], "seed {seed}, reorg {round} ({shape})");
        }
    }
    println!("{reorgs} reorgs, seed {seed}: 0 differences");
    if let Some(indexer) = storm.indexer {
        indexer.stop().await.unwrap();
    }
}
