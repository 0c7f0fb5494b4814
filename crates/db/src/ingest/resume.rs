//! What a writer has to know before it goes on: where it stands, which headers may still go, and the last values of the fields
//! whose events also say by how much they changed them.

use std::collections::HashMap;

use linkpool_primitives::{Address, B256};
use sqlx::{AssertSqlSafe, postgres::PgRow};

use crate::{
    Database, Result,
    column::{Record, Take, row},
    cursor::{self, Cursor},
    deployment,
    followed::{self, Followed},
    pool::{Connection, LONG_READ_TIMEOUT, SNAPSHOT},
    statement::{all, args, maybe},
};

row! {
    /// A header that is kept, and how many logs of its block are written.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    KeptHeader {
        number = "block_number": u64,
        hash = "block_hash": B256,
        logs: u32,
    }
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
    /// Whose logs are asked for from there on.
    pub followed: Followed,
}

impl Database {
    /// `None` before a deployment is followed.
    pub async fn resume(&self) -> Result<Option<Resume>> {
        let mut transaction = self.reader.pool.begin_with(SNAPSHOT).await?;
        transaction.allow(LONG_READ_TIMEOUT).await?;
        let connection = &mut *transaction;
        let (Some(cursor), Some(deployment)) = (cursor::read(connection).await?, deployment::read(connection).await?) else {
            return Ok(None);
        };
        let headers = headers(connection).await?;
        let last = last_values(connection, cursor.block.number).await?;
        let followed = followed::read(connection).await?;
        Ok(Some(Resume { cursor, start: (deployment.start.number, deployment.start.hash), headers, last, followed }))
    }

    /// The last values as they were after block `at`.
    pub async fn last_values(&self, at: u64) -> Result<LastValues> {
        last_values(&mut self.pool.acquire().await?, at).await
    }
}

/// What a fill is still to read, or reads by itself, is not asked for, and is not counted.
async fn headers(connection: &mut Connection) -> Result<Vec<KeptHeader>> {
    let asked_for = "not exists (select from followed_contract f where f.contract = e.contract and e.block_number <= f.fill_end)";
    let select = format!(
        "select b.block_number, b.block_hash::bytea,
                (select count(*) from event e where e.block_number = b.block_number)
              + (select count(*) from contract_event e where e.block_number = b.block_number and {asked_for})
              + (select count(*) from dead_letter e where e.block_number = b.block_number and {asked_for}) as logs
           from block b order by b.block_number"
    );
    all(connection, AssertSqlSafe(select), args![]).await
}

async fn last_values(connection: &mut Connection, at: u64) -> Result<LastValues> {
    let select = "select accounted, block_number from event where accounted is not null and block_number <= $1
          order by block_number desc, log_index desc limit 1";
    let accounted: Option<(u128, u64)> = maybe(&mut *connection, select, args![at]).await?;
    let newest = |column: &str| {
        format!(
            "left join lateral (select e.{column} as value, e.block_number as since from event e
               where e.node = n.node and e.{column} is not null and e.block_number <= $1
               order by e.block_number desc, e.log_index desc limit 1) {column} on true"
        )
    };
    let statement = format!(
        "select n.node::bytea, assets.value as assets, assets.since as assets_since, total_shares.value as total_shares,
                total_shares.since as total_shares_since, active_shares.value as active_shares, active_shares.since as active_shares_since
           from node n {} {} {}",
        newest("assets"),
        newest("total_shares"),
        newest("active_shares"),
    );
    let nodes: Vec<(Address, LastOfNode)> = all(connection, AssertSqlSafe(statement), args![at]).await?;
    let is_known = |(_, last): &(Address, LastOfNode)| *last != LastOfNode::default();
    Ok(LastValues {
        accounted: accounted.map(|(value, since)| Last { value, since }),
        nodes: nodes.into_iter().filter(is_known).collect(),
    })
}

impl Record for (Address, LastOfNode) {
    fn read(row: &PgRow) -> Result<Self> {
        let last = |name: &str| -> Result<Option<Last>> {
            let (value, since) = (row.take(name)?, row.take::<Option<u64>>(&format!("{name}_since"))?);
            Ok(since.zip(value).map(|(since, value)| Last { value, since }))
        };
        let (assets, total_shares, active_shares) = (last("assets")?, last("total_shares")?, last("active_shares")?);
        Ok((row.take("node")?, LastOfNode { assets, total_shares, active_shares }))
    }
}
