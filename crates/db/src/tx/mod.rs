//! Transactions that must reach the chain once: intent, nonce slot, attempt, inclusion; and what they do for a node.
//!
//! Locks are always taken in the order lease, signer, slot, intent, node. What is done for a node is in `effects` alone.

mod attempt;
mod budget;
mod effects;
mod inclusion;
mod intent;
mod kind;
mod limits;
mod request;
mod reserve;
mod signer;
mod slot;
mod submit;
mod view;
mod work;

pub use attempt::{AddAttempt, Added, Attempt, NewAttempt};
pub use budget::FeesPerDay;
pub use inclusion::Inclusion;
pub(crate) use intent::enqueue;
pub use intent::{Intent, NewIntent};
pub use kind::IntentKind;
pub use limits::{Limited, Limits};
pub use request::{AnsweredRequest, SlotAction, SlotRequest};
pub use reserve::{Assignment, Reserve};
pub use signer::{Account, Resync, SignerState};
pub use slot::{Slot, SlotState};
pub use submit::{IntentState, IntentStatus, Submitted};
pub use view::{AttemptView, TransactionFilter, TransactionView};
pub use work::Work;
