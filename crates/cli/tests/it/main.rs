//! The executable as a person meets it: its messages, its exit codes, and what survives when it is killed.

#![allow(clippy::unwrap_used)]

mod adopt;
mod alerts;
#[cfg(feature = "dev")]
mod aws_call;
mod aws_page;
mod bad_input;
#[cfg(feature = "dev")]
mod chains;
#[cfg(feature = "dev")]
mod deploy;
mod doctor;
mod earnings;
mod earnings_campaign;
mod fixture;
#[cfg(feature = "dev")]
mod history;
#[cfg(feature = "dev")]
mod idle;
#[cfg(feature = "dev")]
mod interrupt;
mod keys;
#[cfg(feature = "dev")]
mod kill;
#[cfg(feature = "dev")]
mod kill_scaling;
mod kms;
mod least;
mod logs;
mod metrics;
#[cfg(feature = "dev")]
mod night;
mod no_nodes;
mod operator_calls;
mod operators;
mod outages;
mod pipes;
mod program;
#[cfg(feature = "dev")]
mod real;
mod reporter;
mod restore;
mod roles;
mod schema;
mod secrets;
#[cfg(feature = "dev")]
mod stack;
mod start;
mod stopping;
mod transactions;
mod users;
mod verify;
