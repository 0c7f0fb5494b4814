//! The indexer against a real chain, the real contracts and a real Postgres.

#![allow(clippy::unwrap_used)]

mod follow;
mod reorg;
mod resume;
mod scene;
mod simulator;
mod verify;
