//! The chain as LinkPool sees it: checked headers, canonical logs, plain errors. The only crate that holds a provider.
//!
//! One [`Chain`] stands before several [`Endpoint`]s. A request goes to the healthiest and on to the next where another may know
//! better; an endpoint that contradicts itself or others is named and left alone for a while ([`Chain::endpoints`]). What is asked
//! of whom, and what a quorum covers, is in `docs/decisions`.

mod addresses;
#[cfg(feature = "dev")]
mod anvil;
mod ask;
mod batch_limit;
mod body;
mod broadcast;
mod call;
mod chain;
mod checked;
mod classify;
mod creation;
mod endpoint;
mod error;
mod fees;
mod head_subscription;
mod header;
mod health;
mod log;
mod logs;
mod looks;
mod market;
mod offers;
mod peer;
mod quorum;
mod rpc;
mod send_answer;
mod side_by_side;
mod slot_clock;
mod sorted_logs;
mod state;
mod transactions;
mod wire;

pub use addresses::{Addresses, MAX_ADDRESSES};
pub use broadcast::Sent;
pub use chain::{Chain, Policy};
pub use checked::{Checked, Heads};
pub use creation::{Creation, Pretended, Pretending};
pub use endpoint::Endpoint;
pub use error::{Error, Result};
pub use fees::Fee;
pub use head_subscription::{HeadSubscription, Wake};
pub use header::Told;
pub use health::EndpointStatus;
pub use linkpool_primitives::{EndpointState, Receipt};
pub use log::{Log, LogPosition};
pub use logs::{Blocks, Range};
pub use looks::Looks;
pub use market::Market;
pub use offers::{Need, Offer};
pub use peer::EndpointName;
pub use send_answer::SendAnswer;
pub use transactions::{Draft, Payment};
