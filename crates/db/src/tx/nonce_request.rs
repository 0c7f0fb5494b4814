//! What operators ask to be done about an open nonce.

use chrono::{DateTime, Utc};
use linkpool_primitives::words;

use crate::{
    Database, Result,
    column::{row, stored_enums},
    statement::{all, args, maybe, one, run},
    tx::{Account, effects},
};

stored_enums!(NonceAction);

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

row! {
    /// A request that is not answered.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    NonceRequest {
        id = "nonce_request_id": i64,
        nonce: u64,
        action: NonceAction,
    }
}

row! {
    /// A request with its answer, for people.
    #[derive(Debug, Clone, PartialEq, Eq)]
    AnsweredNonceRequest {
        action: NonceAction,
        actor: String,
        requested_at: DateTime<Utc>,
        /// `None` until it is done or refused.
        answer: Option<String>,
    }
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
        let select = "select 1 from nonce_reservation where chain_id = $1 and signer = $2 and nonce = $3 and state in ('reserved', 'sent') for update";
        let open: Option<i32> = maybe(&mut *transaction, select, args![account, nonce]).await?;
        if open.is_none() {
            return Ok(None);
        }
        let statement = "with asked as (
                 select nonce_request_id from nonce_request
                  where chain_id = $1 and signer = $2 and nonce = $3 and action = $4 and answered_at is null
             ), added as (
                 insert into nonce_request (chain_id, signer, nonce, action, actor)
                 select $1, $2, $3, $4, $5 where not exists (select from asked) returning nonce_request_id
             )
             select nonce_request_id from asked union all select nonce_request_id from added limit 1";
        let id: i64 = one(&mut *transaction, statement, args![account, nonce, action, actor]).await?;
        run(&mut *transaction, "select pg_notify('linkpool_transaction', '')", args![]).await?;
        transaction.commit().await?;
        Ok(Some(id))
    }

    /// The requests that wait for an answer, oldest first.
    pub async fn open_nonce_requests(&self, account: &Account) -> Result<Vec<NonceRequest>> {
        let select = "select nonce_request_id, nonce, action from nonce_request
              where chain_id = $1 and signer = $2 and answered_at is null order by nonce_request_id limit 1000";
        all(&self.pool, select, args![account]).await
    }

    /// Answers a request in a sentence.
    pub async fn answer_nonce_request(&self, nonce_request_id: i64, answer: &str) -> Result<()> {
        let update =
            "update nonce_request set answered_at = now(), answer = $2 where nonce_request_id = $1 and answered_at is null";
        run(self.pool.writing(), update, args![nonce_request_id, answer]).await?;
        Ok(())
    }

    pub async fn nonce_request_answer(&self, nonce_request_id: i64) -> Result<Option<String>> {
        let select = "select answer from nonce_request where nonce_request_id = $1";
        let answer: Option<Option<String>> = maybe(&self.pool, select, args![nonce_request_id]).await?;
        Ok(answer.flatten())
    }

    /// Everything that was asked for about a transaction request's nonces.
    pub async fn nonce_requests_of(&self, request_id: i64) -> Result<Vec<AnsweredNonceRequest>> {
        let select = "select r.action, r.actor, r.requested_at, r.answer from nonce_request r
               join nonce_reservation s on (r.chain_id, r.signer, r.nonce) = (s.chain_id, s.signer, s.nonce)
              where s.transaction_request_id = $1 order by r.nonce_request_id";
        all(&self.pool, select, args![request_id]).await
    }

    /// Cancels a transaction request that has no nonce yet; false if it has one, or is settled.
    pub async fn cancel_queued(&self, request_id: i64, actor: &str) -> Result<bool> {
        let mut transaction = self.pool.begin().await?;
        let update = "update transaction_request set state = 'cancelled', last_error = $2 where transaction_request_id = $1 and state = 'queued' returning fleet_node_id, kind";
        let cancelled: Option<(Option<String>, String)> =
            maybe(&mut *transaction, update, args![request_id, format!("cancelled by {actor} before it had a nonce")]).await?;
        let Some((node_id, kind)) = cancelled else { return Ok(false) };
        effects::cancelled(&mut transaction, node_id.as_deref(), &kind).await?;
        transaction.commit().await?;
        Ok(true)
    }
}
