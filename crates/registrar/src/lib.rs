//! Puts the pool's nodes on chain: finds their wallets, has them proven, funds and registers them, each once.
//!
//! - [`run`] is the role. It may be killed anywhere and run twice at once.
//! - `discover` talks to the nodes: wallet, proof of possession. A slow or hostile node holds up only itself.
//! - `preflight` knows what a node's transactions are checked against before they are sent; `linkpool_tx_manager` sends them.
//! - `listing` watches the nodes that somebody else runs: those of the settings, and a directory with a file each.
//! - `maintenance` keeps the duties that have their time: that list, wallets that run low, operators' requests, and the audit of all nodes
//!   against the contract.
//! - `outlook` asks what a new node would take now, before there is one.
//! - `reconcile` compares with the contract: a node is open when the contract *and* the indexer have it.

mod audit;
mod config;
mod context;
mod credentials;
mod discover;
mod error;
pub mod failpoint;
mod guard_terms;
mod listing;
mod maintenance;
mod on_chain_role;
mod outlook;
mod preflight;
mod reconcile;
mod request;
mod role;
mod top_up;

pub use config::{Funding, RegistrarConfig};
pub use credentials::{of_replica as replica_credentials, read as read_credentials};
pub use error::{Error, Result};
pub use listing::{ListedNode, Listing, NodeAddress, is_name, listed_files};
pub use outlook::Outlook;
pub use role::{run, run_with_failpoints};
