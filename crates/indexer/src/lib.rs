//! Follows the contract's logs into Postgres: backfill, tail, reorg. The only writer of indexed tables.

mod answer_fees;
mod apply;
mod columns;
mod driver;
pub mod engine;
mod error;
mod follow;
mod inspect;
mod repair;
mod verify;

pub use answer_fees::read_answer_fees;
pub use driver::{Config, Observer, Progress, Standing, log_lines, run, run_observed};
pub use error::{Error, Result};
pub use follow::{Followed, follow, restart};
pub use inspect::{inspect_operators, inspect_operators_once};
pub use repair::{Rewound, repair, rewind};
pub use verify::{
    Difference, Scope, Subject, Verification, VerificationSchedule, record, verify, verify_periodically, verify_within,
};
