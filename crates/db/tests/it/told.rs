//! Random histories with reorgs, finality, backfills and repairs, and clients who come back after any time: whatever they
//! still hold is true, or they are told from which block on it is not.

use std::collections::BTreeMap;

use linkpool_db::{
    Database,
    cursor::Tags,
    event::EventRow,
    ingest::{Batch, Header, OfFollowed, RESUME_WINDOW, Repair},
    read::{EventPosition, Fate},
};
use linkpool_primitives::{B256, BlockRef, EventKind};
use rand::{Rng, SeedableRng, rngs::StdRng};

use crate::read::followed;

/// A block's hash, and how often its rows were corrected.
type Content = (B256, u32);

/// Who was told everything up to a block, and then went away.
struct Client {
    place: BlockRef,
    held: BTreeMap<u64, Content>,
}

struct World {
    random: StdRng,
    database: Database,
    /// The blocks that were told, without those a backfill passed over.
    chain: BTreeMap<u64, Content>,
    tip: BlockRef,
    finalized: u64,
    /// Where the cursor stood at the last correction.
    corrected_through: u64,
    clients: Vec<Client>,
}

impl World {
    async fn new(seed: u64, database: Database) -> Self {
        let tip = database.cursor().await.unwrap().unwrap().block;
        let random = StdRng::seed_from_u64(seed);
        Self { random, database, chain: BTreeMap::new(), tip, finalized: 0, corrected_through: 0, clients: Vec::new() }
    }

    /// The blocks after `parent`, the last one `gap` above the one before.
    fn batch(&mut self, parent: BlockRef, count: u64, gap: u64) -> Batch {
        let (mut to, mut headers, mut events) = (parent, Vec::new(), Vec::new());
        for index in 0..count {
            let number = to.number + if index + 1 == count { gap } else { 1 };
            let block = BlockRef { number, hash: B256::from(self.random.random::<[u8; 32]>()), timestamp: 12 * number };
            if self.random.random_bool(0.3) {
                events.push(EventRow {
                    block_number: number as i64,
                    block_hash: block.hash,
                    block_time: block.timestamp as i64,
                    ..EventRow::new(EventKind::Paused)
                });
            }
            headers.push(Header { block, parent_hash: to.hash });
            self.chain.insert(number, (block.hash, 0));
            to = block;
        }
        let tags = Tags { head: to.number, safe: self.finalized, finalized: self.finalized };
        Batch {
            to,
            tags,
            headers,
            events: events.into(),
            dead_letters: Vec::new(),
            followed: OfFollowed::default(),
            caught_up: true,
        }
    }

    async fn grow(&mut self, gap: u64) {
        let batch = self.batch(self.tip, 1, gap);
        self.database.append(&self.tip, &batch).await.unwrap();
        self.tip = batch.to;
    }

    /// Replaces some of the blocks that are not final, by as many or a few more or less.
    async fn reorganise(&mut self) {
        let Some(ancestor) = self.chain.range(self.finalized.max(11)..self.tip.number).rev().nth(self.random.random_range(0..6))
        else {
            return;
        };
        let ancestor = BlockRef { number: *ancestor.0, hash: ancestor.1.0, timestamp: 12 * ancestor.0 };
        self.chain.split_off(&(ancestor.number + 1));
        let count = self.random.random_range(0..8);
        let branch = self.batch(ancestor, count, 1);
        self.database.replace(&self.tip, &ancestor, &branch).await.unwrap();
        self.tip = branch.to;
    }

    async fn correct(&mut self) {
        let above = self.tip.number.saturating_sub(self.random.random_range(0..40));
        let Some((number, content)) = self.chain.range_mut(above..).next() else { return };
        content.1 += 1;
        let repair = Repair { blocks: vec![(*number, Vec::new())], ..Repair::default() };
        self.database.repair(&self.tip, &repair).await.unwrap();
        self.corrected_through = self.tip.number;
    }

    async fn step(&mut self) {
        match self.random.random_range(0..100) {
            0..55 => self.grow(1).await,
            55..80 => self.reorganise().await,
            80..92 => self.finalized = self.finalized.max(self.tip.number.saturating_sub(self.random.random_range(0..12))),
            92..96 => self.correct().await,
            // Somebody's indexer was away; the longest absence goes beyond what is kept.
            _ => {
                let gap = if self.random.random_bool(0.1) { RESUME_WINDOW + 1 } else { self.random.random_range(2..60) };
                self.finalized = self.tip.number + gap - 1;
                self.grow(gap).await;
            }
        }
        if self.chain.contains_key(&self.tip.number) {
            self.clients.push(Client { place: self.tip, held: self.chain.clone() });
        }
    }

    async fn assert_told_the_truth(&self, client: &Client) {
        let mut snapshot = self.database.snapshot().await.unwrap().unwrap();
        let place = client.place;
        let fate = snapshot.fate_of(place.number, &place.hash[..4]).await.unwrap();
        let valid_below = match fate {
            Fate::Stands => place.number + 1,
            Fate::Replaced { first_invalid } => first_invalid,
        };
        let wrong = client.held.range(..valid_below).find(|(number, content)| self.chain.get(number) != Some(content));
        assert_eq!(wrong, None, "a client at {place:?} was told {fate:?}");
        let holds = client.held.iter().all(|(number, content)| self.chain.get(number) == Some(content));
        let is_recent = place.number + RESUME_WINDOW >= self.tip.number && place.number > self.corrected_through;
        if holds && is_recent {
            assert_eq!(fate, Fate::Stands, "nothing was replaced for a client at {place:?}");
        }
    }
}

/// `LINKPOOL_TOLD_SEEDS` sets how many random histories are tried.
#[tokio::test]
async fn who_comes_back_after_any_time_holds_what_is_true_or_hears_from_where_on_it_is_not() {
    let seeds = std::env::var("LINKPOOL_TOLD_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(3u64);
    for seed in 0..seeds {
        let (_test_database, database) = followed().await;
        let mut world = World::new(seed, database).await;
        for _ in 0..80 {
            world.step().await;
            for _ in 0..world.clients.len().min(2) {
                let client = &world.clients[world.random.clone().random_range(0..world.clients.len())];
                world.assert_told_the_truth(client).await;
                world.random.random::<u8>();
            }
        }
        for client in &world.clients {
            world.assert_told_the_truth(client).await;
        }
    }
}

/// A pool that begins in block 11, whose blocks from 12 on hold nothing, all of them final.
async fn a_quiet_year(blocks: u64) -> (linkpool_testkit::TestDatabase, Database, World) {
    let (test_database, database) = followed().await;
    let mut world = World::new(7, database.clone()).await;
    for _ in 0..blocks {
        world.grow(1).await;
    }
    world.finalized = world.tip.number;
    world.grow(1).await;
    world.grow(1).await;
    (test_database, database, world)
}

#[tokio::test]
async fn a_block_that_was_never_part_of_the_chain_does_not_stand_below_finality_either() {
    let (_test_database, database, world) = a_quiet_year(20).await;
    let mut snapshot = database.snapshot().await.unwrap().unwrap();
    for (number, (hash, _)) in &world.chain {
        assert_eq!(snapshot.fate_of(*number, &hash[..4]).await.unwrap(), Fate::Stands, "block {number}");
        let other = snapshot.fate_of(*number, &[!hash[0], 1, 2, 3]).await.unwrap();
        assert!(matches!(other, Fate::Replaced { first_invalid: 11 }), "block {number}: {other:?}");
    }
    let above = snapshot.fate_of(world.tip.number + 3, &[1, 2, 3, 4]).await.unwrap();
    assert!(matches!(above, Fate::Replaced { .. }), "{above:?}");
}

#[tokio::test]
async fn a_database_made_again_tells_everybody_to_begin_anew() {
    let (_test_database, database, world) = a_quiet_year(5).await;
    let deployment = database.deployment().await.unwrap().unwrap();
    database.follow(&deployment).await.unwrap();
    let mut snapshot = database.snapshot().await.unwrap().unwrap();
    let place = world.tip;
    assert_eq!(snapshot.fate_of(place.number, &place.hash[..4]).await.unwrap(), Fate::Replaced { first_invalid: 0 });
    assert_eq!(snapshot.replaced_since(0).await.unwrap(), Some(0));
    assert!(snapshot.events_after(EventPosition::end_of(0), 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_block_that_comes_again_was_corrected_though_its_header_was_past_already() {
    let (_test_database, database, mut world) = a_quiet_year(20).await;
    let at = |number: u64| BlockRef { number, hash: world.chain[&number].0, timestamp: 12 * number };
    let (ancestor, again) = (at(14), at(15));
    let mut snapshot = database.snapshot().await.unwrap().unwrap();
    assert_eq!(snapshot.fate_of(again.number, &again.hash[..4]).await.unwrap(), Fate::Stands);
    drop(snapshot);
    // Another endpoint calls less final, and gives block 15 with other rows.
    world.finalized = 10;
    let mut replacement = world.batch(ancestor, 1, 1);
    (replacement.to, replacement.headers[0].block) = (again, again);
    database.replace(&world.tip, &ancestor, &replacement).await.unwrap();
    let mut snapshot = database.snapshot().await.unwrap().unwrap();
    assert!(snapshot.is_part_of_chain(again.number, &again.hash[..4]).await.unwrap());
    assert_eq!(snapshot.fate_of(again.number, &again.hash[..4]).await.unwrap(), Fate::Replaced { first_invalid: 15 });
}
