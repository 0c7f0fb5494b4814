//! Sums and counts over the log. Each is answered from an index alone.

use linkpool_primitives::{Address, EventKind};

use super::{Snapshot, node::nodes, position::until};
use crate::{Result, column::row, statement::args};

row! {
    /// What was given to the stakers of a node in some blocks.
    #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
    NodeRewards {
        node: Address,
        /// All that arrived, fees included.
        deposited: u128,
        /// The maker fees of it.
        fees: u128,
        /// What stakers have claimed.
        claimed: u128,
    }
}

/// From when on rewards are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RewardWindow {
    /// Unix seconds.
    pub from: u64,
    /// The last block with an event before that; 0 where there is none.
    pub after_block: u64,
    /// When the pool's first event was.
    pub first_event: u64,
}

impl Snapshot {
    /// How many addresses have active shares, and all rewards that ever arrived, fees included.
    pub async fn pool_statistics(&mut self) -> Result<(u64, u128)> {
        let select = "select pool_stakers, pool_rewards from statistic where block_number <= $1 order by block_number desc, log_index desc limit 1";
        let block = self.block().number;
        let found = self.maybe(select, args![block]).await?;
        Ok(found.unwrap_or_default())
    }

    /// How many events lie in the blocks after `after`, up to `through`.
    pub async fn count_events(&mut self, after: u64, through: u64) -> Result<u64> {
        let select = "select count(*) as count from event where block_number > $1 and block_number <= $2";
        self.one(select, args![after as i64, through as i64]).await
    }

    /// The window that begins at a time; `None` for an empty log.
    pub async fn reward_window(&mut self, from: u64) -> Result<Option<RewardWindow>> {
        let select = "select least(last_block_at($1), (select block_number from readable_block)) as block, block_time as first
               from event order by block_number limit 1";
        let found: Option<(u64, u64)> = self.maybe(select, args![from as i64]).await?;
        Ok(found.map(|(after_block, first_event)| RewardWindow { from, after_block, first_event }))
    }

    /// What was given in the blocks after `after`, up to `through`, to each node to which anything was.
    pub async fn node_rewards(&mut self, after: u64, through: u64) -> Result<Vec<NodeRewards>> {
        let statement = format!(
            "select node, coalesce(sum(amount) filter (where kind = '{deposited}'), 0)::numeric as deposited,
                    coalesce(sum(fee) filter (where kind = '{deposited}'), 0)::numeric as fees,
                    coalesce(sum(amount) filter (where kind = '{claimed}'), 0)::numeric as claimed
               from event where kind in ('{deposited}', '{claimed}') and block_number > $1 and block_number <= $2 group by node",
            // Literals, for the index of rewards alone.
            deposited = EventKind::RewardDeposited,
            claimed = EventKind::RewardClaimed,
        );
        self.all(statement, args![after, through]).await
    }

    /// What vested for the stakers of each node in the window, fees taken off: what had not vested at its begin, and what came since, less
    /// what has not vested now and what retired nodes gave up.
    pub async fn vested_since(&mut self, window: &RewardWindow) -> Result<Vec<(Address, u128)>> {
        let last = |field: &str| {
            format!(
                "where e.node = n.node and e.{field} is not null and e.block_number <= $1 order by e.block_number desc, e.log_index desc limit 1"
            )
        };
        let statement = format!(
            "select n.node,
                    greatest(coalesce(unvested_at(s.acc_per_share, s.unvested, s.vest_end, s.last_update, coalesce(a.active_shares, 0), $2), 0) + r.came
                        - unvested_at(n.acc_per_share, n.unvested, n.vest_end, n.last_update, n.active_shares, $3), 0)::numeric as vested
               from {nodes} n
              cross join lateral (
                    select coalesce(sum(case e.kind when '{deposited}' then e.amount - e.fee else -e.amount end), 0)::numeric as came
                      from event e where e.node = n.node and e.kind in ('{deposited}', '{swept}') and e.block_number > $1 {until}) r
               left join lateral (select e.acc_per_share, e.unvested, e.vest_end, e.last_update from event e {stream}) s on true
               left join lateral (select e.active_shares from event e {active}) a on true",
            deposited = EventKind::RewardDeposited,
            swept = EventKind::RewardSwept,
            nodes = nodes(self.as_of()),
            until = until(self.as_of()),
            stream = last("unvested"),
            active = last("active_shares"),
        );
        let args = args![window.after_block, window.from as i64, self.block().timestamp as i64];
        self.all(statement, args).await
    }
}
