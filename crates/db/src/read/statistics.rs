//! Sums and counts over the log. Each is answered from an index alone.

use linkpool_primitives::EventKind;

use super::{Snapshot, column};
use crate::Result;

/// The reward stream of a node as its last event up to some block left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RewardStreamThen {
    pub active_shares: u128,
    pub unvested: u128,
    pub vest_end: u64,
    pub last_update: u64,
}

impl Snapshot {
    /// How many addresses have active shares, and all rewards that ever arrived, fees included.
    pub async fn pool_statistics(&mut self) -> Result<(u64, u128)> {
        let row = sqlx::query(
            "select pool_stakers, pool_rewards from statistic where block_number <= $1 order by block_number desc, log_index desc limit 1",
        )
        .bind(self.block().number as i64)
        .fetch_optional(self.connection())
        .await?;
        row.map_or(Ok((0, 0)), |row| Ok((column::unsigned(&row, "pool_stakers")?, column::amount(&row, "pool_rewards")?)))
    }

    /// How many events lie in the blocks after `after`, up to `through`.
    pub async fn count_events(&mut self, after: u64, through: u64) -> Result<u64> {
        let row = sqlx::query("select count(*) as count from event where block_number > $1 and block_number <= $2")
            .bind(after as i64)
            .bind(through as i64)
            .fetch_one(self.connection())
            .await?;
        column::unsigned(&row, "count")
    }

    /// The amounts and fees of all events of one kind in the blocks after `after`, up to `through`.
    pub async fn sum_of(&mut self, kind: EventKind, after: u64, through: u64) -> Result<(u128, u128)> {
        let row = sqlx::query(
            "select coalesce(sum(amount), 0)::numeric as amount, coalesce(sum(fee), 0)::numeric as fee
               from event where kind = $1 and block_number > $2 and block_number <= $3",
        )
        .bind(kind.as_str())
        .bind(after as i64)
        .bind(through as i64)
        .fetch_one(self.connection())
        .await?;
        Ok((column::amount(&row, "amount")?, column::amount(&row, "fee")?))
    }

    /// The last block with an event at or before a time, and the time of the pool's first event; `None` for an empty log.
    pub async fn block_at(&mut self, time: u64) -> Result<Option<(u64, u64)>> {
        let row = sqlx::query(
            "select coalesce((select block_number from event where block_time <= $1 order by block_time desc, block_number desc limit 1), 0) as block,
                    block_time as first from event order by block_time limit 1",
        )
        .bind(time as i64)
        .fetch_optional(self.connection())
        .await?;
        row.map(|row| Ok((column::unsigned(&row, "block")?, column::unsigned(&row, "first")?))).transpose()
    }

    /// The streams that held rewards after the events up to a block.
    pub async fn reward_streams_at(&mut self, block: u64) -> Result<Vec<RewardStreamThen>> {
        let rows = sqlx::query(
            "select s.unvested, s.vest_end, s.last_update, a.active_shares from node n
              cross join lateral (select e.unvested, e.vest_end, e.last_update from event e
                   where e.node = n.node and e.unvested is not null and e.block_number <= $1 order by e.block_number desc, e.log_index desc limit 1) s
              cross join lateral (select coalesce((select e.active_shares from event e
                   where e.node = n.node and e.active_shares is not null and e.block_number <= $1 order by e.block_number desc, e.log_index desc limit 1), 0)
                   as active_shares) a
              where s.unvested > 0",
        )
        .bind(block as i64)
        .fetch_all(self.connection())
        .await?;
        rows.iter()
            .map(|row| {
                Ok(RewardStreamThen {
                    active_shares: column::amount(row, "active_shares")?,
                    unvested: column::amount(row, "unvested")?,
                    vest_end: column::unsigned(row, "vest_end")?,
                    last_update: column::unsigned(row, "last_update")?,
                })
            })
            .collect()
    }
}
