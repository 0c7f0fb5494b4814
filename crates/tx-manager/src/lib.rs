//! Transactions that must reach the chain once: from one account, by whoever has one to send, whatever breaks meanwhile.
//!
//! - [`Sender`] is the door: it takes a transaction under a key of the caller's, and has it settled.
//! - `manager` talks to the chain: request, nonce, attempt, receipt. What makes it safe is in the database: the nonce is taken in the
//!   transaction that reserves it, and only bytes that are committed are sent.
//! - [`Preflight`] is the rules of whoever hands transactions in: what they are checked against before they get a nonce.
//! - [`fee`] says what is offered for gas; [`Signer`] is the key, and [`keystore`] the file that it comes from.

mod config;
mod drive;
mod error;
pub mod failpoint;
pub mod fee;
pub mod keystore;
mod manager;
mod outcome;
mod preflight;
mod sender;
mod signer;
mod term;
mod wake_up;

pub use config::{FeeCaps, TransactionConfig};
pub use error::{Error, Result};
pub use failpoint::FailPoints;
pub use linkpool_db::tx::{Account, FeesPerDay, Limits, NewTransactionRequest, NonceAction, TransactionKind, TransactionRequest};
pub use manager::{Assigns, Role, TxManager, Urgency, run};
pub use outcome::{Mined, Outcome, Until};
pub use preflight::{Plain, Preflight, Verdict, deferred, said, with_margin};
pub use sender::Sender;
pub use signer::{LocalSigner, Signer, SignerError};
pub use term::Term;
pub use wake_up::WakeUp;
