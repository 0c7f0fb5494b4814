//! Having a transaction settled: by this process, or by the one that drives its signer.

use std::time::{Duration, Instant};

use linkpool_db::{
    Database,
    tx::{NewTransactionRequest, NonceAction},
};
use linkpool_health::DeduplicatedLog;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::{Assigns, Error, Outcome, Result, Sender, TxManager, Until, Urgency, WakeUp};

/// How often a command says what it waits for.
const REMINDER_INTERVAL: Duration = Duration::from_secs(10);

/// What is waited for.
#[derive(Debug, Clone, Copy)]
enum Goal {
    Settled { request_id: i64, until: Until },
    Answered { operator_request: i64 },
}

#[derive(Debug)]
enum Reached {
    Outcome(Outcome),
    Answer(String),
}

/// Says what is waited for, to whoever watches a command: not at once, because most transactions take a block, and then every so often.
#[derive(Debug)]
struct Waiting {
    since: Instant,
    said: Instant,
}

impl Default for Waiting {
    fn default() -> Self {
        let now = Instant::now();
        Self { since: now, said: now }
    }
}

impl Waiting {
    async fn say(&mut self, database: &Database, goal: Goal) {
        let Goal::Settled { request_id, .. } = goal else { return };
        if self.said.elapsed() < REMINDER_INTERVAL {
            return;
        }
        self.said = Instant::now();
        let Ok(Some(status)) = database.request_status(request_id).await else { return };
        let (state, reason) = (status.state.as_str(), status.last_error.unwrap_or_default());
        tracing::info!(state, reason, seconds = self.since.elapsed().as_secs(), "waiting for the transaction");
    }
}

impl Sender {
    /// Has a transaction settled, and tells how it ended. While another process drives the signer this only waits for it; else
    /// this process does so itself: it looks after every nonce that is open, because they are mined in order, and gives a nonce
    /// to no other transaction than this one.
    ///
    /// Returns [`Outcome::Unfinished`] soon after `shutdown`. A chain that is unreachable is waited for.
    ///
    /// # Errors
    /// Only those that no waiting mends.
    pub async fn drive(&self, request_id: i64, until: Until, shutdown: &CancellationToken) -> Result<Outcome> {
        match self.work(Assigns::Only(request_id), Goal::Settled { request_id, until }, shutdown).await? {
            Some(Reached::Outcome(outcome)) => Ok(outcome),
            Some(Reached::Answer(_)) | None => {
                let status = self.database.request_status(request_id).await?;
                status.map(Outcome::unfinished).ok_or(Error::UnknownRequest { id: request_id })
            }
        }
    }

    /// [`Sender::submit`], then [`Sender::drive`].
    pub async fn send(
        &self,
        key: &str,
        request: &NewTransactionRequest,
        until: Until,
        shutdown: &CancellationToken,
    ) -> Result<Outcome> {
        let id = self.submit(key, request).await?;
        self.drive(id, until, shutdown).await
    }

    /// Asks for something about an open nonce and waits until it is done, by the role that drives the signer or by this process.
    /// The answer is a sentence; `None` if `shutdown` came first, and then it is still asked for.
    ///
    /// # Errors
    /// [`Error::NotOpen`] where the nonce is mined, or was never given out.
    pub async fn request_nonce_action(
        &self,
        nonce: u64,
        action: NonceAction,
        actor: &str,
        shutdown: &CancellationToken,
    ) -> Result<Option<String>> {
        let asked = self.database.request_nonce_action(&self.account, nonce, action, actor).await?;
        let operator_request = asked.ok_or(Error::NotOpen { nonce })?;
        match self.work(Assigns::Nothing, Goal::Answered { operator_request }, shutdown).await? {
            Some(Reached::Answer(answer)) => Ok(Some(answer)),
            Some(Reached::Outcome(_)) | None => Ok(None),
        }
    }

    async fn reached(&self, goal: Goal) -> Result<Option<Reached>> {
        match goal {
            Goal::Settled { request_id, until } => {
                let status = self.database.request_status(request_id).await?;
                let outcome = status.and_then(|status| Outcome::of(self.account.address, status, until));
                Ok(outcome.map(Reached::Outcome))
            }
            Goal::Answered { operator_request } => {
                Ok(self.database.nonce_request_answer(operator_request).await?.map(Reached::Answer))
            }
        }
    }

    /// Drives the signer until the goal is reached, or shutdown.
    async fn work(&self, assigns: Assigns, goal: Goal, shutdown: &CancellationToken) -> Result<Option<Reached>> {
        let (mut listening, mut warnings) = (WakeUp::default(), DeduplicatedLog::default());
        let mut manager = TxManager::new(self.clone(), assigns);
        let (mut waiting, mut urgency) = (Waiting::default(), Urgency { hurry: true, ..Urgency::default() });
        let found = loop {
            if let Some(found) = self.reached(goal).await? {
                break Some(found);
            }
            waiting.say(&self.database, goal).await;
            listening.connect(&self.database).await;
            // Cut off between two steps is what a kill would be.
            let ticked = tokio::select! { () = shutdown.cancelled() => break None, ticked = manager.tick(urgency) => ticked };
            match ticked {
                Ok(_) => warnings.over(),
                Err(error) if error.is_transient() => warnings.warn(&error, "the transaction is waited for"),
                Err(error) => {
                    manager.release().await;
                    return Err(error);
                }
            }
            if let Some(found) = self.reached(goal).await? {
                break Some(found);
            }
            urgency.woken = tokio::select! {
                () = shutdown.cancelled() => break None,
                () = sleep(manager.pause()) => false,
                () = listening.next() => true,
            };
        };
        manager.release().await;
        Ok(found)
    }
}
