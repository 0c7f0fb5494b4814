//! What the work keeps: requests with their runs, and the wallet's transactions.

use alloy::primitives::{Address, B256};
use serde_json::Value;
use sqlx::types::Json;

use super::{JobRecord, Store};
use crate::work::OracleRequest;

/// Most transactions that wait for their nonce: with that many a node refuses another.
const MAX_QUEUED: i64 = 250;

/// A run that has no transaction yet.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct OpenRun {
    pub run_id: i64,
    pub job_id: i32,
    pub request: Json<OracleRequest>,
}

/// A transaction that a run wants.
#[derive(Debug)]
pub(crate) struct NewTx {
    pub sender: Address,
    pub recipient: Address,
    pub calldata: Vec<u8>,
    pub gas_limit: u64,
    pub min_confirmations: Option<u64>,
    pub fail_on_revert: bool,
}

/// A transaction that is not final.
#[derive(Debug)]
pub(crate) struct OpenTx {
    pub id: i64,
    /// `None` once the job is gone.
    pub run_id: Option<i64>,
    pub sender: Address,
    pub recipient: Address,
    pub calldata: Vec<u8>,
    pub gas_limit: u64,
    pub min_confirmations: Option<u64>,
    pub fail_on_revert: bool,
    /// Of one that is signed.
    pub signed: Option<Signed>,
    /// The block it is in, as far as was seen.
    pub block_hash: Option<B256>,
    /// The head when it was last sent.
    pub sent_height: u64,
}

/// A transaction's bytes.
#[derive(Clone, Debug)]
pub(crate) struct Signed {
    pub nonce: u64,
    pub raw: Vec<u8>,
    pub hash: B256,
}

#[derive(sqlx::FromRow)]
struct TxRow {
    id: i64,
    run_id: Option<i64>,
    sender: Vec<u8>,
    recipient: Vec<u8>,
    calldata: Vec<u8>,
    gas_limit: i64,
    min_confirmations: Option<i64>,
    fail_on_revert: bool,
    nonce: Option<i64>,
    raw: Option<Vec<u8>>,
    hash: Option<Vec<u8>>,
    block_hash: Option<Vec<u8>>,
    sent_height: i64,
}

impl Store {
    pub async fn direct_request_jobs(&self) -> Result<Vec<JobRecord>, sqlx::Error> {
        self.query_as("SELECT * FROM {schema}.job WHERE kind = 'directrequest' ORDER BY id").fetch_all(self.pool()).await
    }

    /// The newest block that any replica of this node has seen.
    pub async fn work_height(&self) -> Result<Option<u64>, sqlx::Error> {
        let row: Option<(i64,)> = self.query_as("SELECT height FROM {schema}.work_head").fetch_optional(self.pool()).await?;
        row.map(|(height,)| unsigned(height)).transpose()
    }

    pub async fn save_work_height(&self, height: u64) -> Result<(), sqlx::Error> {
        self.query("INSERT INTO {schema}.work_head (height) VALUES ($1) ON CONFLICT (is_only) DO UPDATE SET height = $1")
            .bind(signed(height)?)
            .execute(self.pool())
            .await?;
        Ok(())
    }

    /// Starts the run of a request; false if there is one, also where another replica has begun it at the same moment.
    pub async fn start_run(&self, job_id: i32, request: &OracleRequest) -> Result<bool, sqlx::Error> {
        let started = self
            .query(
                "WITH run AS (
                     INSERT INTO {schema}.job_run (job_id, outputs, errors, inputs, finished_at)
                     SELECT $1, '[]', '[]', $5, NULL WHERE NOT EXISTS (
                         SELECT FROM {schema}.oracle_request WHERE job_id = $1 AND block_hash = $2 AND log_index = $3)
                       AND NOT EXISTS (SELECT FROM {schema}.evm_tx WHERE request_block = $2 AND request_log = $3)
                     RETURNING id)
                 INSERT INTO {schema}.oracle_request (run_id, job_id, block_hash, log_index, request)
                 SELECT id, $1, $2, $3, $4 FROM run",
            )
            .bind(job_id)
            .bind(request.block_hash.to_vec())
            .bind(signed(request.log_index)?)
            .bind(Json(request.clone()))
            .bind(request.inputs())
            .execute(self.pool())
            .await;
        match started {
            Ok(started) => Ok(started.rows_affected() == 1),
            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The runs that have neither ended nor a transaction, oldest first.
    pub async fn open_runs(&self, limit: i64) -> Result<Vec<OpenRun>, sqlx::Error> {
        self.query_as(
            "SELECT run_id, request.job_id, request FROM {schema}.oracle_request AS request JOIN {schema}.job_run AS run ON run.id = run_id
             WHERE run.finished_at IS NULL AND NOT EXISTS (SELECT FROM {schema}.evm_tx AS tx WHERE tx.run_id = request.run_id)
             ORDER BY run_id LIMIT $1",
        )
        .bind(limit)
        .fetch_all(self.pool())
        .await
    }

    /// Queues the transaction that answers a run's request, once; false if too many wait.
    pub async fn queue_tx(&self, run_id: i64, request: &OracleRequest, tx: &NewTx) -> Result<bool, sqlx::Error> {
        let mut transaction = self.locked_transaction().await?;
        let (is_there, queued): (bool, i64) = self
            .query_as(
                "SELECT EXISTS (SELECT FROM {schema}.evm_tx WHERE run_id = $1),
                        (SELECT count(*) FROM {schema}.evm_tx WHERE state = 'unstarted')",
            )
            .bind(run_id)
            .fetch_one(&mut *transaction)
            .await?;
        if is_there || queued >= MAX_QUEUED {
            return Ok(is_there);
        }
        self.query(
            "INSERT INTO {schema}.evm_tx
                 (run_id, sender, recipient, calldata, gas_limit, min_confirmations, fail_on_revert, request_block, request_log)
             SELECT id, $2, $3, $4, $5, $6, $7, $8, $9 FROM {schema}.job_run WHERE id = $1 AND finished_at IS NULL",
        )
        .bind(run_id)
        .bind(tx.sender.to_vec())
        .bind(tx.recipient.to_vec())
        .bind(tx.calldata.clone())
        .bind(signed(tx.gas_limit)?)
        .bind(tx.min_confirmations.map(signed).transpose()?)
        .bind(tx.fail_on_revert)
        .bind(request.block_hash.to_vec())
        .bind(signed(request.log_index)?)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Ends a run, once: with the output of its last task, or with its error.
    pub async fn end_run(&self, run_id: i64, outcome: Result<Value, String>) -> Result<(), sqlx::Error> {
        let (output, error) = match outcome {
            Ok(output) => (Some(output.to_string()), None),
            Err(error) => (None, Some(error)),
        };
        self.query(
            "UPDATE {schema}.job_run SET outputs = $2, errors = $3, finished_at = now() WHERE id = $1 AND finished_at IS NULL",
        )
        .bind(run_id)
        .bind(serde_json::json!([output]))
        .bind(serde_json::json!([error]))
        .execute(self.pool())
        .await?;
        self.reap_runs(run_id).await
    }

    /// The next transaction to send: one that is signed before any that is not.
    pub async fn next_tx(&self) -> Result<Option<OpenTx>, sqlx::Error> {
        let row: Option<TxRow> = self
            .query_as(
                "SELECT * FROM {schema}.evm_tx WHERE state IN ('in_progress', 'unstarted') ORDER BY nonce NULLS LAST, id LIMIT 1",
            )
            .fetch_optional(self.pool())
            .await?;
        row.map(OpenTx::try_from).transpose()
    }

    /// How many were sent and are not mined.
    pub async fn txs_in_flight(&self) -> Result<i64, sqlx::Error> {
        let (count,) =
            self.query_as("SELECT count(*) FROM {schema}.evm_tx WHERE state = 'unconfirmed'").fetch_one(self.pool()).await?;
        Ok(count)
    }

    /// The first nonce that none of `sender`'s transactions here has.
    pub async fn first_free_nonce(&self, sender: Address) -> Result<u64, sqlx::Error> {
        let (nonce,): (i64,) = self
            .query_as("SELECT coalesce(max(nonce) + 1, 0) FROM {schema}.evm_tx WHERE sender = $1")
            .bind(sender.to_vec())
            .fetch_one(self.pool())
            .await?;
        unsigned(nonce)
    }

    /// Gives a transaction its nonce and its bytes, before they are sent. False if another replica has done so.
    pub async fn sign_tx(&self, id: i64, bytes: &Signed) -> Result<bool, sqlx::Error> {
        let set = self
            .query(
                "UPDATE {schema}.evm_tx SET state = 'in_progress', nonce = $2, raw = $3, hash = $4
                 WHERE id = $1 AND state = 'unstarted'",
            )
            .bind(id)
            .bind(signed(bytes.nonce)?)
            .bind(bytes.raw.clone())
            .bind(bytes.hash.to_vec())
            .execute(self.pool())
            .await;
        match set {
            Ok(set) => Ok(set.rows_affected() == 1),
            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Gives one that was refused at `height` other bytes for its nonce.
    pub async fn sign_tx_anew(&self, id: i64, bytes: &Signed, height: u64) -> Result<(), sqlx::Error> {
        self.query(
            "UPDATE {schema}.evm_tx SET raw = $3, hash = $4, sent_height = $5
             WHERE id = $1 AND nonce = $2 AND state = 'in_progress'",
        )
        .bind(id)
        .bind(signed(bytes.nonce)?)
        .bind(bytes.raw.clone())
        .bind(bytes.hash.to_vec())
        .bind(signed(height)?)
        .execute(self.pool())
        .await?;
        Ok(())
    }

    /// The endpoint has it, or has it again.
    pub async fn tx_sent(&self, id: i64, height: u64) -> Result<(), sqlx::Error> {
        self.query("UPDATE {schema}.evm_tx SET state = 'unconfirmed', sent_height = $2, block_hash = NULL WHERE id = $1 AND state <> 'finalized'")
            .bind(id)
            .bind(signed(height)?)
            .execute(self.pool())
            .await?;
        Ok(())
    }

    /// It is in a block, which may be final.
    pub async fn tx_mined(&self, id: i64, block_hash: B256, is_final: bool) -> Result<(), sqlx::Error> {
        self.query("UPDATE {schema}.evm_tx SET state = $3, block_hash = $2 WHERE id = $1")
            .bind(id)
            .bind(block_hash.to_vec())
            .bind(if is_final { "finalized" } else { "confirmed" })
            .execute(self.pool())
            .await?;
        Ok(())
    }

    /// Those that were sent and are not final, in the order of their nonces.
    pub async fn txs_not_final(&self, limit: i64) -> Result<Vec<OpenTx>, sqlx::Error> {
        let rows: Vec<TxRow> = self
            .query_as("SELECT * FROM {schema}.evm_tx WHERE state IN ('unconfirmed', 'confirmed') ORDER BY nonce LIMIT $1")
            .bind(limit)
            .fetch_all(self.pool())
            .await?;
        rows.into_iter().map(OpenTx::try_from).collect()
    }

    /// Whether anything is under way, though there may be no job any more.
    pub async fn has_open_txs(&self) -> Result<bool, sqlx::Error> {
        let (has,) = self
            .query_as("SELECT EXISTS (SELECT FROM {schema}.evm_tx WHERE state <> 'finalized')")
            .fetch_one(self.pool())
            .await?;
        Ok(has)
    }
}

impl TryFrom<TxRow> for OpenTx {
    type Error = sqlx::Error;

    fn try_from(row: TxRow) -> Result<Self, sqlx::Error> {
        let signed = match (row.nonce, row.raw, row.hash) {
            (Some(nonce), Some(raw), Some(hash)) => Some(Signed { nonce: unsigned(nonce)?, raw, hash: bytes(&hash)? }),
            _ => None,
        };
        Ok(Self {
            id: row.id,
            run_id: row.run_id,
            sender: bytes(&row.sender)?,
            recipient: bytes(&row.recipient)?,
            calldata: row.calldata,
            gas_limit: unsigned(row.gas_limit)?,
            min_confirmations: row.min_confirmations.map(unsigned).transpose()?,
            fail_on_revert: row.fail_on_revert,
            signed,
            block_hash: row.block_hash.as_deref().map(bytes).transpose()?,
            sent_height: unsigned(row.sent_height)?,
        })
    }
}

fn bytes<'a, T: TryFrom<&'a [u8]>>(raw: &'a [u8]) -> Result<T, sqlx::Error> {
    T::try_from(raw).map_err(|_| corrupt(&"a stored address or hash has another length"))
}

fn signed(number: u64) -> Result<i64, sqlx::Error> {
    i64::try_from(number).map_err(|error| corrupt(&error))
}

fn unsigned(number: i64) -> Result<u64, sqlx::Error> {
    u64::try_from(number).map_err(|error| corrupt(&error))
}

fn corrupt(error: &dyn std::fmt::Display) -> sqlx::Error {
    sqlx::Error::Decode(format!("stored work is not usable: {error}").into())
}
