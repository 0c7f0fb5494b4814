//! Puts the pool's nodes on chain: finds their wallets, has them proven, funds and registers them, each once.
//!
//! - [`run`] is the role. It may be killed anywhere and run twice at once.
//! - `discover` talks to the nodes: wallet, proof of possession. A slow or hostile node holds up only itself.
//! - `transact` talks to the chain: intent, nonce slot, attempt, inclusion. What makes it safe is in the database:
//!   the nonce is taken in the transaction that makes its slot, and only bytes that are committed are sent.
//! - `settle` compares with the contract: a node is open when the contract *and* the indexer have it.

mod complaint;
mod config;
mod context;
mod credentials;
mod discover;
mod error;
mod failpoint;
mod fee;
mod role;
mod settle;
mod signer;
mod transact;

pub use config::{FeeCaps, Funding, RegistrarConfig};
pub use error::{Error, Result};
pub use failpoint::{FailPoint, FailPoints};
pub use role::run;
#[cfg(feature = "failpoints")]
pub use role::run_with_failpoints;
pub use signer::{LocalSigner, Signer, SignerError};
