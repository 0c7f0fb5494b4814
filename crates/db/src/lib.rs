//! Everything LinkPool keeps in Postgres. The only crate that writes SQL.

mod amount;
mod as_of;
mod column;
mod compound;
mod connect;
mod convert;
mod copy;
mod database;
mod error;
mod leader;
mod migrate;
mod packed;
mod parameter;
mod pool;
mod reader;
mod statement;
mod target;

pub mod admin;
pub mod answer_fee;
pub mod columns;
pub mod connected;
pub mod contract_event;
pub mod cursor;
pub mod dead_letter;
pub mod deployment;
pub mod earnings;
pub mod endpoint;
pub mod event;
pub mod events;
pub mod fleet;
pub mod followed;
pub mod followed_operators;
pub mod grants;
pub mod history;
pub mod ingest;
pub mod lease;
#[cfg(feature = "measure")]
pub mod measure;
pub mod notice;
pub mod operator_state;
pub mod read;
pub mod schema;
pub mod state;
pub mod tx;
pub mod verification;

pub use connect::{Connect, Reread};
pub use database::Database;
pub use error::{Error, Result};
pub use reader::{Connections, Reader};
