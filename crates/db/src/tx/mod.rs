//! Transactions that must reach the chain once: transaction request, nonce reservation, attempt, receipt; and what they do for a
//! node.
//!
//! Locks are always taken in the order lease, signer, reservation, transaction request, node. What is done for a node is in
//! `effects` alone.

mod attempt;
mod effects;
mod kind;
mod limits;
mod model;
mod nonce_request;
mod plan;
mod receipt;
mod request;
mod reservation;
mod reserve;
mod signer;
mod submit;
mod view;
mod work;

pub use attempt::{AddAttempt, Added};
pub use kind::TransactionKind;
pub use limits::{FeesPerDay, Limited, Limits};
pub use linkpool_primitives::Receipt;
pub use model::{Account, Attempt, NewTransactionRequest, NonceReservation, NonceState, RequestState, TransactionRequest};
pub use nonce_request::{AnsweredNonceRequest, NonceAction, NonceRequest};
pub(crate) use request::enqueue;
pub use reserve::{Assignment, Reserve};
pub use signer::{Resync, SignerState};
pub use submit::{RequestStatus, Submitted};
pub use view::{AttemptView, TransactionFilter, TransactionView};
pub use work::Work;
