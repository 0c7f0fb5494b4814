//! What stakers have, as it is stored: for who knows the nodes already, and what things are worth on them.

use std::collections::BTreeMap;

use linkpool_primitives::{Address, EventKind};
use sqlx::postgres::PgArguments;

use super::{Snapshot, limit::at_most, position::until};
use crate::{Result, column::row, statement::args};

/// What an address has on the nodes now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoredStaker {
    /// Node, shares and debt of each position, also of one that is empty.
    pub positions: Vec<(Address, u128, i128)>,
    /// Node, shares, and when it is ready, of each open ticket.
    pub tickets: Vec<(Address, u128, u64)>,
    /// What was claimed.
    pub claimed: u128,
}

row! {
    /// A position, which has a debt, a ticket, which has a time, or what was claimed, which has neither.
    #[derive(Debug)]
    Part {
        staker: Address,
        node: Option<Address>,
        amount: u128,
        debt: Option<i128>,
        ready_at: Option<u64>,
    }
}

impl Snapshot {
    /// A page of the addresses that have active shares now, by address upwards: what each is worth changes with every penalty, so no
    /// index holds an order by stake.
    pub async fn stored_stakers(&mut self, after: Option<Address>, limit: u32) -> Result<BTreeMap<Address, StoredStaker>> {
        // The first address of all is nobody's.
        let page = format!(
            "select staker from staker where active_positions > 0 and staker > $1 order by staker limit {}",
            at_most(limit)
        );
        let mut stakers = self.stored(&page, args![after.unwrap_or_default()]).await?;
        while stakers.len() > limit as usize {
            stakers.pop_last();
        }
        Ok(stakers)
    }

    /// One address; nothing of one that never staked.
    pub async fn stored_staker(&mut self, staker: &Address) -> Result<StoredStaker> {
        Ok(self.stored("select $1::bytea as staker", args![staker]).await?.remove(staker).unwrap_or_default())
    }

    async fn stored(&mut self, page: &str, args: PgArguments) -> Result<BTreeMap<Address, StoredStaker>> {
        // `offset 0` keeps each lookup a lookup: a plan that is kept does not know how few they are.
        let statement = format!(
            "with page as materialized ({page})
             select page.staker, p.node, p.position_shares as amount, p.position_debt as debt, null::bigint as ready_at
               from page cross join lateral (select * from position p where p.staker = page.staker offset 0) p
             union all
             select page.staker, t.node, t.ticket_shares, null, t.ready_at
               from page cross join lateral (select * from ticket t where t.staker = page.staker and t.ticket_shares > 0 offset 0) t
             union all
             select page.staker, null, c.claimed, null, null
               from page cross join lateral (
                    select coalesce(sum(e.amount), 0)::numeric as claimed from event e
                     where e.staker = page.staker and e.kind = '{}' {}) c",
            EventKind::RewardClaimed,
            until(None)
        );
        let mut stakers: BTreeMap<Address, StoredStaker> = BTreeMap::new();
        for part in self.all::<Part>(statement, args).await? {
            let staker = stakers.entry(part.staker).or_default();
            match (part.node, part.debt, part.ready_at) {
                (Some(node), Some(debt), _) => staker.positions.push((node, part.amount, debt)),
                (Some(node), None, Some(ready_at)) => staker.tickets.push((node, part.amount, ready_at)),
                _ => staker.claimed = part.amount,
            }
        }
        Ok(stakers)
    }
}
