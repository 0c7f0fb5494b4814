//! Passes on what the nodes earn: from where consumers and feeds leave it, through each node's own contract, to the node's stakers.
//!
//! - `survey`: what waits where, at the final block. - `due`: whether it is time, and worth its gas. - `price`: what LINK is worth in
//!   ether. - `pass`: what follows, handed in under keys so that it is sent once. - [`run`]: the role. - [`Plan`]: the same for a person.
//! - `retiring`: who has to go first. - [`releases`]: what is left of a node that has retired.
//!
//! What is sent can only ever pay a node's own stakers, so whoever holds the account's key can waste its ether and nothing else.

mod config;
mod due;
mod error;
mod making;
mod operator;
mod pass;
mod plan;
mod price;
mod progress;
mod release;
mod retiring;
mod role;
mod source;
mod statistics;
mod survey;
mod verdict;

pub use config::{EarningsConfig, PriceSource, Rules};
pub use due::{Due, Worth};
pub use error::{Error, Result};
pub use plan::Plan;
pub use price::{Price, PriceError, price};
pub use release::releases;
pub use role::{require_factory, run};
pub use source::Step;
pub use verdict::{Planned, Sending, Verdict};
