//! The registrar with the real contract on a real chain, a real Postgres, and stand-in nodes.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod chain_trouble;
mod fixture;
mod hostile;
mod kill;
mod once;
mod open;
mod wallet;
