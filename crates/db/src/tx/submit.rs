//! Handing a transaction request in under a key of the caller's, and seeing what became of it.

use sqlx::postgres::PgRow;

use crate::{
    Database, Result,
    column::{Record, Take},
    statement::{args, maybe, one, run},
    tx::{Account, NewTransactionRequest, NonceState, Receipt, RequestState, TransactionRequest, model::receipt},
};

const MAX_KEY_BYTES: usize = 200;

/// What handing in met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Submitted {
    /// The transaction request of this key, which may have been handed in before.
    Accepted(i64),
    /// The key stands for something else.
    OtherRequest,
    /// The key is empty or too long.
    BadKey,
}

/// Where a transaction request stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestStatus {
    pub state: RequestState,
    pub last_error: Option<String>,
    /// Its nonce and how far that is.
    pub nonce: Option<(u64, NonceState)>,
    /// Why its nonce makes no progress.
    pub trouble: Option<String>,
    pub receipt: Option<Receipt>,
}

impl Database {
    /// Records a transaction request under `key`. The same key with the same request is the same transaction request. One that
    /// was refused before anything was sent is tried again. The account must be known ([`Database::signer_nonce`]).
    pub async fn submit_request(&self, account: &Account, key: &str, request: &NewTransactionRequest) -> Result<Submitted> {
        if key.is_empty() || key.len() > MAX_KEY_BYTES {
            return Ok(Submitted::BadKey);
        }
        let mut transaction = self.pool.begin().await?;
        let insert = "insert into transaction_request (idempotency_key, chain_id, signer, kind, recipient, value, data, enough)
             values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (idempotency_key) do nothing";
        run(
            &mut *transaction,
            insert,
            args![key, account, request.kind, request.recipient, request.value_wei, request.data, request.enough_wei],
        )
        .await?;
        let select = "select transaction_request_id, kind, fleet_node_id, recipient::bytea, value, data, enough, attempts,
                    chain_id = $2 and signer = $3 as same_signer
               from transaction_request where idempotency_key = $1 for update";
        let (stored, same_signer): (TransactionRequest, bool) = one(&mut *transaction, select, args![key, account]).await?;
        let same = same_signer
            && (stored.kind, stored.recipient, stored.value_wei) == (request.kind, request.recipient, request.value_wei)
            && stored.data == request.data;
        if !same {
            return Ok(Submitted::OtherRequest);
        }
        let update = "update transaction_request set state = 'queued', attempts = 0, retry_at = null, last_error = null
              where transaction_request_id = $1 and state = 'refused'";
        run(&mut *transaction, update, args![stored.id]).await?;
        run(&mut *transaction, "select pg_notify('linkpool_transaction', '')", args![]).await?;
        transaction.commit().await?;
        Ok(Submitted::Accepted(stored.id))
    }

    /// Where a transaction request stands; `None` if there is none.
    pub async fn request_status(&self, request_id: i64) -> Result<Option<RequestStatus>> {
        let select = "select i.state, i.last_error, s.nonce, s.state as nonce_state, s.trouble, a.hash::bytea, c.block_number, c.block_hash::bytea, c.succeeded, c.gas_used
               from transaction_request i left join nonce_reservation s on s.transaction_request_id = i.transaction_request_id and s.state <> 'used_elsewhere'
                 left join (attempt a join receipt c on c.hash = a.hash)
                   on (a.chain_id, a.signer, a.nonce) = (s.chain_id, s.signer, s.nonce)
              where i.transaction_request_id = $1";
        maybe(&self.pool, select, args![request_id]).await
    }
}

impl Record for (TransactionRequest, bool) {
    fn read(row: &PgRow) -> Result<Self> {
        Ok((Record::read(row)?, row.take("same_signer")?))
    }
}

impl Record for RequestStatus {
    fn read(row: &PgRow) -> Result<Self> {
        let (nonce, state): (Option<u64>, Option<NonceState>) = (row.take("nonce")?, row.take("nonce_state")?);
        Ok(Self {
            state: row.take("state")?,
            last_error: row.take("last_error")?,
            nonce: nonce.zip(state),
            trouble: row.take("trouble")?,
            receipt: receipt(row)?,
        })
    }
}
