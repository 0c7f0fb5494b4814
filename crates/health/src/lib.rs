//! What a role without an API of its own tells its supervisor, on a listener of its own.
//!
//! | path | answer |
//! |---|---|
//! | `/health` | 200 while the role does its work or waits for its turn; 503 with a reason when it has stood still for too long |
//! | `/ready` | 200 once it has looked at everything it works with; a follower is ready too |
//! | `/metrics` | Prometheus text, version 0.0.4 |
//!
//! The answers hold no secret, and the listener takes nothing in: bind it where the supervisor is.

mod deduplicated_log;
mod heartbeat;
mod metrics;
mod serve;

pub use deduplicated_log::{DeduplicatedLog, DeduplicatedLogs};
pub use heartbeat::Heartbeat;
pub use metrics::{Recorder, RecorderError};
pub use serve::{Role, SOURCE_TIMEOUT, State, Status, serve};
