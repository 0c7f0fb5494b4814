//! The contracts beside the pool: the set follows from its events, a late one is filled beside the tail and seen whole or not at all, and a reorg
//! takes either back.

use std::collections::{BTreeMap, BTreeSet};

use linkpool_db::{
    Database, Error,
    columns::PoolFields,
    contract_event::ContractEvent,
    event::EventRow,
    followed::{Fill, Filled},
    ingest::{Batch, Header, Writer},
    lease::Lease,
    read::{AnnouncementFilter, AnnouncementRecord},
};
use linkpool_primitives::{Address, AnnouncementState, B256, BlockRef, ContractEventKind, EventKind};
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::json;

use crate::{
    ahead::{lease, old},
    read::{batch, block, followed},
};

const FIRST: Address = Address::repeat_byte(0xa1);
const SECOND: Address = Address::repeat_byte(0xa2);
const STRANGER: Address = Address::repeat_byte(0xa3);
const OPERATION: B256 = B256::repeat_byte(0x0e);
const DELAY: u64 = 100;

/// The pool passes to this owner.
fn owned_by(owner: Address) -> EventRow {
    let after_pool = PoolFields { owner: Some(owner), ..PoolFields::default() };
    EventRow { account: Some(owner), after_pool, ..EventRow::new(EventKind::OwnershipTransferred) }
}

fn told(contract: Address, at: BlockRef, log_index: u32, kind: ContractEventKind) -> ContractEvent {
    let detail = match kind {
        ContractEventKind::CallScheduled => json!({
            "index": 0, "target": "0x", "value_wei": "0", "function": null, "arguments": [], "description": format!("do {log_index}"), "data": null,
            "predecessor": B256::ZERO, "delay_seconds": DELAY, "ready_at": at.timestamp + DELAY,
        }),
        _ => json!({}),
    };
    ContractEvent {
        block_number: at.number,
        log_index,
        block_hash: at.hash,
        block_time: at.timestamp,
        transaction_hash: at.hash,
        contract,
        kind,
        operation: Some(OPERATION),
        detail,
    }
}

/// The next block, with these events of the pool and of other contracts, asked for with this version of the set.
fn next(parent: BlockRef, to: BlockRef, version: u64, pool: Vec<EventRow>, others: Vec<ContractEvent>) -> Batch {
    let mut batch = batch(parent, to, 0, pool);
    (batch.followed.version, batch.followed.events) = (Some(version), others);
    batch
}

async fn announced(database: &Database) -> Vec<AnnouncementRecord> {
    let filter = AnnouncementFilter { limit: 10_000, ..AnnouncementFilter::default() };
    database.snapshot().await.unwrap().unwrap().announcements(&filter).await.unwrap()
}

async fn version(database: &Database) -> u64 {
    database.followed().await.unwrap().version
}

/// Each contract, and what is still to be read of it.
async fn set(database: &Database) -> Vec<(Address, Option<Fill>)> {
    database.followed().await.unwrap().contracts.into_iter().map(|of| (of.contract, of.fill)).collect()
}

fn filled(contract: Address, fill: Fill, to: BlockRef, events: Vec<ContractEvent>) -> Filled {
    Filled { contracts: vec![contract], fill, to: (to.number, to.hash), events, dead_letters: Vec::new() }
}

#[tokio::test]
async fn a_new_owner_is_followed_from_the_next_block_on_and_nobody_sees_it_before_its_old_logs_are_there() {
    let (_test_database, database) = followed().await;
    let [start, one, two, three] = [10, 11, 12, 13].map(|number| block(number, 1));
    let scheduled = |at, index| told(FIRST, at, index, ContractEventKind::CallScheduled);
    // Whoever asked for the pool alone can't have it, and whoever writes it all the same is not heard.
    database.append(&start, &next(start, one, 0, vec![], vec![scheduled(one, 5)])).await.unwrap();
    database.append(&one, &next(one, two, 0, vec![owned_by(FIRST)], vec![scheduled(two, 5)])).await.unwrap();
    let fill = Fill { done: 10, end: 12 };
    assert_eq!((version(&database).await, set(&database).await), (1, vec![(FIRST, Some(fill))]));
    let refused = database.append(&two, &next(two, three, 0, vec![], vec![])).await;
    assert!(matches!(refused, Err(Error::CursorMoved { .. })), "it was asked for without the new owner: {refused:?}");
    let later = told(FIRST, three, 5, ContractEventKind::Cancelled);
    database.append(&two, &next(two, three, 1, vec![], vec![later])).await.unwrap();
    assert_eq!(announced(&database).await, [], "it is half there");
    database.fill(None, &filled(FIRST, fill, one, vec![scheduled(one, 5)])).await.unwrap();
    assert_eq!(announced(&database).await, [], "it is still half there");
    let rest = Fill { done: 11, end: 12 };
    database.fill(None, &filled(FIRST, rest, two, vec![])).await.unwrap();
    let all = announced(&database).await;
    let [announced] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!((announced.block_number, announced.ended_block), (11, Some(13)));
    assert_eq!(
        (announced.state, announced.is_owner, announced.description().as_str()),
        (AnnouncementState::Cancelled, false, "do 5")
    );
    assert_eq!((version(&database).await, set(&database).await), (2, vec![(FIRST, None)]));
    let mut snapshot = database.snapshot().await.unwrap().unwrap();
    let replaced = snapshot.replaced_since(0).await.unwrap();
    assert_eq!(replaced, Some(11), "who has read the old blocks reads them again");
}

#[tokio::test]
async fn a_fill_that_stands_elsewhere_or_is_of_another_branch_writes_nothing() {
    let (_test_database, database) = followed().await;
    let [start, one, two] = [10, 11, 12].map(|number| block(number, 1));
    database.append(&start, &next(start, one, 0, vec![], vec![])).await.unwrap();
    database.append(&one, &next(one, two, 0, vec![owned_by(FIRST)], vec![])).await.unwrap();
    let fill = Fill { done: 10, end: 12 };
    let log = told(FIRST, one, 5, ContractEventKind::CallScheduled);
    for wrong in [
        filled(FIRST, Fill { done: 11, end: 12 }, two, vec![log.clone()]),
        filled(FIRST, Fill { done: 10, end: 11 }, one, vec![log.clone()]),
        filled(SECOND, fill, two, vec![log.clone()]),
        filled(FIRST, fill, block(12, 2), vec![log.clone()]),
        filled(FIRST, fill, block(13, 1), vec![log.clone()]),
    ] {
        let refused = database.fill(None, &wrong).await;
        assert!(matches!(refused, Err(Error::CursorMoved { .. })), "{wrong:?}: {refused:?}");
    }
    assert_eq!(set(&database).await, [(FIRST, Some(fill))]);
    // The same step twice: the second, of an instance that was asleep, comes too late.
    database.fill(None, &filled(FIRST, fill, two, vec![log.clone()])).await.unwrap();
    assert!(database.fill(None, &filled(FIRST, fill, two, vec![log])).await.is_err());
    assert_eq!(announced(&database).await.len(), 1);
}

#[tokio::test]
async fn a_reorg_takes_a_contract_back_with_the_event_that_named_it_and_no_other() {
    let (_test_database, database) = followed().await;
    let [start, one, two, three] = [10, 11, 12, 13].map(|number| block(number, 1));
    let schedule = |contract, at, index| told(contract, at, index, ContractEventKind::CallScheduled);
    database.append(&start, &next(start, one, 0, vec![owned_by(FIRST)], vec![])).await.unwrap();
    database.fill(None, &filled(FIRST, Fill { done: 10, end: 11 }, one, vec![schedule(FIRST, one, 7)])).await.unwrap();
    let both = vec![schedule(FIRST, two, 8)];
    database.append(&one, &next(one, two, 2, vec![owned_by(SECOND)], both)).await.unwrap();
    database.append(&two, &next(two, three, 3, vec![], vec![schedule(SECOND, three, 9)])).await.unwrap();
    database.fill(None, &filled(SECOND, Fill { done: 10, end: 12 }, two, vec![schedule(SECOND, one, 9)])).await.unwrap();
    let told_of =
        |records: Vec<AnnouncementRecord>| records.into_iter().map(|of| (of.contract, of.block_number)).collect::<BTreeSet<_>>();
    assert_eq!(told_of(announced(&database).await), BTreeSet::from([(FIRST, 11), (FIRST, 12), (SECOND, 11), (SECOND, 13)]));
    // The branch has a log of the one that is no longer followed, because it was asked for before.
    let other = block(12, 2);
    let branch = next(one, other, 4, vec![], vec![schedule(FIRST, other, 8), schedule(SECOND, other, 9)]);
    database.replace(&three, &one, &branch).await.unwrap();
    assert_eq!(set(&database).await, [(FIRST, None)]);
    assert_eq!(told_of(announced(&database).await), BTreeSet::from([(FIRST, 11), (FIRST, 12)]));
    assert_eq!(version(&database).await, 5, "what was asked for before is refused");
    // And so does a rewind.
    database.rewind(&other, &batch(start, start, 0, vec![])).await.unwrap();
    assert_eq!((set(&database).await, announced(&database).await), (vec![], vec![]));
}

#[tokio::test]
async fn a_reorg_takes_a_fill_back_to_the_ancestor() {
    let (_test_database, database) = followed().await;
    let blocks: Vec<BlockRef> = (10..=14).map(|number| block(number, 1)).collect();
    database.append(&blocks[0], &next(blocks[0], blocks[1], 0, vec![owned_by(FIRST)], vec![])).await.unwrap();
    database.fill(None, &filled(FIRST, Fill { done: 10, end: 11 }, blocks[1], vec![])).await.unwrap();
    database.append(&blocks[1], &next(blocks[1], blocks[2], 2, vec![], vec![])).await.unwrap();
    // It joins in a batch of two blocks.
    let headers = [2, 3].map(|at: usize| Header { block: blocks[at + 1], parent_hash: blocks[at].hash });
    let two = Batch { headers: headers.to_vec(), ..next(blocks[3], blocks[4], 2, vec![], vec![]) };
    let joined = EventRow { block_number: 13, log_index: 0, block_hash: blocks[3].hash, ..owned_by(SECOND) };
    database.append(&blocks[2], &Batch { events: vec![joined].into(), ..two }).await.unwrap();
    let fill = Fill { done: 10, end: 14 };
    assert_eq!(set(&database).await, [(FIRST, None), (SECOND, Some(fill))]);
    let log = told(SECOND, blocks[4], 3, ContractEventKind::CallScheduled);
    let almost = filled(SECOND, fill, blocks[3], vec![told(SECOND, blocks[3], 3, ContractEventKind::CallScheduled)]);
    database.fill(None, &almost).await.unwrap();
    let other = block(14, 2);
    database.replace(&blocks[4], &blocks[3], &next(blocks[3], other, 3, vec![], vec![])).await.unwrap();
    assert_eq!(set(&database).await, [(FIRST, None), (SECOND, Some(Fill { done: 13, end: 14 }))]);
    let late = database.fill(None, &filled(SECOND, Fill { done: 13, end: 14 }, blocks[4], vec![log])).await;
    assert!(late.is_err(), "it is of the branch that has gone");
    database.fill(None, &filled(SECOND, Fill { done: 13, end: 14 }, other, vec![])).await.unwrap();
    assert_eq!(announced(&database).await.iter().map(|of| of.block_number).collect::<Vec<_>>(), [13]);
}

#[tokio::test]
async fn a_log_of_a_contract_that_is_not_followed_changes_nothing() {
    let (_test_database, database) = followed().await;
    let [start, one] = [10, 11].map(|number| block(number, 1));
    let lease = lease(&database).await;
    let scheduled = told(STRANGER, one, 4, ContractEventKind::CallScheduled);
    Writer::new(database.clone()).append(&start, &lease, &next(start, one, 0, vec![], vec![scheduled])).await.unwrap();
    assert_eq!((set(&database).await, announced(&database).await, version(&database).await), (vec![], vec![], 0));
    let mut reader = database.state_reader().await.unwrap().unwrap();
    assert_eq!(reader.contract_events_between(0, 100).await.unwrap(), []);
}

/// A chain whose pool passes from owner to owner, and what each contract tells of, followed or not.
struct Chain {
    random: StdRng,
    /// Block, owner named in it, and everything that any contract told there.
    blocks: Vec<(BlockRef, Option<Address>, Vec<ContractEvent>)>,
    branch: u8,
}

impl Chain {
    fn head(&self) -> BlockRef {
        self.blocks.last().unwrap().0
    }

    fn mine(&mut self) {
        let at = block(self.head().number + 1, self.branch);
        let owner = self.random.random_bool(0.15).then(|| [FIRST, SECOND, STRANGER][self.random.random_range(0..3)]);
        let mut others = Vec::new();
        for index in 1..self.random.random_range(1..4) {
            let contract = [FIRST, SECOND, STRANGER][self.random.random_range(0..3)];
            others.push(told(contract, at, index, ContractEventKind::CallScheduled));
        }
        self.blocks.push((at, owner, others));
    }

    fn block_at(&self, number: u64) -> &(BlockRef, Option<Address>, Vec<ContractEvent>) {
        &self.blocks[(number - 10) as usize]
    }

    /// As whoever asks with a set gets the blocks after `ancestor`.
    async fn batch(&self, database: &Database, ancestor: BlockRef) -> Batch {
        let followed = database.followed().await.unwrap();
        let asked: BTreeMap<Address, u64> =
            followed.contracts.iter().map(|of| (of.contract, of.fill.map_or(0, |fill| fill.end))).collect();
        let new = &self.blocks[(ancestor.number - 10 + 1) as usize..];
        let parents = &self.blocks[(ancestor.number - 10) as usize..];
        let headers =
            new.iter().zip(parents).map(|((block, ..), (parent, ..))| Header { block: *block, parent_hash: parent.hash });
        let owners = new.iter().filter_map(|(block, owner, _)| {
            let place = EventRow {
                block_number: block.number as i64,
                block_hash: block.hash,
                block_time: block.timestamp as i64,
                ..owned_by((*owner)?)
            };
            Some(place)
        });
        let is_asked = |event: &&ContractEvent| asked.get(&event.contract).is_some_and(|filled| event.block_number > *filled);
        let others = new.iter().flat_map(|(_, _, others)| others).filter(is_asked).cloned().collect();
        let plain = next(ancestor, self.head(), followed.version, vec![], others);
        Batch { headers: headers.collect(), events: owners.collect::<Vec<_>>().into(), ..plain }
    }

    /// A step of whatever fill there is, perhaps a short one.
    async fn fill(&mut self, database: &Database, lease: &Lease) {
        let followed = database.followed().await.unwrap();
        let Some((contract, fill)) = followed.contracts.iter().find_map(|of| Some((of.contract, of.fill?))) else { return };
        let end = fill.end.min(self.head().number);
        if fill.done >= end {
            return;
        }
        let to = self.random.random_range(fill.done + 1..=end);
        let blocks = (fill.done + 1..=to).flat_map(|number| &self.block_at(number).2);
        let events = blocks.filter(|event| event.contract == contract).cloned().collect();
        database.fill(Some(lease), &filled(contract, fill, self.block_at(to).0, events)).await.unwrap();
    }

    /// What should be there once everything is filled.
    fn expected(&self) -> (BTreeSet<Address>, Vec<(u64, u32)>) {
        let owners: BTreeSet<Address> = self.blocks.iter().filter_map(|(_, owner, _)| *owner).collect();
        let all = self.blocks.iter().flat_map(|(_, _, others)| others);
        let rows =
            all.filter(|event| owners.contains(&event.contract)).map(|event| (event.block_number, event.log_index)).collect();
        (owners, rows)
    }
}

async fn check(seed: u64) {
    let (_test_database, database) = followed().await;
    let lease = lease(&database).await;
    let mut chain = Chain { random: StdRng::seed_from_u64(seed), blocks: vec![(block(10, 1), None, Vec::new())], branch: 1 };
    let mut writer = Writer::new(database.clone());
    for step in 0..60 {
        let head = chain.head();
        match chain.random.random_range(0..10) {
            0 if chain.blocks.len() > 3 => {
                let depth = chain.random.random_range(1..3);
                chain.blocks.truncate(chain.blocks.len() - depth);
                let ancestor = chain.head();
                chain.branch += 1;
                (0..depth).for_each(|_| chain.mine());
                let branch = chain.batch(&database, ancestor).await;
                writer.replace(&head, &lease, &ancestor, &branch).await.unwrap();
            }
            1..=3 => chain.fill(&database, &lease).await,
            // Killed: what was known of the rows is lost.
            4 => {
                writer = Writer::new(database.clone());
                writer.resume(&lease).await.unwrap().unwrap();
            }
            _ => {
                (0..chain.random.random_range(1..4)).for_each(|_| chain.mine());
                let batch = chain.batch(&database, head).await;
                let is_old = chain.random.random_bool(0.3);
                let batch = if is_old { old(&batch) } else { batch };
                // A fill that ended has whoever writes look anew.
                if let Err(Error::CursorMoved { .. }) = writer.append(&head, &lease, &batch).await {
                    writer = Writer::new(database.clone());
                    writer.append(&head, &lease, &batch).await.unwrap();
                }
            }
        }
        // Whoever is shown at all is shown whole.
        writer.catch_up(&lease).await.unwrap();
        for contract in database.followed().await.unwrap().contracts.iter().filter(|of| of.fill.is_none()) {
            let told = chain.blocks.iter().flat_map(|(_, _, others)| others).filter(|event| event.contract == contract.contract);
            let all: Vec<(u64, u32)> = told.map(|event| (event.block_number, event.log_index)).collect();
            let shown = announced(&database).await;
            let shown = shown.iter().rev().filter(|of| of.contract == contract.contract);
            let shown: Vec<(u64, u32)> = shown.map(|of| (of.block_number, of.log_index)).collect();
            assert_eq!(shown, all, "seed {seed}, step {step}");
        }
    }
    for _ in 0..200 {
        chain.fill(&database, &lease).await;
    }
    let (owners, rows) = chain.expected();
    let there = set(&database).await;
    assert_eq!(there, owners.into_iter().map(|owner| (owner, None)).collect::<Vec<_>>(), "seed {seed}");
    let mut reader = database.state_reader().await.unwrap().unwrap();
    let found = reader.contract_events_between(0, 1_000).await.unwrap();
    assert_eq!(found.iter().map(|event| (event.block_number, event.log_index)).collect::<Vec<_>>(), rows, "seed {seed}");
}

/// `LINKPOOL_FOLLOWED_SEEDS` sets how many random chains are tried.
#[tokio::test]
async fn through_owners_reorgs_fills_and_crashes_each_followed_contract_is_there_whole_and_nothing_else() {
    let seeds = std::env::var("LINKPOOL_FOLLOWED_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(4u64);
    for seed in 0..seeds {
        check(seed).await;
    }
}
