//! The indexer against a real chain, the real contracts and a real Postgres.

#![allow(clippy::unwrap_used)]

mod dead_letter;
mod engine;
mod fence;
mod fixture;
mod follow;
mod hang;
mod hostile;
mod idle;
mod kill;
mod large;
mod memory;
mod operator;
mod operator_hostile;
mod providers;
mod reorg;
mod resume;
mod storm;
mod timelock;
mod verify;
mod verify_trouble;
