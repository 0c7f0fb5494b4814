//! Which contract on which chain this database follows.

use linkpool_primitives::{Address, BlockRef, IndexerState};
use sqlx::Row;

use crate::{
    Database, Error, Result,
    convert::{address, hash, unsigned},
    ingest::{deferred, told::Revision},
    notice::Notice,
    pool::{Connection, Transaction},
};

/// The one contract of this database, with its constants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    pub chain_id: u64,
    pub pool: Address,
    pub token: Address,
    /// The block before the first that can hold an event.
    pub start: BlockRef,
    pub unbonding_seconds: u64,
    pub vest_seconds: u64,
    pub max_fee_bps: u32,
}

impl Database {
    pub async fn deployment(&self) -> Result<Option<Deployment>> {
        read(&mut self.pool.acquire().await?).await
    }

    /// Starts to follow `deployment` from its first block: every indexed row goes, the cursor stands before the first event.
    /// For a new database, and for one whose chain no longer exists.
    pub async fn follow(&self, deployment: &Deployment) -> Result<()> {
        let mut transaction = self.pool.begin().await?;
        lock(&mut transaction).await?;
        begin(transaction, deployment).await
    }

    /// [`Database::follow`] where nothing is followed yet. False where another indexer was first: then nothing is done.
    pub async fn follow_first(&self, deployment: &Deployment) -> Result<bool> {
        let mut transaction = self.pool.begin().await?;
        lock(&mut transaction).await?;
        if read(&mut transaction).await?.is_some() {
            return Ok(false);
        }
        begin(transaction, deployment).await?;
        Ok(true)
    }
}

/// First what every reader reads first: who reads it already is let finish, and nobody waits for us while we wait.
async fn lock(connection: &mut Connection) -> Result<()> {
    sqlx::query("lock table cursor in access exclusive mode").execute(connection).await?;
    Ok(())
}

async fn begin(mut transaction: Transaction, deployment: &Deployment) -> Result<()> {
    // Who was told of the rows that go has to hear of it, also if nobody listens now.
    let told: Option<(i64, i64)> =
        sqlx::query_as("select block_number, revision from cursor").fetch_optional(&mut *transaction).await?;
    sqlx::query("truncate deployment, cursor, block, past_block, event, dead_letter, node, position, ticket, pool, role, penalty_slot, statistic, staker, node_history, pool_history, verification").execute(&mut *transaction).await?;
    deferred::defer(&mut transaction).await?;
    sqlx::query(
        "insert into deployment (chain_id, pool, token, start_block, start_hash, unbonding_seconds, vest_seconds, max_fee_bps)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(deployment.chain_id as i64)
    .bind(deployment.pool.as_slice())
    .bind(deployment.token.as_slice())
    .bind(deployment.start.number as i64)
    .bind(deployment.start.hash.as_slice())
    .bind(deployment.unbonding_seconds as i64)
    .bind(deployment.vest_seconds as i64)
    .bind(deployment.max_fee_bps as i32)
    .execute(&mut *transaction)
    .await?;
    sqlx::query(
        "insert into cursor (block_number, block_hash, block_time, head_block, safe_block, finalized_block, state, revision)
         values ($1, $2, $3, $1, 0, 0, $4, $5)",
    )
    .bind(deployment.start.number as i64)
    .bind(deployment.start.hash.as_slice())
    .bind(deployment.start.timestamp as i64)
    .bind(IndexerState::Backfilling.as_str())
    .bind(told.map_or(0, |(_, revision)| revision))
    .execute(&mut *transaction)
    .await?;
    if let Some((through, _)) = told {
        let through = unsigned(through)?;
        Revision { first_invalid: 0, through, corrects: true }.record(&mut transaction).await?;
    }
    Notice::Rebuilt.send(&mut transaction).await?;
    transaction.commit().await?;
    Ok(())
}

pub(crate) async fn read(connection: &mut Connection) -> Result<Option<Deployment>> {
    let row = sqlx::query(
        "select chain_id, pool::bytea, token::bytea, start_block, start_hash::bytea, unbonding_seconds, vest_seconds, max_fee_bps from deployment",
    )
    .fetch_optional(connection)
    .await?;
    row.map(|row| {
        Ok(Deployment {
            chain_id: unsigned(row.get(0))?,
            pool: address(row.get(1))?,
            token: address(row.get(2))?,
            start: BlockRef { number: unsigned(row.get(3))?, hash: hash(row.get(4))?, timestamp: 0 },
            unbonding_seconds: unsigned(row.get(5))?,
            vest_seconds: unsigned(row.get(6))?,
            max_fee_bps: u32::try_from(row.get::<i32, _>(7)).map_err(|_| Error::Corrupt("a negative fee".into()))?,
        })
    })
    .transpose()
}
