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
    statement::{all, args},
};

/// More tickets than this in one answer are left out; a staker makes one for each unbond.
const MAX_TICKETS: i64 = 10_000;

row! {
    /// A staker's stored position on a node.
    #[derive(Debug, Clone, PartialEq, Eq)]
    PositionRecord {
        node: Address,
        staker: Address,
        shares = "position_shares": u128,
        debt = "position_debt": i128,
        updated_block = "position_block": u64,
    }
}

row! {
    /// Shares on their way out.
    #[derive(Debug, Clone, PartialEq, Eq)]
    TicketRecord {
        node: Address,
        staker: Address,
        index = "ticket": u64,
        shares = "ticket_shares": u128,
        ready_at: u64,
    }
}

impl Snapshot {
    /// Every position of a staker that holds or may claim anything, with its node; at most one for each node of the pool.
    pub async fn positions_of(&mut self, staker: &Address) -> Result<Vec<(PositionRecord, NodeState)>> {
        let statement = format!(
            "select {STATE}, p.staker, p.position_shares, p.position_debt, p.block_number as position_block
               from {positions} p join {nodes} n on n.node = p.node
              where p.staker = $1 and (p.position_shares > 0 or p.position_debt < 0
                    or exists (select from {tickets} t where t.node = p.node and t.staker = $1 and t.ticket_shares > 0))
              order by p.position_shares desc, p.node",
            STATE = node::STATE,
            positions = positions(self.at()),
            tickets = tickets(self.at()),
            nodes = node::source(self.at()),
        );
        all(self.connection(), AssertSqlSafe(statement), args![staker]).await
    }

    /// One page of the active positions on a node, largest first, after the given shares and staker.
    pub async fn positions_on(
        &mut self,
        node: &Address,
        after: Option<(u128, Address)>,
        limit: u32,
    ) -> Result<Vec<PositionRecord>> {
        // Ties go by staker upwards, so the page starts at fewer shares, or at as many with a higher address.
        let statement = format!(
            "select p.node, p.staker, p.position_shares, p.position_debt, p.block_number as position_block from {} p
              where p.node = $1 and p.position_shares > 0
                and ($2::numeric is null or p.position_shares < $2 or (p.position_shares = $2 and p.staker > $3::bytea))
              order by p.position_shares desc, p.staker limit $4",
            positions(self.at())
        );
        let (shares, staker) = after.unzip();
        all(self.connection(), AssertSqlSafe(statement), args![node, shares, staker, i64::from(limit)]).await
    }

    /// The tickets of a staker that still hold shares.
    pub async fn tickets_of(&mut self, staker: &Address) -> Result<Vec<TicketRecord>> {
        let statement = format!(
            "select node, staker, ticket, ticket_shares, ready_at from {} t where staker = $1 and ticket_shares > 0 order by node, ticket limit $2",
            tickets(self.at())
        );
        all(self.connection(), AssertSqlSafe(statement), args![staker, MAX_TICKETS]).await
    }

    /// The tickets on a node that these stakers still hold shares in.
    pub async fn tickets_on(&mut self, node: &Address, stakers: &[Address]) -> Result<Vec<TicketRecord>> {
        let statement = format!(
            "select node, staker, ticket, ticket_shares, ready_at from {} t
              where node = $1 and staker = any($2::bytea[]) and ticket_shares > 0 order by staker, ticket limit $3",
            tickets(self.at())
        );
        all(self.connection(), AssertSqlSafe(statement), args![node, stakers, MAX_TICKETS]).await
    }
}

fn positions(at: Option<u64>) -> String {
    table_at::<PositionFields>("position", &["node", "staker"], at)
}

fn tickets(at: Option<u64>) -> String {
    table_at::<TicketFields>("ticket", &["node", "staker", "ticket"], at)
}

impl Record for (PositionRecord, NodeState) {
    fn read(row: &PgRow) -> Result<Self> {
        Ok((Record::read(row)?, Record::read(row)?))
    }
}
