//! The parts for real: started, stopped, killed, and opened again.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod chain;
mod child;
mod database;
mod killed_parent;
mod normal_user;
mod proxy;
mod standby;
