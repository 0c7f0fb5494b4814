//! The registrar with the real contract on a real chain, a real Postgres, and stand-in nodes.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod audit;
mod broken;
mod chain_trouble;
mod fed;
mod fixture;
mod funding;
mod hostile;
mod idle;
mod kept;
mod kill;
mod listed;
mod once;
mod open;
mod proof;
mod request;
mod transactions;
mod wallet;
