//! The client against the stand-in node, over real sockets and a real Postgres.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod about;
mod as_node;
mod bad_answers;
mod bridge;
mod fixture;
mod health;
mod job;
mod lease;
mod login;
mod process;
mod real;
mod registration;
mod restart;
mod stock;
mod transfer;
mod user;
mod work;
