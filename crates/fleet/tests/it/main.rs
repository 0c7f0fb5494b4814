//! The fleet with real replicas: stand-in nodes as child processes, and a real Postgres.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod death;
mod fixture;
mod heal;
mod lease;
mod make;
mod program;
mod request;
mod unwell;
