//! A pool whose nodes are real: every role as a process of its own, on anvil with a block each second and a Postgres that the node supports. Only
//! `cargo xtask prove chainlink` and `cargo xtask bench fleet` run this; they name the node's program.

mod adapter;
mod earned;
mod journey;
mod requests;
mod rollouts;
mod world;
