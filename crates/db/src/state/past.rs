//! One entity at the end of a block, by the events alone: what the state tables should say, and what they should have said.

use linkpool_primitives::Address;
use sqlx::AssertSqlSafe;

use super::StateReader;
use crate::{
    Result,
    as_of::last_values,
    column::Take,
    columns::{Fields, NodeFields, PenaltySlotFields, PoolFields, PositionFields, RoleFields, TicketFields},
    statement::{args, one},
};

/// What an entity was, and the block that had changed it last; `None` if no event had.
pub type Past<F> = Option<(F, u64)>;

impl StateReader {
    pub async fn past_pool(&mut self, block: u64) -> Result<Past<PoolFields>> {
        self.past(&["pool_id"], "(values (1::smallint))", block).await
    }

    pub async fn past_node(&mut self, node: &Address, block: u64) -> Result<Past<NodeFields>> {
        self.past(&["node"], &format!("(values ({}))", bytes(node)), block).await
    }

    pub async fn past_position(&mut self, node: &Address, staker: &Address, block: u64) -> Result<Past<PositionFields>> {
        let source = format!("(values ({}, {}))", bytes(node), bytes(staker));
        self.past(&["node", "staker"], &source, block).await
    }

    pub async fn past_ticket(&mut self, node: &Address, staker: &Address, ticket: i64, block: u64) -> Result<Past<TicketFields>> {
        let source = format!("(values ({}, {}, {ticket}::bigint))", bytes(node), bytes(staker));
        self.past(&["node", "staker", "ticket"], &source, block).await
    }

    pub async fn past_role(&mut self, account: &Address, block: u64) -> Result<Past<RoleFields>> {
        self.past(&["account"], &format!("(values ({}))", bytes(account)), block).await
    }

    pub async fn past_penalty_slot(&mut self, slot: i16, block: u64) -> Result<Past<PenaltySlotFields>> {
        self.past(&["slot"], &format!("(values ({slot}::smallint))"), block).await
    }

    /// The shares of all positions on a node, summed over the events.
    pub async fn past_shares(&mut self, node: &Address, block: u64) -> Result<u128> {
        let statement = format!(
            "select coalesce(sum(position_shares), 0)::numeric as shares from (
                 select distinct on (staker) position_shares from event
                  where node = {} and position_shares is not null and block_number <= {block}
                  order by staker, block_number desc, log_index desc
             ) last",
            bytes(node)
        );
        one(self.connection(), AssertSqlSafe(statement), args![]).await
    }

    async fn past<F: Fields>(&mut self, keys: &[&str], source: &str, block: u64) -> Result<Past<F>> {
        let named = format!("(select * from {source} v ({}))", keys.join(", "));
        let statement = last_values::<F>(keys, &named, block);
        let row = sqlx::query(AssertSqlSafe(statement)).fetch_optional(self.connection()).await?;
        row.map(|row| Ok((F::read(&row)?, row.take("block_number")?))).transpose()
    }
}

/// An address as a literal, which holds nothing but hexadecimal digits.
fn bytes(address: &Address) -> String {
    format!("'\\x{}'::bytea", hex::encode(address))
}
