//! What operators ask to be done about an open nonce.

use chrono::{DateTime, Utc};
use linkpool_primitives::words;
use sqlx::Row;

use crate::{
    Database, Result,
    convert::unsigned,
    tx::{Account, effects},
};

words! {
    /// What shall be done about a nonce.
    pub enum NonceAction {
        /// Sign one that pays more, however often that was done.
        Bump = "bump",
        /// Use the nonce up for nothing, if that is still possible.
        Cancel = "cancel",
        /// Send the last bytes again, now.
        Resend = "resend",
    }
}

/// A request that is not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NonceRequest {
    pub id: i64,
    pub nonce: u64,
    pub action: NonceAction,
}

/// A request with its answer, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnsweredNonceRequest {
    pub action: NonceAction,
    pub actor: String,
    pub requested_at: DateTime<Utc>,
    /// `None` until it is done or refused.
    pub answer: Option<String>,
}

impl Database {
    /// Asks for something about an open nonce; `None` if the nonce is not open. The same request is asked only once at a time.
    pub async fn request_nonce_action(
        &self,
        account: &Account,
        nonce: u64,
        action: NonceAction,
        actor: &str,
    ) -> Result<Option<i64>> {
        let mut transaction = self.pool.begin().await?;
        let open: Option<(i32,)> = sqlx::query_as(
            "select 1 from nonce_reservation where chain_id = $1 and signer = $2 and nonce = $3 and state in ('reserved', 'sent') for update",
        )
        .bind(account.chain())
        .bind(account.address.as_slice())
        .bind(nonce as i64)
        .fetch_optional(&mut *transaction)
        .await?;
        if open.is_none() {
            return Ok(None);
        }
        let id: i64 = sqlx::query_scalar(
            "with asked as (
                 select nonce_request_id from nonce_request
                  where chain_id = $1 and signer = $2 and nonce = $3 and action = $4 and answered_at is null
             ), added as (
                 insert into nonce_request (chain_id, signer, nonce, action, actor)
                 select $1, $2, $3, $4, $5 where not exists (select from asked) returning nonce_request_id
             )
             select nonce_request_id from asked union all select nonce_request_id from added limit 1",
        )
        .bind(account.chain())
        .bind(account.address.as_slice())
        .bind(nonce as i64)
        .bind(action.as_str())
        .bind(actor)
        .fetch_one(&mut *transaction)
        .await?;
        sqlx::query("select pg_notify('linkpool_transaction', '')").execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(Some(id))
    }

    /// The requests that wait for an answer, oldest first.
    pub async fn open_nonce_requests(&self, account: &Account) -> Result<Vec<NonceRequest>> {
        let rows = sqlx::query(
            "select nonce_request_id, nonce, action from nonce_request
              where chain_id = $1 and signer = $2 and answered_at is null order by nonce_request_id limit 1000",
        )
        .bind(account.chain())
        .bind(account.address.as_slice())
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| Ok(NonceRequest { id: row.get(0), nonce: unsigned(row.get(1))?, action: row.get::<&str, _>(2).parse()? }))
            .collect()
    }

    /// Answers a request in a sentence.
    pub async fn answer_nonce_request(&self, nonce_request_id: i64, answer: &str) -> Result<()> {
        sqlx::query(
            "update nonce_request set answered_at = now(), answer = $2 where nonce_request_id = $1 and answered_at is null",
        )
        .bind(nonce_request_id)
        .bind(answer)
        .execute(self.pool.writing())
        .await?;
        Ok(())
    }

    /// The answer to a request, if there is one.
    pub async fn nonce_request_answer(&self, nonce_request_id: i64) -> Result<Option<String>> {
        let answer: Option<Option<String>> = sqlx::query_scalar("select answer from nonce_request where nonce_request_id = $1")
            .bind(nonce_request_id)
            .fetch_optional(&self.pool)
            .await?;
        Ok(answer.flatten())
    }

    /// Everything that was asked for about a transaction request's nonces.
    pub async fn nonce_requests_of(&self, request_id: i64) -> Result<Vec<AnsweredNonceRequest>> {
        let rows = sqlx::query(
            "select r.action, r.actor, r.requested_at, r.answer from nonce_request r
               join nonce_reservation s on (r.chain_id, r.signer, r.nonce) = (s.chain_id, s.signer, s.nonce)
              where s.transaction_request_id = $1 order by r.nonce_request_id",
        )
        .bind(request_id)
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(AnsweredNonceRequest {
                    action: row.get::<&str, _>(0).parse()?,
                    actor: row.get(1),
                    requested_at: row.get(2),
                    answer: row.get(3),
                })
            })
            .collect()
    }

    /// Cancels a transaction request that has no nonce yet; false if it has one, or is settled.
    pub async fn cancel_queued(&self, request_id: i64, actor: &str) -> Result<bool> {
        let mut transaction = self.pool.begin().await?;
        let cancelled: Option<(Option<String>, String)> = sqlx::query_as(
            "update transaction_request set state = 'cancelled', last_error = $2 where transaction_request_id = $1 and state = 'queued' returning fleet_node_id, kind",
        )
        .bind(request_id)
        .bind(format!("cancelled by {actor} before it had a nonce"))
        .fetch_optional(&mut *transaction)
        .await?;
        let Some((node_id, kind)) = cancelled else { return Ok(false) };
        effects::cancelled(&mut transaction, node_id.as_deref(), &kind).await?;
        transaction.commit().await?;
        Ok(true)
    }
}
