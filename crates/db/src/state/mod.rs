//! The whole indexed state at the cursor, in one snapshot: for comparing it with the contract.
mod past;
mod reader;

pub use reader::{NodeSums, StateReader, StoredPosition, StoredTicket};

use linkpool_primitives::{Address, BlockRef};
use sqlx::postgres::PgRow;

use crate::{
    Database, Result,
    column::Take,
    columns::{Fields, NodeFields, PoolFields, PositionFields, TicketFields},
    cursor,
    pool::{Connection, LONG_READ_TIMEOUT, SNAPSHOT},
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
    /// Reads it all; `None` before a deployment is followed. Memory grows with the number of positions (about 200 bytes
    /// each); [`Database::state_reader`] reads page by page.
    pub async fn state(&self) -> Result<Option<State>> {
        let mut transaction = self.reader.pool.begin_with(SNAPSHOT).await?;
        transaction.allow(LONG_READ_TIMEOUT).await?;
        let Some(cursor) = cursor::read(&mut transaction).await? else { return Ok(None) };
        let connection = &mut *transaction;
        Ok(Some(State {
            block: cursor.block,
            pool: rows(connection, "select * from pool", PoolFields::read).await?.pop(),
            nodes: rows(connection, "select * from node order by node_index", |row| {
                Ok((row.take("node")?, NodeFields::read(row)?))
            })
            .await?,
            positions: rows(connection, "select * from position", |row| {
                Ok((row.take("node")?, row.take("staker")?, PositionFields::read(row)?))
            })
            .await?,
            tickets: rows(connection, "select * from ticket", |row| {
                Ok((row.take("node")?, row.take("staker")?, row.take("ticket")?, TicketFields::read(row)?))
            })
            .await?,
        }))
    }
}

async fn rows<T>(connection: &mut Connection, statement: &'static str, read: impl Fn(&PgRow) -> Result<T>) -> Result<Vec<T>> {
    sqlx::query(statement).fetch_all(connection).await?.iter().map(read).collect()
}
