//! Everything LinkPool keeps in Postgres. The only crate that writes SQL.

mod amount;
mod database;
mod error;

pub mod admin;
pub mod columns;
pub mod cursor;
pub mod deployment;
pub mod event;
pub mod ingest;
pub mod notice;
pub mod read;

pub use database::{Connect, Database};
pub use error::{Error, Result};
