//! How stake, stakers and rewards developed: one row for each hour or day in which something happened.

use linkpool_primitives::Address;

use super::{Snapshot, limit::at_most};
use crate::{Result, column::row, statement::args};

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
    /// The points that begin within `from..to`, oldest first and so many at most, and the last one before them.
    pub async fn history(
        &mut self,
        node: Option<&Address>,
        period: Period,
        (from, to): (u64, u64),
        limit: u32,
    ) -> Result<(Option<HistoryPoint>, Vec<HistoryPoint>)> {
        let (table, shares, mine) = match node {
            Some(_) => ("node_history", "total_shares, active_shares", "node = $4 and"),
            None => ("pool_history", "0::numeric as total_shares, 0::numeric as active_shares", "$4::bytea is null and"),
        };
        let points = format!(
            "select starts_at, stake, {shares}, stakers, rewards, block_number from {table} where {mine} period_seconds = $1"
        );
        let statement = format!(
            "({points} and starts_at < $2 order by starts_at desc limit 1)
              union all ({points} and starts_at >= $2 and starts_at < $3 order by starts_at limit {}) order by starts_at",
            at_most(limit)
        );
        let seconds = |time: u64| i64::try_from(time).unwrap_or(i64::MAX);
        let args = args![period.seconds() as i32, seconds(from), seconds(to), node];
        let mut points: Vec<HistoryPoint> = self.all(statement, args).await?;
        let mut within = points.split_off(points.partition_point(|point| point.starts_at < from));
        within.truncate(limit as usize);
        Ok((points.pop(), within))
    }
}
