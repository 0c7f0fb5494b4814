//! What comparisons with the contract found, for the status page.

use std::time::Duration;

use chrono::{DateTime, Utc};
use linkpool_primitives::{B256, BlockRef};

use crate::{
    Database, Result,
    column::row,
    statement::{args, maybe, one, run},
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

row! {
    #[derive(Debug, Clone, PartialEq, Eq)]
    VerificationRecord {
        verified_at: DateTime<Utc>,
        block_number: u64,
        block_hash: B256,
        is_whole: bool,
        endpoint: String,
        nodes: u64,
        positions: u64,
        tickets: u64,
        events: u64,
        differences: u64,
        first_bad_block: Option<u64>,
        examples: Vec<String>,
        elapsed_ms: u64,
    }
}

impl Database {
    pub async fn record_verification(&self, found: &NewVerification) -> Result<()> {
        let insert =
            "insert into verification (block_number, block_hash, scope, endpoint, nodes, positions, tickets, events, differences,
                    first_bad_block, examples, elapsed_ms)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) returning verification_id";
        let scope = if found.is_whole { "all" } else { "sample" };
        let NewVerification {
            block, endpoint, nodes, positions, tickets, events, differences, first_bad_block, examples, ..
        } = found;
        let elapsed_ms = i64::try_from(found.elapsed.as_millis()).unwrap_or(i64::MAX);
        let (number, hash, bad) = (block.number, block.hash, first_bad_block);
        let args =
            args![number, hash, scope, endpoint, nodes, positions, tickets, events, differences, bad, examples, elapsed_ms];
        let id: i64 = one(self.pool.writing(), insert, args).await?;
        run(self.pool.writing(), "delete from verification where verification_id <= $1", args![id - KEPT]).await?;
        Ok(())
    }

    /// Whether a result can be recorded: not on a standby, in a read-only session, or by a user that only reads.
    pub async fn may_record_verification(&self) -> Result<bool> {
        let select =
            "select not current_setting('transaction_read_only')::boolean and has_table_privilege('verification', 'insert')
                and has_table_privilege('verification', 'delete')";
        one(&self.pool, select, args![]).await
    }

    pub async fn last_verification(&self) -> Result<Option<VerificationRecord>> {
        maybe(&self.pool, LAST, args![]).await
    }
}

/// The newest.
pub(crate) const LAST: &str = "select verified_at, block_number, block_hash::bytea as block_hash, scope = 'all' as is_whole, endpoint, nodes, positions, tickets, events, differences,
                first_bad_block, examples, elapsed_ms
           from verification order by verification_id desc limit 1";
