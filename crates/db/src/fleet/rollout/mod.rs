//! Roll-outs: how every node of the fleet comes to run another release, step by step, each of them stored.

mod change;
mod control;
mod model;
mod progress;
mod start;

pub use change::{Effect, StepChange};
pub use control::{RolloutAction, RolloutRequest};
pub use model::{Rollout, RolloutNode, RolloutState, RolloutStep};
pub use start::{NewRollout, RolloutOutcome};
