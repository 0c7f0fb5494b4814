//! The way of a transaction on a real chain and a real Postgres: faults of endpoints and chain, limits, operators' requests,
//! crashes.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod crash;
mod faults;
mod fence;
mod fixture;
mod gas;
mod limits;
mod mining_fixture;
mod nonce;
mod operator;
mod process;
mod role;
mod sender;
