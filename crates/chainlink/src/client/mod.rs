//! Client of the Chainlink node operator API.
//!
//! A node is a stranger: every answer is bounded in time and size, parsed strictly, and turned into a value or into an
//! [`Error`] that is one sentence. Nothing here decides what to do about an error.

mod answer;
mod config;
mod error;
mod health;
mod key;
mod login;
mod login_book;
mod node;
mod transfer;
mod transport;
mod wallet;

pub use config::{Credentials, Limits, NodeConfig};
pub use error::{Error, ErrorKind};
pub use health::{FailingCheck, Health};
pub use key::EvmKey;
pub use node::{ApiToken, NodeClient};
pub use transfer::Transfer;
pub use transport::Transport;
pub use wallet::WalletError;
