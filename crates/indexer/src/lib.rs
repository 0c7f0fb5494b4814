//! Follows the contract's logs into Postgres: backfill, tail, reorg. The only writer of indexed tables.

mod apply;
pub mod engine;
mod error;
mod fetch;
mod follow;
mod reorg;
mod repair;
mod run;
mod verify;

pub use error::{Error, Result};
pub use follow::{Followed, follow, restart};
pub use run::{Config, run};
pub use repair::{Rewound, repair, rewind};
pub use verify::{Difference, Scope, Subject, Verification, Watch, record, verify, verify_within, watch};
