//! One chain behind endpoints that fail and lie: a real node, seen through fault proxies.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod addresses;
mod batches;
mod dialects;
mod failover;
mod false_answers;
mod fixture;
mod hanging;
mod honest;
mod market;
mod quorum;
mod start;
mod transactions;
mod watch;
