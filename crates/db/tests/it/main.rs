//! The database over a real Postgres.

mod read;
mod scale;
