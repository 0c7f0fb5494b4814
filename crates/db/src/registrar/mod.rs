//! Transactions that must reach the chain once: intent, nonce slot, attempt, inclusion; and what they do for a node.
//!
//! Locks are always taken in the order signer, slot, intent, node.

mod attempt;
mod inclusion;
mod intent;
mod node;
mod signer;
mod slot;

pub use attempt::{Attempt, NewAttempt};
pub use inclusion::Inclusion;
pub use intent::{Intent, IntentKind, NewIntent};
pub use node::{Consent, WalletOutcome};
pub use signer::Account;
pub use slot::{Assignment, Reserve, Slot, SlotState};
