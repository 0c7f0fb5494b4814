//! A chain made by the contract's own arithmetic, served over JSON-RPC faster than any node serves one: for tests of what follows
//! the contract, and for measuring it.
//!
//! A development crate: the released executable has nothing of it. Any indexer can be pointed at the server:
//! `cargo xtask replay --help`.

mod generate;
mod render;
mod terms;
mod views;

pub mod chain;
pub mod history;
pub mod random;
pub mod server;
pub mod workload;

pub use chain::Replay;
pub use generate::generate;
pub use server::{Behaviour, FaultKind, Node, Server};
pub use workload::Workload;
