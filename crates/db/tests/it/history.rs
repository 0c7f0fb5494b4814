//! Random events and reorgs: the history carried along equals the one rebuilt from the events, and a model in memory.

use std::collections::{BTreeMap, HashMap};

use linkpool_db::{
    Database,
    columns::{NodeFields, PoolFields, PositionFields, TicketFields},
    cursor::Tags,
    event::EventRow,
    ingest::{Batch, Header, OfFollowed},
};
use linkpool_primitives::{Address, B256, BlockRef, EventKind, NodeStatus};
use rand::{Rng, SeedableRng, rngs::StdRng};
use sqlx::{Connection, PgConnection, Row};

use crate::read::followed;

const NODES: u8 = 4;
const STAKERS: u8 = 6;
/// Blocks far enough apart that a batch spans several hours.
const BLOCK_SECONDS: u64 = 900;
const TABLES: [&str; 4] = [
    "select * from statistic order by block_number, log_index",
    "select * from staker where active_positions > 0 order by staker",
    "select * from node_history order by node, period_seconds, starts_at",
    "select * from pool_history order by period_seconds, starts_at",
];

/// What the chain would hold: the state after each block, so that a branch can be left and begun anew.
#[derive(Clone, Default)]
pub struct World {
    nodes: BTreeMap<Address, NodeFields>,
    positions: HashMap<(Address, Address), u128>,
    tickets: HashMap<(Address, Address), Vec<u128>>,
}

pub struct Chain {
    pub random: StdRng,
    /// Block and the state after it, from the start on.
    pub blocks: Vec<(BlockRef, World)>,
    forks: u8,
}

impl Chain {
    pub fn new(seed: u64, start: BlockRef) -> Self {
        Self { random: StdRng::seed_from_u64(seed), blocks: vec![(start, World::default())], forks: 0 }
    }

    pub fn head(&self) -> BlockRef {
        self.blocks.last().unwrap().0
    }

    /// Adds blocks and gives them as one batch.
    pub fn extend(&mut self, count: u64) -> Batch {
        let (mut headers, mut events) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let (parent, mut world) = self.blocks.last().cloned().unwrap();
            let number = parent.number + 1;
            let mut hash = B256::repeat_byte(self.forks);
            hash[..8].copy_from_slice(&number.to_be_bytes());
            let block = BlockRef { number, hash, timestamp: parent.timestamp + BLOCK_SECONDS };
            for index in 0..self.random.random_range(0..5) {
                let event = self.event(&mut world);
                events.push(EventRow {
                    block_number: number as i64,
                    log_index: index,
                    block_hash: hash,
                    block_time: block.timestamp as i64,
                    transaction_hash: hash,
                    ..event
                });
            }
            headers.push(Header { block, parent_hash: parent.hash });
            self.blocks.push((block, world));
        }
        let to = self.head();
        let tags = Tags { head: to.number, safe: 10, finalized: 10 };
        Batch {
            to,
            tags,
            caught_up: true,
            headers,
            events: events.into(),
            dead_letters: Vec::new(),
            followed: OfFollowed::default(),
        }
    }

    /// Leaves the newest `depth` blocks and returns the ancestor.
    pub fn fork(&mut self, depth: usize) -> BlockRef {
        self.blocks.truncate(self.blocks.len().saturating_sub(depth).max(1));
        self.forks += 1;
        self.head()
    }

    fn event(&mut self, world: &mut World) -> EventRow {
        let node = Address::repeat_byte(1 + self.random.random_range(0..NODES));
        let staker = Address::repeat_byte(0xa0 + self.random.random_range(0..STAKERS));
        let Some(fields) = world.nodes.get_mut(&node) else { return register(world, node) };
        let position = world.positions.entry((node, staker)).or_default();
        let tickets = world.tickets.entry((node, staker)).or_default();
        let amount = self.random.random_range(1..1_000u128);
        let base = |kind| EventRow { node: Some(node), staker: Some(staker), ..EventRow::new(kind) };
        let after = |shares| PositionFields { position_shares: Some(shares), position_debt: Some(0) };
        match self.random.random_range(0..7) {
            0 | 1 => {
                *position += amount;
                let after_node = change(fields, amount as i128, amount as i128, amount as i128);
                let (after_position, shares) = (after(*position), Some(amount));
                EventRow { amount: shares, shares, after_node, after_position, ..base(EventKind::Staked) }
            }
            2 if *position > 0 => {
                let shares = if self.random.random_bool(0.5) { *position } else { 1 };
                *position -= shares;
                tickets.push(shares);
                let after_node = change(fields, 0, 0, -(shares as i128));
                let after_ticket = TicketFields { ticket_shares: Some(shares), ready_at: Some(1) };
                let ticket = Some(tickets.len() as i64 - 1);
                let after_position = after(*position);
                EventRow { ticket, shares: Some(shares), after_node, after_position, after_ticket, ..base(EventKind::Unbonded) }
            }
            3 if tickets.last().is_some_and(|shares| *shares > 0) => {
                let shares = std::mem::take(tickets.last_mut().unwrap());
                *position += shares;
                let after_node = change(fields, 0, 0, shares as i128);
                let after_ticket = TicketFields { ticket_shares: Some(0), ready_at: Some(0) };
                let ticket = Some(tickets.len() as i64 - 1);
                let after_position = after(*position);
                EventRow {
                    ticket,
                    shares: Some(shares),
                    after_node,
                    after_position,
                    after_ticket,
                    ..base(EventKind::UnbondCancelled)
                }
            }
            4 => {
                let after_node = NodeFields { acc_per_share: Some(amount), ..NodeFields::default() };
                EventRow { staker: None, amount: Some(amount), fee: Some(1), after_node, ..base(EventKind::RewardDeposited) }
            }
            5 => EventRow::new(EventKind::NetworkReported),
            _ => {
                let loss = fields.assets.unwrap() / 10;
                let after_node = change(fields, 0, -(loss as i128), 0);
                EventRow { staker: None, amount: Some(loss), after_node, ..base(EventKind::PenaltyExecuted) }
            }
        }
    }
}

fn register(world: &mut World, node: Address) -> EventRow {
    let zero = Some(0);
    let after_node = NodeFields {
        node_index: Some(world.nodes.len() as i64),
        proof: Some(1),
        registered_at: zero,
        status: Some(NodeStatus::Active),
        cap_link: zero,
        penalty_until: zero,
        retired_at: zero,
        total_shares: Some(0),
        assets: Some(0),
        active_shares: Some(0),
        acc_per_share: Some(0),
        unvested: Some(0),
        vest_end: zero,
        last_update: zero,
        penalty_bps: Some(0),
        penalty_slot: Some(0),
        bucket_level: zero,
        bucket_at: zero,
    };
    world.nodes.insert(node, after_node.clone());
    EventRow { node: Some(node), after_node, after_pool: PoolFields::default(), ..EventRow::new(EventKind::NodeRegistered) }
}

/// Changes total shares, assets and active shares, and returns those that changed.
fn change(fields: &mut NodeFields, total: i128, assets: i128, active: i128) -> NodeFields {
    let mut after = NodeFields::default();
    for (delta, field, carried) in [
        (total, &mut fields.total_shares, &mut after.total_shares),
        (assets, &mut fields.assets, &mut after.assets),
        (active, &mut fields.active_shares, &mut after.active_shares),
    ] {
        if delta != 0 {
            *field = field.map(|value| value.checked_add_signed(delta).unwrap());
            *carried = *field;
        }
    }
    after.acc_per_share = Some(1);
    after
}

/// Every row of the four tables as text.
async fn dump(connection: &mut PgConnection) -> Vec<Vec<String>> {
    let mut tables = Vec::new();
    for table in TABLES {
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!("select t::text from ({table}) t"))).fetch_all(&mut *connection).await;
        tables.push(rows.unwrap().iter().map(|row| row.get::<String, _>(0)).collect());
    }
    tables
}

/// How many addresses have stake on any node, and how many on each, counted from the world itself.
async fn assert_counts(connection: &mut PgConnection, world: &World) {
    let active = |node: Option<Address>| {
        let mut stakers: Vec<Address> = world
            .positions
            .iter()
            .filter(|((on, _), shares)| **shares > 0 && node.is_none_or(|node| node == *on))
            .map(|((_, staker), _)| *staker)
            .collect();
        stakers.sort_unstable();
        stakers.dedup();
        stakers.len() as i64
    };
    let stake: u128 = world.nodes.values().filter_map(|fields| fields.assets).sum();
    let newest =
        sqlx::query("select stake::text, stakers from pool_history where period_seconds = 86400 order by starts_at desc limit 1");
    if let Some(row) = newest.fetch_optional(&mut *connection).await.unwrap() {
        assert_eq!((row.get::<String, _>(0), row.get::<i64, _>(1)), (stake.to_string(), active(None)));
    }
    for (node, fields) in &world.nodes {
        let newest = sqlx::query(
            "select stake::text, stakers from node_history where node = $1 and period_seconds = 3600 order by starts_at desc limit 1",
        );
        let row = newest.bind(node.to_vec()).fetch_one(&mut *connection).await.unwrap();
        let stake = fields.assets.unwrap().to_string();
        assert_eq!((row.get::<String, _>(0), row.get::<i64, _>(1)), (stake, active(Some(*node))), "{node}");
    }
}

async fn check(database: &Database, connection: &mut PgConnection, seed: u64, steps: usize) {
    let start = database.cursor().await.unwrap().unwrap().block;
    let mut chain = Chain::new(seed, start);
    for step in 0..steps {
        let expected = chain.head();
        if chain.random.random_bool(0.4) && chain.blocks.len() > 2 {
            let depth = chain.random.random_range(1..8);
            let ancestor = chain.fork(depth);
            let count = chain.random.random_range(0..6);
            let branch = chain.extend(count);
            database.replace(&expected, &ancestor, &branch).await.unwrap();
        } else {
            let count = chain.random.random_range(1..12);
            let batch = chain.extend(count);
            database.append(&expected, &batch).await.unwrap();
        }
        let carried = dump(connection).await;
        assert_counts(connection, &chain.blocks.last().unwrap().1).await;
        sqlx::query("select rebuild_history()").execute(&mut *connection).await.unwrap();
        assert_eq!(carried, dump(connection).await, "seed {seed}, step {step}");
        assert_eq!(wrong_times(connection).await, Vec::<i64>::new(), "seed {seed}, step {step}");
    }
}

/// Around the time of each event, and of each hour of a history: those from which `last_block_at` leads to another block than the events do.
async fn wrong_times(connection: &mut PgConnection) -> Vec<i64> {
    let select = "with at as (
            select distinct block_time + step as at from event cross join unnest(array[-3600, -1, 0, 1, 3600]) step
            union select starts_at + step from pool_history cross join unnest(array[-1, 0, 1]) step
        ) select at from at where last_block_at(at) <> coalesce((select max(block_number) from event where block_time <= at), 0)";
    sqlx::query_scalar(select).fetch_all(connection).await.unwrap()
}

/// `LINKPOOL_HISTORY_SEEDS` sets how many random chains are tried.
#[tokio::test]
async fn history_carried_through_reorgs_equals_history_made_from_the_events() {
    let seeds = std::env::var("LINKPOOL_HISTORY_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(3u64);
    for seed in 0..seeds {
        let (test_database, database) = followed().await;
        let mut connection = PgConnection::connect(test_database.url()).await.unwrap();
        check(&database, &mut connection, seed, 25).await;
    }
}
