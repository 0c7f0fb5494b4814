//! A node's database is brought back as it was kept, with programs of ours in the place of `pg_dump`, `pg_restore` and `age`: the first two keep and
//! bring back a stand-in's tables, the last opens what it has closed only by the private half.

mod back;
pub mod programs;
mod refused;
