//! Handing a transaction request in under a key of the caller's, and seeing what became of it.

use sqlx::Row;

use crate::{
    Database, Result,
    amount::Numeric,
    convert::{hash, unsigned},
    tx::{Account, NewTransactionRequest, NonceState, Receipt, RequestState, TransactionRequest},
};

/// Longest idempotency key, in bytes.
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
        sqlx::query(
            "insert into transaction_request (idempotency_key, chain_id, signer, kind, recipient, value, data, enough)
             values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (idempotency_key) do nothing",
        )
        .bind(key)
        .bind(account.chain())
        .bind(account.address.as_slice())
        .bind(request.kind.as_str())
        .bind(request.recipient.as_ref().map(|recipient| recipient.to_vec()))
        .bind(Numeric::from(request.value_wei))
        .bind(&request.data)
        .bind(request.enough_wei.map(Numeric::from))
        .execute(&mut *transaction)
        .await?;
        let row = sqlx::query(
            "select transaction_request_id, kind, fleet_node_id, recipient::bytea, value, data, enough, attempts,
                    chain_id = $2 and signer = $3 as same_signer
               from transaction_request where idempotency_key = $1 for update",
        )
        .bind(key)
        .bind(account.chain())
        .bind(account.address.as_slice())
        .fetch_one(&mut *transaction)
        .await?;
        let stored = TransactionRequest::read(&row)?;
        let same = row.get::<bool, _>("same_signer")
            && (stored.kind, stored.recipient, stored.value_wei) == (request.kind, request.recipient, request.value_wei)
            && stored.data == request.data;
        if !same {
            return Ok(Submitted::OtherRequest);
        }
        sqlx::query(
            "update transaction_request set state = 'queued', attempts = 0, retry_at = null, last_error = null
              where transaction_request_id = $1 and state = 'refused'",
        )
        .bind(stored.id)
        .execute(&mut *transaction)
        .await?;
        sqlx::query("select pg_notify('linkpool_transaction', '')").execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(Submitted::Accepted(stored.id))
    }

    /// Where a transaction request stands; `None` if there is none.
    pub async fn request_status(&self, request_id: i64) -> Result<Option<RequestStatus>> {
        let row = sqlx::query(
            "select i.state, i.last_error, s.nonce, s.state, s.trouble, a.hash::bytea, c.block_number, c.block_hash::bytea, c.succeeded, c.gas_used
               from transaction_request i left join nonce_reservation s on s.transaction_request_id = i.transaction_request_id and s.state <> 'used_elsewhere'
                 left join (attempt a join receipt c on c.hash = a.hash)
                   on (a.chain_id, a.signer, a.nonce) = (s.chain_id, s.signer, s.nonce)
              where i.transaction_request_id = $1",
        )
        .bind(request_id)
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let nonce = match (row.get::<Option<i64>, _>(2), row.get::<Option<&str>, _>(3)) {
            (Some(nonce), Some(state)) => Some((unsigned(nonce)?, state.parse()?)),
            _ => None,
        };
        let receipt = match row.get::<Option<i64>, _>(6) {
            None => None,
            Some(number) => Some(Receipt {
                transaction_hash: hash(row.get(5))?,
                block_number: unsigned(number)?,
                block_hash: hash(row.get(7))?,
                succeeded: row.get(8),
                gas_used: unsigned(row.get(9))?,
            }),
        };
        Ok(Some(RequestStatus {
            state: row.get::<&str, _>(0).parse()?,
            last_error: row.get(1),
            nonce,
            trouble: row.get(4),
            receipt,
        }))
    }
}
