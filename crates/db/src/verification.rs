//! What comparisons with the contract found, for the status page.

use std::time::Duration;

use chrono::{DateTime, Utc};
use linkpool_primitives::{B256, BlockRef};
use sqlx::Row;

use crate::{
    Database, Result,
    convert::{hash, unsigned},
    pool::Connection,
};

/// Results kept; older ones go.
const KEPT: i64 = 1_000;

/// One result to record.
#[derive(Debug, Clone)]
pub struct NewVerification {
    /// The block at which both were read.
    pub block: BlockRef,
    /// Whether everything was compared, and not a sample.
    pub is_whole: bool,
    pub endpoint: String,
    pub nodes: u64,
    pub positions: u64,
    pub tickets: u64,
    pub events: u64,
    pub differences: u64,
    pub first_bad_block: Option<u64>,
    /// The first few differences in words.
    pub examples: Vec<String>,
    pub elapsed: Duration,
}

/// One recorded result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerificationRecord {
    pub verified_at: DateTime<Utc>,
    pub block_number: u64,
    pub block_hash: B256,
    pub is_whole: bool,
    pub endpoint: String,
    pub nodes: u64,
    pub positions: u64,
    pub tickets: u64,
    pub events: u64,
    pub differences: u64,
    pub first_bad_block: Option<u64>,
    pub examples: Vec<String>,
    pub elapsed_ms: u64,
}

impl Database {
    pub async fn record_verification(&self, found: &NewVerification) -> Result<()> {
        let id: i64 = sqlx::query_scalar(
            "insert into verification (block_number, block_hash, scope, endpoint, nodes, positions, tickets, events, differences,
                    first_bad_block, examples, elapsed_ms)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) returning verification_id",
        )
        .bind(found.block.number as i64)
        .bind(found.block.hash.as_slice())
        .bind(if found.is_whole { "all" } else { "sample" })
        .bind(&found.endpoint)
        .bind(found.nodes as i64)
        .bind(found.positions as i64)
        .bind(found.tickets as i64)
        .bind(found.events as i64)
        .bind(found.differences as i64)
        .bind(found.first_bad_block.map(|block| block as i64))
        .bind(&found.examples)
        .bind(i64::try_from(found.elapsed.as_millis()).unwrap_or(i64::MAX))
        .fetch_one(self.pool.writing())
        .await?;
        sqlx::query("delete from verification where verification_id <= $1").bind(id - KEPT).execute(self.pool.writing()).await?;
        Ok(())
    }

    /// Whether a result can be recorded: not on a standby, in a read-only session, or by a user that only reads.
    pub async fn may_record_verification(&self) -> Result<bool> {
        Ok(sqlx::query_scalar(
            "select not current_setting('transaction_read_only')::boolean and has_table_privilege('verification', 'insert')
                and has_table_privilege('verification', 'delete')",
        )
        .fetch_one(&self.pool)
        .await?)
    }

    /// The newest result.
    pub async fn last_verification(&self) -> Result<Option<VerificationRecord>> {
        last(&mut self.pool.acquire().await?).await
    }
}

pub(crate) async fn last(connection: &mut Connection) -> Result<Option<VerificationRecord>> {
    let row = sqlx::query(
        "select verified_at, block_number, block_hash::bytea as block_hash, scope, endpoint, nodes, positions, tickets, events, differences,
                first_bad_block, examples, elapsed_ms
           from verification order by verification_id desc limit 1",
    )
    .fetch_optional(connection)
    .await?;
    row.map(|row| {
        let count = |column: &str| unsigned(row.try_get(column)?);
        Ok(VerificationRecord {
            verified_at: row.try_get("verified_at")?,
            block_number: count("block_number")?,
            block_hash: hash(row.try_get("block_hash")?)?,
            is_whole: row.try_get::<&str, _>("scope")? == "all",
            endpoint: row.try_get("endpoint")?,
            nodes: count("nodes")?,
            positions: count("positions")?,
            tickets: count("tickets")?,
            events: count("events")?,
            differences: count("differences")?,
            first_bad_block: row.try_get::<Option<i64>, _>("first_bad_block")?.map(unsigned).transpose()?,
            examples: row.try_get("examples")?,
            elapsed_ms: count("elapsed_ms")?,
        })
    })
    .transpose()
}
