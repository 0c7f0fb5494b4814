//! Positions and their unbonding tickets.

use linkpool_primitives::Address;
use sqlx::{AssertSqlSafe, postgres::PgRow};

use super::{Snapshot, column, node};
use crate::{
    Result,
    amount::Numeric,
    as_of::table_at,
    columns::{PositionFields, TicketFields},
    read::NodeState,
};

/// More tickets than this in one answer are left out; a staker makes one for each unbond.
const MAX_TICKETS: i64 = 10_000;

/// A staker's stored position on a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PositionRecord {
    pub node: Address,
    pub staker: Address,
    pub shares: u128,
    pub debt: i128,
    pub updated_block: u64,
}

/// Shares on their way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketRecord {
    pub node: Address,
    pub staker: Address,
    pub index: u64,
    pub shares: u128,
    pub ready_at: u64,
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
        let rows = sqlx::query(AssertSqlSafe(statement)).bind(staker.as_slice()).fetch_all(self.connection()).await?;
        rows.iter().map(|row| Ok((position(row)?, node::state(row)?))).collect()
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
        let rows = sqlx::query(AssertSqlSafe(statement))
            .bind(node.as_slice())
            .bind(after.map(|(shares, _)| Numeric::from(shares)))
            .bind(after.map(|(_, staker)| staker.to_vec()))
            .bind(i64::from(limit))
            .fetch_all(self.connection())
            .await?;
        rows.iter().map(position).collect()
    }

    /// The tickets of a staker that still hold shares.
    pub async fn tickets_of(&mut self, staker: &Address) -> Result<Vec<TicketRecord>> {
        let statement = format!(
            "select node, staker, ticket, ticket_shares, ready_at from {} t where staker = $1 and ticket_shares > 0 order by node, ticket limit $2",
            tickets(self.at())
        );
        let query = sqlx::query(AssertSqlSafe(statement)).bind(staker.as_slice()).bind(MAX_TICKETS);
        let rows = query.fetch_all(self.connection()).await?;
        rows.iter().map(ticket).collect()
    }

    /// The tickets on a node that these stakers still hold shares in.
    pub async fn tickets_on(&mut self, node: &Address, stakers: &[Address]) -> Result<Vec<TicketRecord>> {
        let statement = format!(
            "select node, staker, ticket, ticket_shares, ready_at from {} t
              where node = $1 and staker = any($2::bytea[]) and ticket_shares > 0 order by staker, ticket limit $3",
            tickets(self.at())
        );
        let rows = sqlx::query(AssertSqlSafe(statement))
            .bind(node.as_slice())
            .bind(stakers.iter().map(|staker| staker.to_vec()).collect::<Vec<_>>())
            .bind(MAX_TICKETS)
            .fetch_all(self.connection())
            .await?;
        rows.iter().map(ticket).collect()
    }
}

fn positions(at: Option<u64>) -> String {
    table_at::<PositionFields>("position", &["node", "staker"], at)
}

fn tickets(at: Option<u64>) -> String {
    table_at::<TicketFields>("ticket", &["node", "staker", "ticket"], at)
}

fn position(row: &PgRow) -> Result<PositionRecord> {
    Ok(PositionRecord {
        node: column::address(row, "node")?,
        staker: column::address(row, "staker")?,
        shares: column::amount(row, "position_shares")?,
        debt: column::signed_amount(row, "position_debt")?,
        updated_block: column::unsigned(row, "position_block")?,
    })
}

fn ticket(row: &PgRow) -> Result<TicketRecord> {
    Ok(TicketRecord {
        node: column::address(row, "node")?,
        staker: column::address(row, "staker")?,
        index: column::unsigned(row, "ticket")?,
        shares: column::amount(row, "ticket_shares")?,
        ready_at: column::unsigned(row, "ready_at")?,
    })
}
