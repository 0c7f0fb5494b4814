//! The fleet with real replicas: stand-in nodes as child processes, and a real Postgres.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod autoscale;
mod backend;
mod campaign;
mod chainlink;
mod death;
mod dump;
mod ending;
mod feed;
mod fixture;
mod heal;
mod keep;
mod lease;
mod login;
mod make;
mod outlive;
mod program;
mod read_only;
mod real;
mod request;
mod restore;
mod rollout;
mod script;
mod secrets;
mod stop;
mod unwell;
