//! Follows the contract's logs into Postgres: backfill, tail, reorg. The only writer of indexed tables.

mod apply;
mod engine;
mod error;
mod fetch;
mod follow;
mod reorg;
mod verify;

pub use engine::{Config, run};
pub use error::{Error, Result};
pub use follow::{Followed, follow, restart};
pub use verify::{Difference, Verification, verify};
