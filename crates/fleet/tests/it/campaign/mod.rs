//! Nodes that are rolled to one version after the other while what runs them and they themselves are killed, and what all of it takes: for
//! `cargo xtask prove fleet` and `cargo xtask bench fleet`.

mod course;
mod dice;
mod kills;
pub mod probe;
mod rows;
mod statistics;
mod thousand;

use self::rows::{number, percentile, row};
