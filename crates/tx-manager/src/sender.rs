//! Sending from one signer: the door to the durable path for whoever has a transaction to send.
//!
//! ```no_run
//! # async fn example(sender: linkpool_tx_manager::Sender, pool: alloy::primitives::Address, data: Vec<u8>) -> linkpool_tx_manager::Result<()> {
//! use linkpool_tx_manager::{TransactionKind, NewTransactionRequest, Outcome, Until};
//! # let shutdown = tokio_util::sync::CancellationToken::new();
//! let close = NewTransactionRequest::call(TransactionKind::Close, pool, data);
//! match sender.send("close node 0xAb… 2026-11-22", &close, Until::Mined, &shutdown).await? {
//!     Outcome::Mined(mined) => println!("in block {}", mined.block_number),
//!     Outcome::Refused { reason } => println!("{reason}"),
//!     other => println!("{other:?}"),
//! }
//! # Ok(())
//! # }
//! ```

use std::sync::Arc;

use linkpool_chain::Chain;
use linkpool_db::{
    Database,
    tx::{Account, NewTransactionRequest, Submitted},
};

use crate::{Error, FailPoints, Plain, Preflight, Result, Signer, TransactionConfig};

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
    pub async fn submit(&self, key: &str, request: &NewTransactionRequest) -> Result<i64> {
        // An account that was never used here starts at the chain's nonce.
        let nonce = self.chain.nonce(self.account.address).await?;
        self.database.signer_nonce(&self.account, nonce).await?;
        match self.database.submit_request(&self.account, key, request).await? {
            Submitted::Accepted(id) => Ok(id),
            Submitted::OtherRequest => Err(Error::OtherRequest { key: key.to_owned() }),
            Submitted::BadKey => Err(Error::Key),
        }
    }
}
