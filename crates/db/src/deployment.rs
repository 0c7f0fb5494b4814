//! Which contract on which chain this database follows.

use linkpool_primitives::{Address, BlockRef, ContractKind, IndexerState};
use sqlx::postgres::PgRow;

use crate::{
    Database, Result,
    column::{Record, Take},
    ingest::{deferred, revision::Revision},
    notice::Notice,
    pool::{Connection, Transaction},
    statement::{args, maybe, run},
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
    /// Whom the pool's creation names as its owner, if that is known.
    pub first_owner: Option<Address>,
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
    run(connection, "lock table cursor in access exclusive mode", args![]).await?;
    Ok(())
}

async fn begin(mut transaction: Transaction, deployment: &Deployment) -> Result<()> {
    // Who was told of the rows that go has to hear of it, also if nobody listens now.
    let told: Option<(u64, u64)> = maybe(&mut *transaction, "select block_number, revision from cursor", args![]).await?;
    let statement = "truncate deployment, cursor, block, past_block, event, followed_contract, contract_event, operator_state, answer_fee, dead_letter, node, position, ticket, pool, role, penalty_slot, statistic, staker, node_history, pool_history, verification";
    run(&mut *transaction, statement, args![]).await?;
    deferred::defer(&mut transaction).await?;
    let insert =
        "insert into deployment (chain_id, pool, token, start_block, start_hash, unbonding_seconds, vest_seconds, max_fee_bps, first_owner)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let Deployment { chain_id, pool, token, start, unbonding_seconds, vest_seconds, max_fee_bps, first_owner } = deployment;
    let args = args![chain_id, pool, token, start.number, start.hash, unbonding_seconds, vest_seconds, max_fee_bps, first_owner];
    run(&mut *transaction, insert, args).await?;
    if let Some(owner) = first_owner {
        // Its event is in the first block, and will be there before anybody looks for it.
        let insert = "insert into followed_contract (contract, kind, joined_block) values ($1, $2, $3)";
        run(&mut *transaction, insert, args![owner, ContractKind::Timelock, start.number + 1]).await?;
    }
    let insert =
        "insert into cursor (block_number, block_hash, block_time, head_block, safe_block, finalized_block, state, revision)
         values ($1, $2, $3, $1, 0, 0, $4, $5)";
    let revision = told.map_or(0, |(_, revision)| revision);
    let args = args![start.number, start.hash, start.timestamp, IndexerState::Backfilling, revision];
    run(&mut *transaction, insert, args).await?;
    if let Some((through, _)) = told {
        Revision { first_invalid: 0, through, is_correction: true }.record(&mut transaction).await?;
    }
    Notice::Rebuilt.send(&mut transaction).await?;
    Ok(transaction.commit().await?)
}

pub(crate) const SELECT: &str = "select chain_id, pool::bytea, token::bytea, start_block, start_hash::bytea, unbonding_seconds, vest_seconds, max_fee_bps, first_owner::bytea from deployment";

pub(crate) async fn read(connection: &mut Connection) -> Result<Option<Deployment>> {
    maybe(connection, SELECT, args![]).await
}

impl Record for Deployment {
    fn read(row: &PgRow) -> Result<Self> {
        Ok(Self {
            chain_id: row.take("chain_id")?,
            pool: row.take("pool")?,
            token: row.take("token")?,
            start: BlockRef { number: row.take("start_block")?, hash: row.take("start_hash")?, timestamp: 0 },
            unbonding_seconds: row.take("unbonding_seconds")?,
            vest_seconds: row.take("vest_seconds")?,
            max_fee_bps: row.take("max_fee_bps")?,
            first_owner: row.take("first_owner")?,
        })
    }
}
