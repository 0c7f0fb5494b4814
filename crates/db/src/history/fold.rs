//! Forward through a batch in memory: from what was true before it to every row that it leaves.

use std::collections::HashMap;

use linkpool_primitives::{Address, B256, EventKind};

use crate::event::EventRow;

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
}

/// What was true before the batch, and what it leaves.
#[derive(Debug, Default)]
pub(super) struct Fold {
    nodes: HashMap<Address, (Standing, Marks)>,
    total: Total,
    pool_marks: Marks,
    positions: HashMap<Address, i64>,
    pub statistics: Vec<Statistic>,
    pub node_buckets: Vec<Bucket<Address, Standing>>,
    pub pool_buckets: Vec<Bucket<(), Total>>,
}

/// For each period, when the newest row began and where it stands in its list.
type Marks = [Option<(i64, usize)>; PERIODS.len()];

impl Fold {
    pub fn new(nodes: Vec<(Address, Standing)>, total: Total, positions: HashMap<Address, i64>) -> Self {
        let nodes = nodes.into_iter().map(|(node, standing)| (node, (standing, Marks::default()))).collect();
        Self { nodes, total, positions, ..Self::default() }
    }

    pub fn take(&mut self, event: &EventRow) {
        let Some(node) = event.node else { return };
        let (standing, marks) = self.nodes.entry(node).or_default();
        let after = &event.after_node;
        if let Some(stake) = after.assets {
            // The sum over all nodes holds this node's old stake.
            self.total.stake = self.total.stake.saturating_sub(standing.stake).saturating_add(stake);
            standing.stake = stake;
        }
        standing.total_shares = after.total_shares.unwrap_or(standing.total_shares);
        standing.active_shares = after.active_shares.unwrap_or(standing.active_shares);
        let (position_change, reward) = (position_change(event), reward(event));
        if position_change != 0 {
            standing.stakers = (standing.stakers + position_change).max(0);
            self.total.stakers += pool_position_change(&mut self.positions, event, position_change);
        }
        standing.rewards = standing.rewards.saturating_add(reward);
        self.total.rewards = self.total.rewards.saturating_add(reward);
        if position_change != 0 || reward != 0 {
            self.statistics.push(Statistic {
                block_number: event.block_number,
                log_index: event.log_index,
                node,
                node_stakers: standing.stakers,
                node_rewards: standing.rewards,
                pool_stakers: self.total.stakers,
                pool_rewards: self.total.rewards,
            });
        }
        mark(&mut self.node_buckets, marks, node, *standing, event);
        mark(&mut self.pool_buckets, &mut self.pool_marks, (), self.total, event);
    }
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
fn pool_position_change(positions: &mut HashMap<Address, i64>, event: &EventRow, position_change: i64) -> i64 {
    let Some(staker) = event.staker else { return 0 };
    let positions = positions.entry(staker).or_default();
    let before = *positions;
    *positions = (before + position_change).max(0);
    match (before, *positions) {
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
        let bucket = Bucket { key, period_seconds, starts_at, value, block_number, block_hash };
        match mark {
            Some((start, index)) if *start == starts_at => buckets[*index] = bucket,
            _ => {
                *mark = Some((starts_at, buckets.len()));
                buckets.push(bucket);
            }
        }
    }
}
