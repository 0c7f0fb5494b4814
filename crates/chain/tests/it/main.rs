//! One chain behind endpoints that fail and lie: a real node, seen through fault proxies.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod batches;
mod dialects;
mod failover;
mod hanging;
mod honest;
mod lies;
mod market;
mod quorum;
mod scene;
mod start;
mod transactions;
mod watch;
