//! How stake, stakers and rewards developed: one row for each hour or day in which something happened.

use linkpool_primitives::Address;
use sqlx::AssertSqlSafe;

use super::Snapshot;
use crate::{
    Result,
    column::row,
    statement::{all, args},
};

/// The length of a history's rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    Hour,
    Day,
}

impl Period {
    pub fn seconds(self) -> u64 {
        match self {
            Self::Hour => 3_600,
            Self::Day => 86_400,
        }
    }
}

row! {
    /// What was true at the end of a period, by its last event.
    #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
    HistoryPoint {
        /// Unix seconds.
        starts_at: u64,
        stake: u128,
        /// Shares of a node; zero for the pool, whose nodes' shares have different prices.
        total_shares: u128,
        active_shares: u128,
        stakers: u64,
        /// All rewards that ever arrived, fees included.
        rewards: u128,
        /// The last block that changed it.
        block_number: u64,
    }
}

impl Snapshot {
    /// The last point before a time.
    pub async fn history_before(&mut self, node: Option<&Address>, period: Period, time: u64) -> Result<Option<HistoryPoint>> {
        Ok(self.history(node, period, (0, time), "desc", 1).await?.pop())
    }

    /// The points that begin within `from..to`, oldest first.
    pub async fn history_within(
        &mut self,
        node: Option<&Address>,
        period: Period,
        from: u64,
        to: u64,
        limit: u32,
    ) -> Result<Vec<HistoryPoint>> {
        self.history(node, period, (from, to), "asc", limit).await
    }

    /// When the first point of all begins.
    pub async fn history_begin(&mut self, node: Option<&Address>, period: Period) -> Result<Option<u64>> {
        Ok(self.history(node, period, (0, i64::MAX.unsigned_abs()), "asc", 1).await?.first().map(|point| point.starts_at))
    }

    async fn history(
        &mut self,
        node: Option<&Address>,
        period: Period,
        (from, to): (u64, u64),
        order: &str,
        limit: u32,
    ) -> Result<Vec<HistoryPoint>> {
        let (table, shares, mine) = match node {
            Some(_) => ("node_history", "total_shares, active_shares", "node = $5 and"),
            None => ("pool_history", "0::numeric as total_shares, 0::numeric as active_shares", "$5::bytea is null and"),
        };
        let statement = format!(
            "select starts_at, stake, {shares}, stakers, rewards, block_number from {table}
              where {mine} period_seconds = $1 and starts_at >= $2 and starts_at < $3 order by starts_at {order} limit $4"
        );
        let seconds = |time: u64| i64::try_from(time).unwrap_or(i64::MAX);
        let args = args![period.seconds() as i32, seconds(from), seconds(to), i64::from(limit), node];
        all(self.connection(), AssertSqlSafe(statement), args).await
    }
}
