//! Nodes' earnings on a real chain, with Chainlink's own Operator: what is passed on, when, and what is only told of.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod answering;
mod bad_input;
mod fixture;
mod making;
mod price;
mod role;
