//! The nodes that the pool wants: who asked for them, how far each is, and what was last seen of its replicas.

mod audit;
mod event;
mod figures;
mod funding;
mod health;
mod login;
mod lost;
mod node;
mod phase;
mod registration;
mod replica;
mod request;
mod scale;
mod source;
mod transfer_proof;
mod transition;
mod wake;

pub use audit::{Audit, Finding};
pub use event::FleetEvent;
pub use figures::FleetFigures;
pub(crate) use funding::fund;
pub use funding::{Funded, FundingBounds, FundingPerDay};
pub use health::Health;
pub use node::FleetNode;
pub(crate) use node::fleet_nodes;
pub use phase::Phase;
pub use registration::{Consent, WalletOutcome};
pub use replica::{Replica, ReplicaState};
pub use request::{NodeAction, NodeRequest, Wish, WishOutcome};
pub use scale::{MAX_NODES_PER_CALL, Operation, ScaleOutcome, ScaleRequest};
pub use source::{ListedName, ProofMode, Source};
pub use transfer_proof::TransferProof;
pub use transition::Setback;
pub(crate) use transition::{advance, record};
pub use wake::Wakes;
