//! Transactions as people look at them.

use chrono::{DateTime, Utc};
use linkpool_primitives::{Address, B256};
use sqlx::postgres::PgRow;

use crate::{
    Database, Result,
    column::{Record, Take, row},
    statement::{all, args, maybe},
    tx::{Account, NonceState, Receipt, RequestState, model::receipt},
};

/// Most transactions listed at once.
const MAX_LISTED: u16 = 1_000;

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

row! {
    /// One signed transaction of a nonce. Its bytes are left out: whoever has them can send it.
    #[derive(Debug, Clone, PartialEq, Eq)]
    AttemptView {
        hash: B256,
        number = "attempt_number": u32,
        gas_limit: u64,
        max_fee_wei = "max_fee": u128,
        tip_wei = "tip": u128,
        cancels: bool,
        sends: u32,
        sent_block: Option<u64>,
        last_answer: Option<String>,
        included: bool,
    }
}

/// The columns that [`TransactionView`] wants; what `where` says follows.
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
        let select = concat!(
            view!(),
            " where ($1::bigint is null or (i.chain_id = $1 and i.signer = $2))
                and (not $3 or i.state in ('queued', 'assigned') or s.state in ('reserved', 'sent'))
                and ($4::text is null or i.fleet_node_id = $4)
              order by i.transaction_request_id desc limit $5"
        );
        let account = filter.account;
        let (chain, signer) = (account.map(|account| account.chain_id), account.map(|account| account.address));
        let limit = i64::from(filter.limit.min(MAX_LISTED));
        all(&self.pool, select, args![chain, signer, filter.open, filter.node_id, limit]).await
    }

    pub async fn transaction(&self, request_id: i64) -> Result<Option<TransactionView>> {
        maybe(&self.pool, concat!(view!(), " where i.transaction_request_id = $1"), args![request_id]).await
    }

    /// The transaction request that an attempt's hash or an idempotency key belongs to.
    pub async fn find_transaction(&self, word: &str) -> Result<Option<i64>> {
        let hash: Option<B256> = word.parse().ok();
        let select = "select transaction_request_id from transaction_request where idempotency_key = $1
             union all
             select s.transaction_request_id from attempt a join nonce_reservation s on (a.chain_id, a.signer, a.nonce) = (s.chain_id, s.signer, s.nonce)
              where a.hash = $2::bytea
             limit 1";
        maybe(&self.pool, select, args![word, hash]).await
    }

    /// A transaction request that is not done, or no more, among those whose idempotency keys begin so.
    pub async fn find_open_transaction(&self, beginning: &str) -> Result<Option<i64>> {
        let select = "select transaction_request_id from transaction_request
              where state in ('queued', 'assigned') and starts_with(idempotency_key, $1) limit 1";
        maybe(&self.pool, select, args![beginning]).await
    }

    /// Everything that was signed for a transaction request, in the order of signing; also for a nonce that somebody else used.
    pub async fn attempts_of(&self, request_id: i64) -> Result<Vec<(u64, AttemptView)>> {
        let select = "select a.nonce, a.hash::bytea, attempt_number, coalesce(a.gas_limit, s.gas_limit) as gas_limit, max_fee, tip, cancels, sends, sent_block,
                    last_answer, exists (select from receipt c where c.hash = a.hash) as included
               from attempt a join nonce_reservation s on (a.chain_id, a.signer, a.nonce) = (s.chain_id, s.signer, s.nonce)
              where s.transaction_request_id = $1 order by a.nonce, attempt_number";
        all(&self.pool, select, args![request_id]).await
    }
}

impl Record for (u64, AttemptView) {
    fn read(row: &PgRow) -> Result<Self> {
        Ok((row.take("nonce")?, Record::read(row)?))
    }
}

impl Record for TransactionView {
    fn read(row: &PgRow) -> Result<Self> {
        Ok(Self {
            id: row.take("transaction_request_id")?,
            idempotency_key: row.take("idempotency_key")?,
            account: Account { chain_id: row.take("chain_id")?, address: row.take("signer")? },
            node_id: row.take("fleet_node_id")?,
            kind: row.take("kind")?,
            recipient: row.take("recipient")?,
            value_wei: row.take("value")?,
            data: row.take("data")?,
            state: row.take("state")?,
            last_error: row.take("last_error")?,
            created_at: row.take("created_at")?,
            retry_at: row.take("retry_at")?,
            nonce: row.take("nonce")?,
            nonce_state: row.take("nonce_state")?,
            trouble: row.take("trouble")?,
            attempts: row.take("attempts")?,
            hash: row.take("hash")?,
            receipt: receipt(row)?,
        })
    }
}
