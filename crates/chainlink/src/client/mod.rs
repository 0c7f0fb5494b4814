//! Client of the Chainlink node operator API.
//!
//! A node is a stranger: every answer is bounded in time and size, parsed strictly, and turned into a value or into an
//! [`Error`] that is one sentence. Nothing here decides what to do about an error.

mod answer;
mod bridge;
mod call;
mod config;
mod endpoint;
mod error;
mod health;
mod job;
mod key;
mod login;
mod login_book;
mod node;
mod page;
mod sign;
mod transfer;
mod transport;
mod user;
mod wallet;

pub use bridge::Bridge;
pub use call::NodeClient;
pub use config::{Credentials, Limits, NodeConfig};
pub use endpoint::{EndpointState, EvmEndpoint};
pub use error::{Error, ErrorKind};
pub use health::{FailingCheck, Health};
pub use job::{Job, JobError, JobRun};
pub use key::EvmKey;
pub use node::BuildInfo;
pub use transfer::{Transfer, TransferRefusal};
pub use transport::Transport;
pub use user::{ApiToken, ApiUser, NewApiUser, Role};
pub use wallet::WalletError;
