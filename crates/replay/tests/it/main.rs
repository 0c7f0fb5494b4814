//! The generated chain and its server: what any indexer may rely on, and ours on it.

#![allow(clippy::unwrap_used)]

mod determinism;
mod faults;
mod fixture;
mod follow;
mod server;
mod views;
