//! Sending from one signer: the door to the durable path for whoever has a transaction to send.
//!
//! ```no_run
//! # async fn example(sender: linkpool_tx_manager::Sender, pool: alloy::primitives::Address, data: Vec<u8>) -> linkpool_tx_manager::Result<()> {
//! use linkpool_tx_manager::{IntentKind, NewIntent, Outcome, Until};
//! # let shutdown = tokio_util::sync::CancellationToken::new();
//! let close = NewIntent::call(IntentKind::Close, pool, data);
//! match sender.send("close node 0xAb… 2026-11-22", &close, Until::Mined, &shutdown).await? {
//!     Outcome::Mined(mined) => println!("in block {}", mined.block_number),
//!     Outcome::Refused { reason } => println!("{reason}"),
//!     other => println!("{other:?}"),
//! }
//! # Ok(())
//! # }
//! ```

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use linkpool_chain::Chain;
use linkpool_db::{
    Database,
    tx::{Account, NewIntent, SlotAction, Submitted},
};
use linkpool_health::Complaint;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::{
    Assigns, Error, FailPoints, Outcome, Plain, Preflight, Result, Signer, TransactionConfig, Transactor, Until, WakeUp, Wish,
};

/// A signer, and everything that its transactions need. Cheap to clone.
///
/// Whoever uses it may be killed at any moment and started again with the same idempotency key: the transaction goes on where it
/// was, and is never sent twice. That holds for several processes at once, too: one of them, the holder of the signer's lease,
/// gives out nonces; the others wait for it, and take over when it dies.
#[derive(Debug, Clone)]
pub struct Sender {
    pub(crate) config: Arc<TransactionConfig>,
    pub(crate) database: Database,
    pub(crate) chain: Chain,
    pub(crate) signer: Arc<dyn Signer>,
    pub(crate) account: Account,
    pub(crate) preflight: Arc<dyn Preflight>,
    pub(crate) failpoints: FailPoints,
}

/// How often a command says what it waits for.
const SAID_EVERY: Duration = Duration::from_secs(10);

/// What is waited for.
#[derive(Debug, Clone, Copy)]
enum Goal {
    Settled { intent_id: i64, until: Until },
    Answered { request: i64 },
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
        let Goal::Settled { intent_id, .. } = goal else { return };
        if self.said.elapsed() < SAID_EVERY {
            return;
        }
        self.said = Instant::now();
        let Ok(Some(status)) = database.intent_status(intent_id).await else { return };
        let (state, reason) = (status.state.as_str(), status.last_error.unwrap_or_default());
        tracing::info!(state, reason, seconds = self.since.elapsed().as_secs(), "waiting for the transaction");
    }
}

impl Sender {
    /// Opens nothing and sends nothing. What a check refuses is refused at once, as for people ([`Plain`]).
    pub fn new(config: TransactionConfig, database: Database, chain: Chain, signer: Arc<dyn Signer>) -> Self {
        let account = Account { chain_id: chain.chain_id(), address: signer.address() };
        let (config, preflight) = (Arc::new(config), Arc::new(Plain));
        Self { config, database, chain, signer, account, preflight, failpoints: FailPoints::default() }
    }

    /// The same, with rules of its own for what is sent.
    #[must_use]
    pub fn with_preflight(self, preflight: impl Preflight + 'static) -> Self {
        Self { preflight: Arc::new(preflight), ..self }
    }

    /// The same, stopping at fail points.
    #[must_use]
    pub fn with_failpoints(self, failpoints: FailPoints) -> Self {
        Self { failpoints, ..self }
    }

    pub fn account(&self) -> Account {
        self.account
    }

    /// Hands in a transaction under `key` and returns its number. It is committed when this returns, and sent when somebody
    /// drives the signer: a role that runs, or [`Sender::drive`]. The same key with the same request is the same transaction; one
    /// that was refused before anything was sent is tried again.
    ///
    /// # Errors
    /// [`Error::OtherRequest`] where the key stands for another request, [`Error::Key`] where it is empty or longer than 200
    /// bytes, and those of database and chain.
    pub async fn submit(&self, key: &str, intent: &NewIntent) -> Result<i64> {
        // An account that was never used here starts at the chain's nonce.
        let nonce = self.chain.nonce(self.account.address).await?;
        self.database.signer_nonce(&self.account, nonce).await?;
        match self.database.submit_intent(&self.account, key, intent).await? {
            Submitted::Intent(id) => Ok(id),
            Submitted::OtherRequest => Err(Error::OtherRequest { key: key.to_owned() }),
            Submitted::BadKey => Err(Error::Key),
        }
    }

    /// Has a transaction settled, and tells how it ended. While another process drives the signer this only waits for it; else
    /// this process does so itself: it looks after every nonce that is open, because they are mined in order, and gives a nonce
    /// to no other transaction than this one.
    ///
    /// Returns [`Outcome::Unfinished`] soon after `shutdown`. A chain that is away is waited for.
    ///
    /// # Errors
    /// Only those that no waiting mends.
    pub async fn drive(&self, intent_id: i64, until: Until, shutdown: &CancellationToken) -> Result<Outcome> {
        match self.work(Assigns::Only(intent_id), Goal::Settled { intent_id, until }, shutdown).await? {
            Some(Reached::Outcome(outcome)) => Ok(outcome),
            Some(Reached::Answer(_)) | None => {
                let status = self.database.intent_status(intent_id).await?;
                status.map(Outcome::unfinished).ok_or(Error::UnknownIntent { id: intent_id })
            }
        }
    }

    /// [`Sender::submit`], then [`Sender::drive`].
    ///
    /// # Errors
    /// Those of both.
    pub async fn send(&self, key: &str, intent: &NewIntent, until: Until, shutdown: &CancellationToken) -> Result<Outcome> {
        let id = self.submit(key, intent).await?;
        self.drive(id, until, shutdown).await
    }

    /// Asks for something about an open nonce and waits until it is done, by the role that drives the signer or by this process.
    /// The answer is a sentence; `None` if `shutdown` came first, and then it is still asked for.
    ///
    /// # Errors
    /// [`Error::NotOpen`] where the nonce is mined, or was never given out.
    pub async fn request(
        &self,
        nonce: u64,
        action: SlotAction,
        actor: &str,
        shutdown: &CancellationToken,
    ) -> Result<Option<String>> {
        let asked = self.database.request_slot(&self.account, nonce, action, actor).await?;
        let request = asked.ok_or(Error::NotOpen { nonce })?;
        match self.work(Assigns::Nothing, Goal::Answered { request }, shutdown).await? {
            Some(Reached::Answer(answer)) => Ok(Some(answer)),
            Some(Reached::Outcome(_)) | None => Ok(None),
        }
    }

    async fn reached(&self, goal: Goal) -> Result<Option<Reached>> {
        match goal {
            Goal::Settled { intent_id, until } => {
                let status = self.database.intent_status(intent_id).await?;
                let outcome = status.and_then(|status| Outcome::of(self.account.address, status, until));
                Ok(outcome.map(Reached::Outcome))
            }
            Goal::Answered { request } => Ok(self.database.request_answer(request).await?.map(Reached::Answer)),
        }
    }

    /// Drives the signer until the goal is reached, or shutdown.
    async fn work(&self, assigns: Assigns, goal: Goal, shutdown: &CancellationToken) -> Result<Option<Reached>> {
        let (mut listening, mut complaint) = (WakeUp::default(), Complaint::default());
        let mut transactor = Transactor::new(self.clone(), assigns);
        let (mut waiting, mut wish) = (Waiting::default(), Wish { hurry: true, ..Wish::default() });
        let found = loop {
            if let Some(found) = self.reached(goal).await? {
                break Some(found);
            }
            waiting.say(&self.database, goal).await;
            listening.connect(&self.database).await;
            // Cut off between two steps is what a kill would be.
            let turn = tokio::select! { () = shutdown.cancelled() => break None, turn = transactor.turn(wish) => turn };
            match turn {
                Ok(_) => complaint.over(),
                Err(error) if error.is_transient() => complaint.warn(&error, "the transaction is waited for"),
                Err(error) => {
                    transactor.release().await;
                    return Err(error);
                }
            }
            if let Some(found) = self.reached(goal).await? {
                break Some(found);
            }
            wish.woken = tokio::select! {
                () = shutdown.cancelled() => break None,
                () = sleep(transactor.pause()) => false,
                () = listening.next() => true,
            };
        };
        transactor.release().await;
        Ok(found)
    }
}
