//! Stakers: what one has in all, and a list of them.

use linkpool_primitives::{Address, EventKind};
use sqlx::postgres::PgRow;

use super::{
    NodeState, PositionRecord, Snapshot,
    limit::at_most,
    node::{STATE, nodes},
    position::{POSITION, claimed, positions, tickets, until},
};
use crate::{
    Result,
    column::{Record, Take, row},
    statement::args,
};

row! {
    /// What an address has on all nodes together, each part rounded down to the juel.
    #[derive(Debug, Clone, PartialEq, Eq)]
    StakerRecord {
        staker: Address,
        /// Nodes on which it has active shares.
        nodes: u64,
        active: u128,
        /// Of that, what can be withdrawn because its node retired an unbonding time ago.
        matured: u128,
        /// What its open tickets are worth.
        unbonding: u128,
        /// Of that, what can be withdrawn.
        ready: u128,
        /// What can be claimed.
        rewards: u128,
        /// What was claimed.
        claimed: u128,
    }
}

impl Snapshot {
    /// What an address has; zeros for one that never staked.
    pub async fn staker(&mut self, staker: &Address) -> Result<StakerRecord> {
        let statement = format!("select page.staker, {SUMS} from (values ($2::bytea)) page (staker) {}", sums(self.as_of()));
        let now = self.block().timestamp as i64;
        self.one(statement, args![now, staker]).await
    }

    /// What an address has active on each node where it has any.
    pub async fn active_stakes(&mut self, staker: &Address) -> Result<Vec<(NodeState, u128)>> {
        let statement = format!(
            "select {STATE}, shares_value(p.position_shares, n.total_shares, n.assets)::numeric as active
               from {} p join {} n on n.node = p.node where p.staker = $1 and p.position_shares > 0",
            positions(self.as_of()),
            nodes(self.as_of()),
        );
        self.all(statement, args![staker]).await
    }

    /// A page of the positions of a staker that hold shares, unbond, or may claim rewards: by shares downwards and then by node upwards.
    /// `after` is the last of the page before.
    pub async fn holdings(
        &mut self,
        staker: &Address,
        after: Option<(u128, Address)>,
        limit: u32,
    ) -> Result<Vec<(PositionRecord, NodeState)>> {
        let statement = format!(
            "select {STATE}, {POSITION}, {claimed} as claimed
               from {positions} p join {nodes} n on n.node = p.node
              where p.staker = $1 and (p.position_shares > 0 or p.position_debt < 0
                    or exists (select from {tickets} t where t.node = p.node and t.staker = $1 and t.ticket_shares > 0))
                and ($2::numeric is null or p.position_shares < $2 or (p.position_shares = $2 and p.node > $3::bytea))
              order by p.position_shares desc, p.node limit {most}",
            most = at_most(limit),
            claimed = claimed(self.as_of()),
            positions = positions(self.as_of()),
            tickets = tickets(self.as_of()),
            nodes = nodes(self.as_of()),
        );
        let (shares, node) = after.unzip();
        let mut held: Vec<_> = self.all(statement, args![staker, shares, node]).await?;
        held.truncate(limit as usize);
        Ok(held)
    }
}

const SUMS: &str = "a.nodes, a.active, a.matured, t.unbonding, t.ready, a.rewards, c.claimed";

/// The sums over the positions, tickets and claims of `page.staker` at the time `$1`.
fn sums(as_of: Option<u64>) -> String {
    format!(
        "cross join lateral (
             select count(*) filter (where p.position_shares > 0) as nodes,
                    coalesce(sum(shares_value(p.position_shares, n.total_shares, n.assets)), 0)::numeric as active,
                    coalesce(sum(shares_value(p.position_shares, n.total_shares, n.assets))
                        filter (where n.retired_at <> 0 and n.retired_at + d.unbonding_seconds <= $1), 0)::numeric as matured,
                    coalesce(sum(claimable_at(p.position_shares, p.position_debt, n.acc_per_share, n.unvested, n.vest_end, n.last_update,
                        n.active_shares, $1)), 0)::numeric as rewards
               from {positions} p join {nodes} n on n.node = p.node cross join deployment d where p.staker = page.staker) a
         cross join lateral (
             select coalesce(sum(worth), 0)::numeric as unbonding, coalesce(sum(worth) filter (where ready_at <= $1), 0)::numeric as ready
               from (select t.ready_at, shares_value(t.ticket_shares, n.total_shares, n.assets) as worth
                       from {tickets} t join {nodes} n on n.node = t.node where t.staker = page.staker and t.ticket_shares > 0) open) t
         cross join lateral (
             select coalesce(sum(e.amount), 0)::numeric as claimed from event e
              where e.staker = page.staker and e.kind = '{claimed}' {until}) c",
        positions = positions(as_of),
        nodes = nodes(as_of),
        tickets = tickets(as_of),
        claimed = EventKind::RewardClaimed,
        until = until(as_of),
    )
}

impl Record for (PositionRecord, NodeState) {
    fn read(row: &PgRow) -> Result<Self> {
        Ok((Record::read(row)?, Record::read(row)?))
    }
}

impl Record for (NodeState, u128) {
    fn read(row: &PgRow) -> Result<Self> {
        Ok((Record::read(row)?, row.take("active")?))
    }
}
