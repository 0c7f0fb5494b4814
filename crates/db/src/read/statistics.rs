//! Sums and counts over the log. Each is answered from an index alone.

use linkpool_primitives::EventKind;

use super::Snapshot;
use crate::{
    Result,
    column::row,
    statement::{all, args, maybe, one},
};

row! {
    /// The reward stream of a node as its last event up to some block left it.
    #[derive(Debug, Clone, PartialEq, Eq)]
    RewardStreamThen {
        active_shares: u128,
        unvested: u128,
        vest_end: u64,
        last_update: u64,
    }
}

impl Snapshot {
    /// How many addresses have active shares, and all rewards that ever arrived, fees included.
    pub async fn pool_statistics(&mut self) -> Result<(u64, u128)> {
        let select = "select pool_stakers, pool_rewards from statistic where block_number <= $1 order by block_number desc, log_index desc limit 1";
        let block = self.block().number;
        let found = maybe(self.connection(), select, args![block]).await?;
        Ok(found.unwrap_or_default())
    }

    /// How many events lie in the blocks after `after`, up to `through`.
    pub async fn count_events(&mut self, after: u64, through: u64) -> Result<u64> {
        let select = "select count(*) as count from event where block_number > $1 and block_number <= $2";
        one(self.connection(), select, args![after as i64, through as i64]).await
    }

    /// The amounts and fees of all events of one kind in the blocks after `after`, up to `through`.
    pub async fn sum_of(&mut self, kind: EventKind, after: u64, through: u64) -> Result<(u128, u128)> {
        let select = "select coalesce(sum(amount), 0)::numeric as amount, coalesce(sum(fee), 0)::numeric as fee
               from event where kind = $1 and block_number > $2 and block_number <= $3";
        one(self.connection(), select, args![kind, after as i64, through as i64]).await
    }

    /// The last block with an event at or before a time, and the time of the pool's first event; `None` for an empty log.
    pub async fn block_at(&mut self, time: u64) -> Result<Option<(u64, u64)>> {
        let select = "select coalesce((select block_number from event where block_time <= $1 order by block_time desc, block_number desc limit 1), 0) as block,
                    block_time as first from event order by block_time limit 1";
        maybe(self.connection(), select, args![time as i64]).await
    }

    /// The streams that held rewards after the events up to a block.
    pub async fn reward_streams_at(&mut self, block: u64) -> Result<Vec<RewardStreamThen>> {
        let select = "select s.unvested, s.vest_end, s.last_update, a.active_shares from node n
              cross join lateral (select e.unvested, e.vest_end, e.last_update from event e
                   where e.node = n.node and e.unvested is not null and e.block_number <= $1 order by e.block_number desc, e.log_index desc limit 1) s
              cross join lateral (select coalesce((select e.active_shares from event e
                   where e.node = n.node and e.active_shares is not null and e.block_number <= $1 order by e.block_number desc, e.log_index desc limit 1), 0)
                   as active_shares) a
              where s.unvested > 0";
        all(self.connection(), select, args![block as i64]).await
    }
}
