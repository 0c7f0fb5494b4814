//! The API over a real Postgres whose rows are written as the indexer writes them, asked over HTTP.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod announcements;
mod answers;
mod caching;
mod chain_fixture;
mod consistency;
#[cfg(feature = "dev")]
mod dev;
mod documents;
mod every_case;
mod fixture;
mod gone;
mod hang_ups;
mod health;
mod history;
mod hostile;
mod kept;
mod limits;
mod lists;
mod one_connection;
mod operator;
mod operator_fixture;
mod operator_page;
mod operator_transactions;
mod page;
mod past;
mod pasted;
mod problems;
mod schemathesis;
mod stream;
mod tables;
mod work;
