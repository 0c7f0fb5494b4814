//! The fleet with real replicas: stand-in nodes as child processes, and a real Postgres.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod chainlink;
mod death;
mod dump;
mod ending;
mod feed;
mod fixture;
mod heal;
mod lease;
mod login;
mod make;
mod outlive;
mod program;
mod read_only;
mod real;
mod request;
mod rollout;
mod script;
mod secrets;
mod unwell;
