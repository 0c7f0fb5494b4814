//! Rows of the history, as a fold leaves them.

use linkpool_primitives::Address;

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
    pub period_seconds: i32,
    pub starts_at: i64,
    pub value: V,
    pub block_number: i64,
    /// The first of its key and period since rows were last handed over: its row may be there already.
    pub may_exist: bool,
}

/// What nobody has written yet.
#[derive(Debug, Default)]
pub(crate) struct HistoryRows {
    pub(super) statistics: Vec<Statistic>,
    pub(super) node_buckets: Vec<Bucket<Address, Standing>>,
    pub(super) pool_buckets: Vec<Bucket<(), Total>>,
    /// On how many nodes those have active shares whose number has changed, in the order of their addresses.
    pub(super) stakers: Vec<(Address, i64)>,
}

impl HistoryRows {
    pub fn len(&self) -> usize {
        self.statistics.len() + self.node_buckets.len() + self.pool_buckets.len() + self.stakers.len()
    }

    /// Memory that they hold.
    pub fn bytes(&self) -> usize {
        self.statistics.len() * size_of::<Statistic>()
            + self.node_buckets.len() * size_of::<Bucket<Address, Standing>>()
            + self.pool_buckets.len() * size_of::<Bucket<(), Total>>()
            + self.stakers.len() * size_of::<(Address, i64)>()
    }
}
