//! What should happen on chain, once.

use std::time::Duration;

use sqlx::AssertSqlSafe;

use crate::{
    Database, Result,
    pool::Connection,
    statement::{all, args, maybe, run},
    tx::{Account, NewTransactionRequest, TransactionRequest, effects},
};

/// The condition of the transaction requests `i` of chain `$1` and signer `$2` that may get a nonce now; only `$3`, where that is
/// given.
pub(super) fn due() -> String {
    format!(
        "chain_id = $1 and signer = $2 and state = 'queued' and (retry_at is null or retry_at <= now())
            and ($3::bigint is null or transaction_request_id = $3) and {}",
        effects::NOT_HELD_BACK
    )
}

impl Database {
    /// The transaction requests that wait for a nonce and are due, oldest first. With `only`, at most that one. A quarantined
    /// node is neither paid nor registered; what a person asks for, such as closing it, is done.
    pub async fn queued_requests(&self, account: &Account, only: Option<i64>, limit: u16) -> Result<Vec<TransactionRequest>> {
        let due = due();
        let statement = format!(
            "select transaction_request_id, kind, fleet_node_id, recipient::bytea, value, data, enough, i.attempts from transaction_request i
              where {due} order by transaction_request_id limit $4"
        );
        all(&self.pool, AssertSqlSafe(statement), args![account, only, i64::from(limit)]).await
    }

    /// What the transaction request asks for has happened already, without a transaction of ours.
    pub async fn request_already_done(&self, request: &TransactionRequest) -> Result<()> {
        let mut transaction = self.pool.begin().await?;
        let update = "update transaction_request set state = 'done', last_error = null where transaction_request_id = $1 and state = 'queued'";
        let moved = run(&mut *transaction, update, args![request.id]).await?;
        if moved == 1 {
            effects::already_done(&mut transaction, request).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// A check before sending refused the transaction request for good: nothing was sent, and nothing will be.
    pub async fn refuse_request(&self, request: &TransactionRequest, reason: &str) -> Result<()> {
        let mut transaction = self.pool.begin().await?;
        let update = "update transaction_request set state = 'refused', last_error = $2 where transaction_request_id = $1 and state = 'queued'";
        let moved = run(&mut *transaction, update, args![request.id, reason]).await?;
        if moved == 1 {
            effects::record_failure(&mut transaction, request, reason, true).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// A check before sending failed: the transaction request stays queued and is looked at again after `retry_in`.
    pub async fn defer_request(&self, request: &TransactionRequest, error: &str, retry_in: Duration) -> Result<()> {
        let mut transaction = self.pool.begin().await?;
        let update = "update transaction_request set attempts = attempts + 1, retry_at = now() + make_interval(secs => $3), last_error = $2
               from (select last_error as old from transaction_request where transaction_request_id = $1 for update) as was
              where transaction_request_id = $1 and state = 'queued' returning was.old is distinct from $2";
        let is_news: Option<bool> = maybe(&mut *transaction, update, args![request.id, error, retry_in]).await?;
        if let Some(is_news) = is_news {
            effects::record_failure(&mut transaction, request, error, is_news).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// The wallet's signature has expired before the registration got a nonce: the node goes back to be asked for another.
    pub async fn expire_registration(&self, request: &TransactionRequest, reason: &str) -> Result<()> {
        let mut transaction = self.pool.begin().await?;
        let update = "update transaction_request set state = 'failed', last_error = $2 where transaction_request_id = $1 and state = 'queued'";
        let moved = run(&mut *transaction, update, args![request.id, reason]).await?;
        if moved == 1 {
            effects::expired(&mut transaction, request, reason).await?;
        }
        Ok(transaction.commit().await?)
    }
}

/// Records a transaction request for a node, unless one of its kind is under way. Its key carries how many there were before: how
/// many of them failed would not do, because a reorg can bring a failed one back to life.
///
/// The caller holds the node's row, so that two callers can't both find none.
pub(crate) async fn enqueue(
    connection: &mut Connection,
    account: &Account,
    node_id: &str,
    request: &NewTransactionRequest,
) -> Result<()> {
    let insert =
        "insert into transaction_request (idempotency_key, chain_id, signer, fleet_node_id, kind, recipient, value, data, enough)
         select $4 || '/' || $3 || '/' || count(*), $1, $2, $3, $4, $5, $6, $7, $8
           from transaction_request where fleet_node_id = $3 and kind = $4
         having count(*) filter (where state in ('queued', 'assigned')) = 0";
    run(
        connection,
        insert,
        args![account, node_id, request.kind, request.recipient, request.value_wei, request.data, request.enough_wei],
    )
    .await?;
    Ok(())
}
