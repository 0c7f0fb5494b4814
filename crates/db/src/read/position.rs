//! Positions and their unbonding tickets.

use linkpool_primitives::Address;
use sqlx::{AssertSqlSafe, postgres::PgRow};

use super::{Snapshot, node};
use crate::{
    Result,
    as_of::table_at,
    column::{Record, row},
    columns::{PositionFields, TicketFields},
    read::NodeState,
    statement::{all, args, one},
};

/// Tickets of one position that an answer lists. A bound of its own for each position, so that nobody's many tickets take the place of
/// another staker's.
pub const TICKETS_PER_POSITION: usize = 100;

row! {
    /// A staker's stored position on a node.
    #[derive(Debug, Clone, PartialEq, Eq)]
    PositionRecord {
        node: Address,
        staker: Address,
        shares = "position_shares": u128,
        /// What is taken off `shares` times the node's `acc_per_share`: the rest can be claimed. It rises when shares come and when
        /// rewards are claimed, and falls when shares leave; below zero it is rewards of shares that left.
        debt = "position_debt": i128,
        updated_block = "position_block": u64,
    }
}

row! {
    /// One unbonding ticket.
    #[derive(Debug, Clone, PartialEq, Eq)]
    TicketRecord {
        node: Address,
        staker: Address,
        index = "ticket": u64,
        shares = "ticket_shares": u128,
        /// From when on it can be withdrawn, in Unix seconds.
        ready_at: u64,
    }
}

row! {
    /// What all tickets of a staker are worth, each rounded down to the juel.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    UnbondingStake {
        juels: u128,
        /// Of those, what can be withdrawn.
        ready_juels: u128,
    }
}

impl Snapshot {
    /// Every position of a staker that holds shares, unbonds, or may claim rewards, with its node; at most one for each node of the pool.
    pub async fn positions_of_staker(&mut self, staker: &Address) -> Result<Vec<(PositionRecord, NodeState)>> {
        let statement = format!(
            "select {STATE}, p.staker, p.position_shares, p.position_debt, p.block_number as position_block
               from {positions} p join {nodes} n on n.node = p.node
              where p.staker = $1 and (p.position_shares > 0 or p.position_debt < 0
                    or exists (select from {tickets} t where t.node = p.node and t.staker = $1 and t.ticket_shares > 0))
              order by p.position_shares desc, p.node",
            STATE = node::STATE,
            positions = positions(self.as_of()),
            tickets = tickets(self.as_of()),
            nodes = node::nodes(self.as_of()),
        );
        all(self.connection(), AssertSqlSafe(statement), args![staker]).await
    }

    /// A page of the active positions on a node, by shares downwards and then by staker upwards. `after` is the last position of the page
    /// before; `limit` is the caller's to bound.
    pub async fn positions_on_node(
        &mut self,
        node: &Address,
        after: Option<(u128, Address)>,
        limit: u32,
    ) -> Result<Vec<PositionRecord>> {
        let statement = format!(
            "select p.node, p.staker, p.position_shares, p.position_debt, p.block_number as position_block from {} p
              where p.node = $1 and p.position_shares > 0
                and ($2::numeric is null or p.position_shares < $2 or (p.position_shares = $2 and p.staker > $3::bytea))
              order by p.position_shares desc, p.staker limit $4",
            positions(self.as_of())
        );
        let (shares, staker) = after.unzip();
        all(self.connection(), AssertSqlSafe(statement), args![node, shares, staker, i64::from(limit)]).await
    }

    /// The open tickets of positions, each named by node and staker: of one position the oldest, and one more than
    /// [`TICKETS_PER_POSITION`] where there are more.
    pub async fn tickets_of(&mut self, positions: &[(Address, Address)]) -> Result<Vec<TicketRecord>> {
        let statement = format!(
            "select t.* from unnest($1::bytea[], $2::bytea[]) p (node, staker) cross join lateral (
                 select t.node, t.staker, t.ticket, t.ticket_shares, t.ready_at from {} t
                  where t.node = p.node and t.staker = p.staker and t.ticket_shares > 0 order by t.ticket limit $3) t",
            tickets(self.as_of())
        );
        let (nodes, stakers): (Vec<Address>, Vec<Address>) = positions.iter().copied().unzip();
        all(self.connection(), AssertSqlSafe(statement), args![nodes, stakers, TICKETS_PER_POSITION as i64 + 1]).await
    }

    /// The worth of all open tickets of a staker, however many there are.
    pub async fn unbonding_of_staker(&mut self, staker: &Address) -> Result<UnbondingStake> {
        let statement = format!(
            "select coalesce(sum(worth), 0)::numeric as juels, coalesce(sum(worth) filter (where ready_at <= $2), 0)::numeric as ready_juels
               from (select t.ready_at, div(t.ticket_shares * n.assets, n.total_shares) as worth
                       from {tickets} t join {nodes} n on n.node = t.node where t.staker = $1 and t.ticket_shares > 0) open",
            tickets = tickets(self.as_of()),
            nodes = node::nodes(self.as_of()),
        );
        let now = self.block().timestamp as i64;
        one(self.connection(), AssertSqlSafe(statement), args![staker, now]).await
    }
}

fn positions(as_of: Option<u64>) -> String {
    table_at::<PositionFields>("position", &["node", "staker"], as_of)
}

fn tickets(as_of: Option<u64>) -> String {
    table_at::<TicketFields>("ticket", &["node", "staker", "ticket"], as_of)
}

impl Record for (PositionRecord, NodeState) {
    fn read(row: &PgRow) -> Result<Self> {
        Ok((Record::read(row)?, Record::read(row)?))
    }
}
