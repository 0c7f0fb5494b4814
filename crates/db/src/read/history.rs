//! How stake, stakers and rewards developed: one row for each hour or day in which something happened.

use linkpool_primitives::Address;
use sqlx::postgres::PgRow;

use super::{Snapshot, column};
use crate::Result;

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

/// What was true at the end of a period, by its last event.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HistoryPoint {
    /// Unix seconds.
    pub starts_at: u64,
    pub stake: u128,
    /// Shares of a node; zero for the pool, whose nodes' shares have different prices.
    pub total_shares: u128,
    pub active_shares: u128,
    pub stakers: u64,
    /// All rewards that ever arrived, fees included.
    pub rewards: u128,
    /// The last block that changed it.
    pub block_number: u64,
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
        let rows = sqlx::query(sqlx::AssertSqlSafe(statement))
            .bind(period.seconds() as i32)
            .bind(i64::try_from(from).unwrap_or(i64::MAX))
            .bind(i64::try_from(to).unwrap_or(i64::MAX))
            .bind(i64::from(limit))
            .bind(node.map(|node| node.to_vec()))
            .fetch_all(self.connection())
            .await?;
        rows.iter().map(point).collect()
    }
}

fn point(row: &PgRow) -> Result<HistoryPoint> {
    Ok(HistoryPoint {
        starts_at: column::unsigned(row, "starts_at")?,
        stake: column::amount(row, "stake")?,
        total_shares: column::amount(row, "total_shares")?,
        active_shares: column::amount(row, "active_shares")?,
        stakers: column::unsigned(row, "stakers")?,
        rewards: column::amount(row, "rewards")?,
        block_number: column::unsigned(row, "block_number")?,
    })
}
