//! A deployment of the contracts: timelock, pool, lens, what passes earnings on, and on development chains the LINK token.
//!
//! - [`Terms`] are what somebody decides; [`Plan`] is what they come to: code, arguments, the address of each contract.
//! - [`check_token`] and [`rehearse`] ask the chain before anything is sent. [`verify`] compares afterwards what is there
//!   with what was meant.
//! - [`Record`] is the file that a deployment leaves; [`write_sources`] leaves beside it what explorers ask for.
//!
//! Nothing here sends: whoever deploys does, by the durable path for transactions.

mod error;
mod plan;
mod record;
mod rehearse;
mod terms;
mod token;
mod verify;

pub use error::{Error, Result};
pub use plan::{Plan, Standing, Step, Token};
pub use record::write_sources;
pub use record::{Placed, Record};
pub use rehearse::{Rehearsal, rehearse};
pub use terms::Terms;
pub use token::check_token;
pub use verify::{Difference, verify};
