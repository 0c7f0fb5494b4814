//! Roll-outs of nodes that are called as Chainlink's are, with its gate for versions. Every time is shorter than an operator's: a
//! second of waiting and a second of serving in the place of 30 and 15.

mod back;
mod behind;
mod door;
mod early;
pub mod fixture;
mod forward;
pub mod keeping;
mod kills;
pub mod ports;
mod waves;
