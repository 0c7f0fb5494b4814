//! Transactions as people look at them.

use chrono::{DateTime, Utc};
use linkpool_primitives::{Address, B256};
use sqlx::{Row, postgres::PgRow};

use crate::{
    Database, Result,
    amount::Numeric,
    convert::{address, hash, unsigned},
    tx::{Account, NonceState, Receipt, RequestState},
};

/// Most transactions listed at once.
const MAX_LISTED: u16 = 1_000;

/// Which transactions to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TransactionFilter {
    pub account: Option<Account>,
    /// Only those that are not settled.
    pub open: bool,
    pub node_id: Option<String>,
    pub limit: u16,
}

/// A transaction request with the nonce that it has, if any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransactionView {
    pub id: i64,
    pub idempotency_key: String,
    pub account: Account,
    pub node_id: Option<String>,
    /// The stored word: a newer executable may know more of them than this one.
    pub kind: String,
    pub recipient: Option<Address>,
    pub value_wei: u128,
    pub data: Vec<u8>,
    pub state: RequestState,
    pub last_error: Option<String>,
    pub created_at: DateTime<Utc>,
    /// When a queued one is looked at again.
    pub retry_at: Option<DateTime<Utc>>,
    pub nonce: Option<u64>,
    pub nonce_state: Option<NonceState>,
    /// Why its nonce makes no progress.
    pub trouble: Option<String>,
    pub attempts: u32,
    /// The last attempt, or the one that is in a block.
    pub hash: Option<B256>,
    pub receipt: Option<Receipt>,
}

/// One signed transaction of a nonce. Its bytes are left out: whoever has them can send it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptView {
    pub hash: B256,
    pub number: u32,
    pub gas_limit: u64,
    pub max_fee_wei: u128,
    pub tip_wei: u128,
    pub cancels: bool,
    pub sends: u32,
    pub sent_block: Option<u64>,
    pub last_answer: Option<String>,
    pub included: bool,
}

/// The columns that [`read`] wants; what `where` says follows.
macro_rules! view {
    () => {
        "select i.transaction_request_id, i.idempotency_key, i.chain_id, i.signer::bytea as signer, i.fleet_node_id, i.kind, i.recipient::bytea as recipient,
                i.value, i.data, i.state, i.last_error, i.created_at, i.retry_at, s.nonce, s.state as nonce_state, s.trouble,
                coalesce(a.attempts, 0) as attempts, coalesce(c.hash, a.last)::bytea as hash,
                c.block_number, c.block_hash::bytea as block_hash, c.succeeded, c.gas_used
           from transaction_request i left join nonce_reservation s on s.transaction_request_id = i.transaction_request_id and s.state <> 'used_elsewhere'
             left join lateral (
                 select count(*) as attempts, (array_agg(hash order by attempt_number desc))[1] as last from attempt
                  where (attempt.chain_id, attempt.signer, attempt.nonce) = (s.chain_id, s.signer, s.nonce)
             ) a on true
             left join lateral (
                 select receipt.* from receipt join attempt using (hash)
                  where (attempt.chain_id, attempt.signer, attempt.nonce) = (s.chain_id, s.signer, s.nonce)
             ) c on true"
    };
}

impl Database {
    /// The newest transactions first.
    pub async fn transactions(&self, filter: &TransactionFilter) -> Result<Vec<TransactionView>> {
        let rows = sqlx::query(concat!(
            view!(),
            " where ($1::bigint is null or (i.chain_id = $1 and i.signer = $2))
                and (not $3 or i.state in ('queued', 'assigned') or s.state in ('reserved', 'sent'))
                and ($4::text is null or i.fleet_node_id = $4)
              order by i.transaction_request_id desc limit $5"
        ))
        .bind(filter.account.map(|account| account.chain()))
        .bind(filter.account.map(|account| account.address.to_vec()))
        .bind(filter.open)
        .bind(&filter.node_id)
        .bind(i64::from(filter.limit.min(MAX_LISTED)))
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(read).collect()
    }

    /// One transaction by the number of its transaction request.
    pub async fn transaction(&self, request_id: i64) -> Result<Option<TransactionView>> {
        let row = sqlx::query(concat!(view!(), " where i.transaction_request_id = $1"))
            .bind(request_id)
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// The transaction request that an attempt's hash or an idempotency key belongs to.
    pub async fn find_transaction(&self, word: &str) -> Result<Option<i64>> {
        let hash: Option<B256> = word.parse().ok();
        let found = sqlx::query_scalar(
            "select transaction_request_id from transaction_request where idempotency_key = $1
             union all
             select s.transaction_request_id from attempt a join nonce_reservation s on (a.chain_id, a.signer, a.nonce) = (s.chain_id, s.signer, s.nonce)
              where a.hash = $2::bytea
             limit 1",
        )
        .bind(word)
        .bind(hash.map(|hash| hash.to_vec()));
        Ok(found.fetch_optional(&self.pool).await?)
    }

    /// Everything that was signed for a transaction request, in the order of signing; also for a nonce that somebody else used.
    pub async fn attempts_of(&self, request_id: i64) -> Result<Vec<(u64, AttemptView)>> {
        let rows = sqlx::query(
            "select a.nonce, a.hash::bytea, attempt_number, coalesce(a.gas_limit, s.gas_limit), max_fee, tip, cancels, sends, sent_block,
                    last_answer, exists (select from receipt c where c.hash = a.hash)
               from attempt a join nonce_reservation s on (a.chain_id, a.signer, a.nonce) = (s.chain_id, s.signer, s.nonce)
              where s.transaction_request_id = $1 order by a.nonce, attempt_number",
        )
        .bind(request_id)
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                let attempt = AttemptView {
                    hash: hash(row.get(1))?,
                    number: row.get::<i32, _>(2).unsigned_abs(),
                    gas_limit: unsigned(row.get(3))?,
                    max_fee_wei: row.get::<Numeric, _>(4).try_into()?,
                    tip_wei: row.get::<Numeric, _>(5).try_into()?,
                    cancels: row.get(6),
                    sends: row.get::<i32, _>(7).unsigned_abs(),
                    sent_block: row.get::<Option<i64>, _>(8).map(unsigned).transpose()?,
                    last_answer: row.get(9),
                    included: row.get(10),
                };
                Ok((unsigned(row.get(0))?, attempt))
            })
            .collect()
    }
}

fn read(row: &PgRow) -> Result<TransactionView> {
    let receipt = match row.get::<Option<i64>, _>("block_number") {
        None => None,
        Some(number) => Some(Receipt {
            transaction_hash: hash(row.get("hash"))?,
            block_number: unsigned(number)?,
            block_hash: hash(row.get("block_hash"))?,
            succeeded: row.get("succeeded"),
            gas_used: unsigned(row.get("gas_used"))?,
        }),
    };
    Ok(TransactionView {
        id: row.get("transaction_request_id"),
        idempotency_key: row.get("idempotency_key"),
        account: Account { chain_id: unsigned(row.get("chain_id"))?, address: address(row.get("signer"))? },
        node_id: row.get("fleet_node_id"),
        kind: row.get("kind"),
        recipient: row.get::<Option<Vec<u8>>, _>("recipient").as_deref().map(address).transpose()?,
        value_wei: row.get::<Numeric, _>("value").try_into()?,
        data: row.get("data"),
        state: row.get::<&str, _>("state").parse()?,
        last_error: row.get("last_error"),
        created_at: row.get("created_at"),
        retry_at: row.get("retry_at"),
        nonce: row.get::<Option<i64>, _>("nonce").map(unsigned).transpose()?,
        nonce_state: row.get::<Option<&str>, _>("nonce_state").map(str::parse).transpose()?,
        trouble: row.get("trouble"),
        attempts: u32::try_from(row.get::<i64, _>("attempts")).unwrap_or(u32::MAX),
        hash: row.get::<Option<Vec<u8>>, _>("hash").as_deref().map(hash).transpose()?,
        receipt,
    })
}
