//! What a writer has to know before it goes on: where it stands, which headers may still go, and the last values of the fields
//! whose events also say by how much they changed them.

use std::collections::HashMap;

use linkpool_primitives::{Address, B256};
use sqlx::{Row, postgres::PgRow};

use crate::{
    Database, Result,
    amount::Numeric,
    convert,
    cursor::{self, Cursor},
    deployment,
    pool::{Connection, LONG_READ, SNAPSHOT},
};

/// A header that is kept, and how many logs of its block are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeptHeader {
    pub number: u64,
    pub hash: B256,
    pub logs: u32,
}

/// A field's last value and the block that set it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Last {
    pub value: u128,
    pub since: u64,
}

/// A node's fields that events change by an amount they name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LastOfNode {
    pub assets: Option<Last>,
    pub total_shares: Option<Last>,
    pub active_shares: Option<Last>,
}

/// The last values as of some block.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LastValues {
    pub accounted: Option<Last>,
    pub nodes: HashMap<Address, LastOfNode>,
}

/// One snapshot of all that.
#[derive(Debug, Clone)]
pub struct Resume {
    pub cursor: Cursor,
    /// The block before the contract.
    pub start: (u64, B256),
    pub headers: Vec<KeptHeader>,
    pub last: LastValues,
}

impl Database {
    /// `None` before a deployment is followed.
    pub async fn resume(&self) -> Result<Option<Resume>> {
        let mut transaction = self.reader.pool.begin_with(SNAPSHOT).await?;
        transaction.allow(LONG_READ).await?;
        let connection = &mut *transaction;
        let (Some(cursor), Some(deployment)) = (cursor::read(connection).await?, deployment::read(connection).await?) else {
            return Ok(None);
        };
        let headers = headers(connection).await?;
        let last = last_values(connection, cursor.block.number).await?;
        Ok(Some(Resume { cursor, start: (deployment.start.number, deployment.start.hash), headers, last }))
    }

    /// The last values as they were after block `at`.
    pub async fn last_values(&self, at: u64) -> Result<LastValues> {
        last_values(&mut self.pool.acquire().await?, at).await
    }
}

async fn headers(connection: &mut Connection) -> Result<Vec<KeptHeader>> {
    let rows = sqlx::query(
        "select b.block_number, b.block_hash::bytea,
                (select count(*) from event e where e.block_number = b.block_number)
              + (select count(*) from dead_letter d where d.block_number = b.block_number) as logs
           from block b order by b.block_number",
    );
    let kept = |row: PgRow| {
        let logs = u32::try_from(row.get::<i64, _>(2)).unwrap_or(u32::MAX);
        Ok(KeptHeader { number: convert::unsigned(row.get(0))?, hash: convert::hash(row.get(1))?, logs })
    };
    rows.fetch_all(connection).await?.into_iter().map(kept).collect()
}

async fn last_values(connection: &mut Connection, at: u64) -> Result<LastValues> {
    let accounted = sqlx::query(
        "select accounted, block_number from event where accounted is not null and block_number <= $1
          order by block_number desc, log_index desc limit 1",
    );
    let accounted = accounted.bind(at as i64).fetch_optional(&mut *connection).await?;
    let newest = |column: &str| {
        format!(
            "left join lateral (select e.{column} as value, e.block_number as since from event e
               where e.node = n.node and e.{column} is not null and e.block_number <= $1
               order by e.block_number desc, e.log_index desc limit 1) {column} on true"
        )
    };
    let statement = format!(
        "select n.node::bytea, assets.value, assets.since, total_shares.value, total_shares.since, active_shares.value, active_shares.since
           from node n {} {} {}",
        newest("assets"),
        newest("total_shares"),
        newest("active_shares"),
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(statement)).bind(at as i64).fetch_all(connection).await?;
    let node = |row: &PgRow| -> Result<(Address, LastOfNode)> {
        let last = LastOfNode { assets: last(row, 1)?, total_shares: last(row, 3)?, active_shares: last(row, 5)? };
        Ok((convert::address(row.get(0))?, last))
    };
    let nodes = rows.iter().map(node).collect::<Result<HashMap<_, _>>>()?;
    let is_known = |(_, last): &(Address, LastOfNode)| *last != LastOfNode::default();
    Ok(LastValues {
        accounted: accounted.map(|row| last(&row, 0)).transpose()?.flatten(),
        nodes: nodes.into_iter().filter(is_known).collect(),
    })
}

/// The value in a column and its block in the next.
fn last(row: &PgRow, column: usize) -> Result<Option<Last>> {
    let (value, since): (Option<Numeric>, Option<i64>) = (row.try_get_unchecked(column)?, row.try_get(column + 1)?);
    let (Some(value), Some(since)) = (value, since) else { return Ok(None) };
    Ok(Some(Last { value: value.try_into()?, since: convert::unsigned(since)? }))
}
