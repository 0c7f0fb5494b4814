//! Forward through events in memory: from what was true before them to every row that they leave.

use std::collections::HashMap;

use linkpool_primitives::{Address, B256, EventKind};

use crate::{event::EventRow, events::Events};

/// The lengths of a history's rows: an hour and a day.
pub const PERIODS: [i64; 2] = [3_600, 86_400];

/// A node, as far as its history is concerned.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Standing {
    pub stake: u128,
    pub total_shares: u128,
    pub active_shares: u128,
    pub stakers: i64,
    pub rewards: u128,
}

/// All nodes together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Total {
    pub stake: u128,
    pub stakers: i64,
    pub rewards: u128,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Statistic {
    pub block_number: i64,
    pub log_index: i32,
    pub node: Address,
    pub node_stakers: i64,
    pub node_rewards: u128,
    pub pool_stakers: i64,
    pub pool_rewards: u128,
}

/// One row of `node_history` or `pool_history`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bucket<K, V> {
    pub key: K,
    pub period_seconds: i64,
    pub starts_at: i64,
    pub value: V,
    pub block_number: i64,
    pub block_hash: B256,
    /// The first of its key and period since the last write: its row may be there already.
    pub may_exist: bool,
}

/// On how many nodes an address has active shares.
#[derive(Debug, Clone, Copy, Default)]
struct Staker {
    positions: i64,
    is_written: bool,
}

/// What is true after the events that were taken, and the rows that they leave and nobody has written yet.
#[derive(Debug, Default)]
pub(crate) struct Fold {
    nodes: HashMap<Address, (Standing, Marks)>,
    /// `None` until it is known.
    total: Option<Total>,
    pool_marks: Marks,
    stakers: HashMap<Address, Staker>,
    /// Whether whoever is not known does not exist: since the tables were empty nothing was forgotten.
    knows_all: bool,
    pub(super) statistics: Vec<Statistic>,
    pub(super) node_buckets: Vec<Bucket<Address, Standing>>,
    pub(super) pool_buckets: Vec<Bucket<(), Total>>,
}

/// For each period, when the newest row began and where it stands in its list.
type Marks = [Option<(i64, usize)>; PERIODS.len()];

/// Stakers that are known beyond what is to be written: they are asked for again otherwise.
const KNOWN_STAKERS: usize = 100_000;

impl Fold {
    /// What is known before the first event of an empty database.
    pub fn of_nothing() -> Self {
        Self { total: Some(Total::default()), knows_all: true, ..Self::default() }
    }

    /// The nodes of these events that are not known.
    pub(super) fn unknown_nodes(&self, events: &Events) -> Vec<Address> {
        let nodes = events.iter().filter_map(|event| event.node);
        unique(nodes.filter(|node| !self.knows_all && !self.nodes.contains_key(node)))
    }

    /// The stakers of these events whose number of positions changes and is not known.
    pub(super) fn unknown_stakers(&self, events: &Events) -> Vec<Address> {
        let changing = events.iter().filter(|event| position_change(event) != 0).filter_map(|event| event.staker);
        unique(changing.filter(|staker| !self.knows_all && !self.stakers.contains_key(staker)))
    }

    pub(super) fn is_total_known(&self) -> bool {
        self.total.is_some()
    }

    pub(super) fn learn_total(&mut self, total: Total) {
        self.total = Some(total);
    }

    pub(super) fn learn_node(&mut self, node: Address, standing: Standing) {
        self.nodes.insert(node, (standing, Marks::default()));
    }

    pub(super) fn learn_staker(&mut self, staker: Address, positions: i64) {
        self.stakers.insert(staker, Staker { positions, is_written: true });
    }

    /// Nodes and stakers that are not known have nothing yet.
    pub fn take(&mut self, event: &EventRow) {
        let Some(node) = event.node else { return };
        let (standing, marks) = self.nodes.entry(node).or_default();
        let total = self.total.get_or_insert_default();
        let after = &event.after_node;
        if let Some(stake) = after.assets {
            // The sum over all nodes holds this node's old stake.
            total.stake = total.stake.saturating_sub(standing.stake).saturating_add(stake);
            standing.stake = stake;
        }
        standing.total_shares = after.total_shares.unwrap_or(standing.total_shares);
        standing.active_shares = after.active_shares.unwrap_or(standing.active_shares);
        let (position_change, reward) = (position_change(event), reward(event));
        if position_change != 0 {
            standing.stakers = (standing.stakers + position_change).max(0);
            total.stakers += pool_position_change(&mut self.stakers, event, position_change);
        }
        standing.rewards = standing.rewards.saturating_add(reward);
        total.rewards = total.rewards.saturating_add(reward);
        if position_change != 0 || reward != 0 {
            self.statistics.push(Statistic {
                block_number: event.block_number,
                log_index: event.log_index,
                node,
                node_stakers: standing.stakers,
                node_rewards: standing.rewards,
                pool_stakers: total.stakers,
                pool_rewards: total.rewards,
            });
        }
        mark(&mut self.node_buckets, marks, node, *standing, event);
        mark(&mut self.pool_buckets, &mut self.pool_marks, (), *total, event);
    }

    /// Stakers that have changed, and how many positions each has now.
    pub(super) fn changed_stakers(&self) -> impl Iterator<Item = (Address, i64)> {
        let changed = self.stakers.iter().filter(|(_, staker)| !staker.is_written);
        changed.map(|(address, staker)| (*address, staker.positions))
    }

    /// Everything is written: what is known stays, unless that is too much.
    pub(super) fn written(&mut self) {
        (self.statistics, self.node_buckets, self.pool_buckets) = (Vec::new(), Vec::new(), Vec::new());
        self.pool_marks = Marks::default();
        self.nodes.values_mut().for_each(|(_, marks)| *marks = Marks::default());
        if self.stakers.len() > KNOWN_STAKERS {
            (self.stakers, self.knows_all) = (HashMap::new(), false);
        }
        self.stakers.values_mut().for_each(|staker| staker.is_written = true);
    }

    /// Memory that it holds.
    pub fn bytes(&self) -> usize {
        self.statistics.capacity() * size_of::<Statistic>()
            + self.node_buckets.capacity() * size_of::<Bucket<Address, Standing>>()
            + self.pool_buckets.capacity() * size_of::<Bucket<(), Total>>()
            + self.stakers.capacity() * size_of::<(Address, Staker)>()
            + self.nodes.capacity() * size_of::<(Address, (Standing, Marks))>()
    }
}

fn unique(addresses: impl Iterator<Item = Address>) -> Vec<Address> {
    let mut addresses: Vec<Address> = addresses.collect();
    addresses.sort_unstable();
    addresses.dedup();
    addresses
}

/// 1 for an event by which a position becomes active, -1 for one by which it ceases to be, else 0.
pub(super) fn position_change(event: &EventRow) -> i64 {
    match (event.kind.moves().active_shares, event.after_position.position_shares, event.shares) {
        (1, Some(after), Some(more)) if after == more => 1,
        (-1, Some(0), _) => -1,
        _ => 0,
    }
}

fn reward(event: &EventRow) -> u128 {
    if event.kind == EventKind::RewardDeposited { event.amount.unwrap_or_default() } else { 0 }
}

/// What the turn of one position means for the number of addresses that have any. Where the event is missing by which a
/// position became active, its end changes nothing: a comparison with the contract finds what is missing.
fn pool_position_change(stakers: &mut HashMap<Address, Staker>, event: &EventRow, position_change: i64) -> i64 {
    let Some(address) = event.staker else { return 0 };
    let staker = stakers.entry(address).or_default();
    let before = staker.positions;
    *staker = Staker { positions: (before + position_change).max(0), is_written: false };
    match (before, staker.positions) {
        (0, 1) => 1,
        (1, 0) => -1,
        _ => 0,
    }
}

/// Writes what is true now over the row of the same period, or begins the next row.
fn mark<K, V>(buckets: &mut Vec<Bucket<K, V>>, marks: &mut Marks, key: K, value: V, event: &EventRow)
where
    K: Copy,
    V: Copy,
{
    for (period_seconds, mark) in PERIODS.into_iter().zip(marks) {
        let starts_at = event.block_time - event.block_time.rem_euclid(period_seconds);
        let (block_number, block_hash) = (event.block_number, event.block_hash);
        let bucket = |may_exist| Bucket { key, period_seconds, starts_at, value, block_number, block_hash, may_exist };
        match mark {
            Some((start, index)) if *start == starts_at => buckets[*index] = bucket(buckets[*index].may_exist),
            _ => {
                let is_first = mark.is_none();
                *mark = Some((starts_at, buckets.len()));
                buckets.push(bucket(is_first));
            }
        }
    }
}
