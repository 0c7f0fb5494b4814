//! Forward through events in memory: from what was true before them to every row that they leave.

use std::collections::HashMap;

use linkpool_primitives::{Address, EventKind};

use super::rows::{Bucket, HistoryRows, Standing, Statistic, Total};
use crate::{event::EventRow, events::Events};

/// The lengths of a history's rows: an hour and a day.
pub const PERIODS: [i64; 2] = [3_600, 86_400];

/// On how many nodes an address has active shares.
#[derive(Debug, Clone, Copy, Default)]
struct Staker {
    positions: i64,
    is_handed_over: bool,
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
    rows: HistoryRows,
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
        unique(nodes.filter(|node| !self.nodes.contains_key(node)))
    }

    /// The stakers of these events whose number of positions changes and is not known.
    pub(super) fn unknown_stakers(&self, events: &Events) -> Vec<Address> {
        let changing = events.iter().filter(|event| position_change(event) != 0).filter_map(|event| event.staker);
        unique(changing.filter(|staker| !self.stakers.contains_key(staker)))
    }

    /// Whether whoever is not known does not exist.
    pub(super) fn knows_all(&self) -> bool {
        self.knows_all
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
        self.stakers.insert(staker, Staker { positions, is_handed_over: true });
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
            self.rows.statistics.push(Statistic {
                block_number: event.block_number,
                log_index: event.log_index,
                node,
                node_stakers: standing.stakers,
                node_rewards: standing.rewards,
                pool_stakers: total.stakers,
                pool_rewards: total.rewards,
            });
        }
        mark(&mut self.rows.node_buckets, marks, node, *standing, event);
        mark(&mut self.rows.pool_buckets, &mut self.pool_marks, (), *total, event);
    }

    /// The rows that nobody has written yet. What is known stays.
    pub fn hand_over(&mut self) -> HistoryRows {
        let mut rows = std::mem::take(&mut self.rows);
        let changed = self.stakers.iter_mut().filter(|(_, staker)| !staker.is_handed_over);
        rows.stakers = changed
            .map(|(address, staker)| {
                staker.is_handed_over = true;
                (*address, staker.positions)
            })
            .collect();
        rows.stakers.sort_unstable();
        self.pool_marks = Marks::default();
        self.nodes.values_mut().for_each(|(_, marks)| *marks = Marks::default());
        rows
    }

    /// What was handed over is written, so it may be forgotten, where it is too much: it can be read again.
    pub fn written(&mut self) {
        if self.stakers.len() > KNOWN_STAKERS {
            self.stakers.retain(|_, staker| !staker.is_handed_over);
            self.knows_all = false;
        }
    }

    /// Memory of the rows that nobody has written. What is known besides has bounds of its own.
    pub fn bytes(&self) -> usize {
        self.rows.bytes()
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
    *staker = Staker { positions: (before + position_change).max(0), is_handed_over: false };
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
        let block_number = event.block_number;
        let period_seconds = period_seconds as i32;
        let bucket = |may_exist| Bucket { key, period_seconds, starts_at, value, block_number, may_exist };
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
