//! Puts the pool's nodes on chain: finds their wallets, has them proven, funds and registers them, each once.
//!
//! - [`run`] is the role. It may be killed anywhere and run twice at once.
//! - `discover` talks to the nodes: wallet, proof of possession. A slow or hostile node holds up only itself.
//! - `transact` talks to the chain: intent, nonce slot, attempt, inclusion. What makes it safe is in the database:
//!   the nonce is taken in the transaction that makes its slot, and only bytes that are committed are sent. Operators' commands
//!   and other roles send on the same path, through [`Sender`].
//! - `duty` knows what each kind of transaction needs before it is sent.
//! - `listing` watches the nodes that somebody else runs: those of the settings, and a directory with a file each.
//! - `upkeep` keeps the duties that have their time: that list, wallets that run low, operators' wishes, and the audit of all nodes
//!   against the contract.
//! - `outlook` asks what a new node would take now, before there is one.
//! - `settle` compares with the contract: a node is open when the contract *and* the indexer have it.

mod audit;
mod config;
mod context;
mod credentials;
mod discover;
mod duty;
mod error;
mod failpoint;
mod fee;
pub mod keystore;
mod listing;
mod on_chain_role;
mod outlook;
mod request;
mod role;
mod settle;
mod signer;
mod top_up;
mod transact;
mod upkeep;

pub use config::{Funding, RegistrarConfig};
pub use credentials::{of_replica as replica_credentials, read as read_credentials};
pub use error::{Error, Result};
pub use failpoint::{FailPoint, FailPoints};
pub use linkpool_db::registrar::{Account, FeesPerDay, IntentKind, Limits, NewIntent, SlotAction};
pub use listing::{ListedNode, Listing, Place, is_name, listed_files};
pub use outlook::Outlook;
pub use role::run;
#[cfg(feature = "failpoints")]
pub use role::run_with_failpoints;
pub use signer::{LocalSigner, Signer, SignerError};
pub use transact::{FeeCaps, Mined, Outcome, Sender, TransactionConfig, Until};
