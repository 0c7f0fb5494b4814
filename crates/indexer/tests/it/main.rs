//! The indexer against a real chain, the real contracts and a real Postgres.

mod follow;
mod reorg;
mod resume;
mod scene;
mod verify;
