//! The whole indexed state at the cursor, in one snapshot: for comparing it with the contract.

use linkpool_primitives::{Address, BlockRef};
use sqlx::{PgConnection, Row, postgres::PgRow};

use crate::{
    Database, Result,
    amount::Numeric,
    columns::{NodeFields, PoolFields, PositionFields, TicketFields},
    cursor,
    deployment::address,
};

/// Every row of the state tables, and the block they are the state of.
#[derive(Debug)]
pub struct State {
    pub block: BlockRef,
    pub pool: Option<PoolFields>,
    pub nodes: Vec<(Address, NodeFields)>,
    pub positions: Vec<(Address, Address, PositionFields)>,
    pub tickets: Vec<(Address, Address, i64, TicketFields)>,
}

impl Database {
    /// Reads it all; `None` before a deployment is followed. Memory grows with the number of positions (about 200 bytes each).
    pub async fn state(&self) -> Result<Option<State>> {
        let mut transaction = self.pool.begin().await?;
        sqlx::query("set transaction isolation level repeatable read, read only").execute(&mut *transaction).await?;
        let Some(cursor) = cursor::read(&mut transaction).await? else { return Ok(None) };
        let connection = &mut *transaction;
        Ok(Some(State {
            block: cursor.block,
            pool: rows(connection, "select * from pool", pool).await?.pop(),
            nodes: rows(connection, "select * from node order by node_index", |row| Ok((key(row, "node")?, node(row)?))).await?,
            positions: rows(connection, "select * from position", |row| {
                Ok((key(row, "node")?, key(row, "staker")?, position(row)?))
            })
            .await?,
            tickets: rows(connection, "select * from ticket", |row| {
                Ok((key(row, "node")?, key(row, "staker")?, row.try_get("ticket")?, ticket(row)?))
            })
            .await?,
        }))
    }
}

async fn rows<T>(connection: &mut PgConnection, statement: &'static str, read: impl Fn(&PgRow) -> Result<T>) -> Result<Vec<T>> {
    sqlx::query(statement).fetch_all(connection).await?.iter().map(read).collect()
}

fn key(row: &PgRow, column: &str) -> Result<Address> {
    address(row.try_get_unchecked::<&[u8], _>(column)?)
}

fn unsigned(row: &PgRow, column: &str) -> Result<Option<u128>> {
    row.try_get_unchecked::<Numeric, _>(column)?.try_into().map(Some)
}

fn node(row: &PgRow) -> Result<NodeFields> {
    Ok(NodeFields {
        node_index: row.try_get("node_index")?,
        proof: row.try_get("proof")?,
        registered_at: row.try_get("registered_at")?,
        status: row.try_get("status")?,
        cap_link: row.try_get("cap_link")?,
        closed_until: row.try_get("closed_until")?,
        retired_at: row.try_get("retired_at")?,
        total_shares: unsigned(row, "total_shares")?,
        assets: unsigned(row, "assets")?,
        active_shares: unsigned(row, "active_shares")?,
        acc_per_share: unsigned(row, "acc_per_share")?,
        unvested: unsigned(row, "unvested")?,
        vest_end: row.try_get("vest_end")?,
        last_update: row.try_get("last_update")?,
        penalty_bps: row.try_get("penalty_bps")?,
        penalty_slot: row.try_get("penalty_slot")?,
        bucket_level: row.try_get("bucket_level")?,
        bucket_at: row.try_get("bucket_at")?,
    })
}

fn position(row: &PgRow) -> Result<PositionFields> {
    let debt: Numeric = row.try_get_unchecked("position_debt")?;
    Ok(PositionFields { position_shares: unsigned(row, "position_shares")?, position_debt: Some(debt.try_into()?) })
}

fn ticket(row: &PgRow) -> Result<TicketFields> {
    Ok(TicketFields { ticket_shares: unsigned(row, "ticket_shares")?, ready_at: row.try_get("ready_at")? })
}

fn pool(row: &PgRow) -> Result<PoolFields> {
    Ok(PoolFields {
        accounted: unsigned(row, "accounted")?,
        fees_owed: unsigned(row, "fees_owed")?,
        sink_owed: unsigned(row, "sink_owed")?,
        fee_bps: row.try_get("fee_bps")?,
        fee_recipient: Some(key(row, "fee_recipient")?),
        default_cap_link: row.try_get("default_cap_link")?,
        paused_until: row.try_get("paused_until")?,
        live_nodes: row.try_get("live_nodes")?,
        registration_level: row.try_get("registration_level")?,
        registration_at: row.try_get("registration_at")?,
        network_reported: row.try_get("network_reported")?,
        network_reported_at: row.try_get("network_reported_at")?,
        network_ceiling: row.try_get("network_ceiling")?,
        proofless_allowed: row.try_get("proofless_allowed")?,
    })
}
