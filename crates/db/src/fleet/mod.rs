//! The nodes that the pool wants: who asked for them, how far each is, and what was last seen of its replicas.

mod event;
mod health;
mod node;
mod phase;
mod replica;
mod scale;
mod transition;
mod wake;

pub use event::FleetEvent;
pub use health::Health;
pub use node::FleetNode;
pub use phase::Phase;
pub use replica::{Replica, ReplicaState};
pub use scale::{MAX_NODES_PER_CALL, Operation, ScaleOutcome, ScaleRequest};
pub use transition::Setback;
pub(crate) use transition::{advance, record};
pub use wake::Wakes;
