//! The contracts as Rust sees them: bindings made from `abi/`, decoded events, and a sentence for every refusal. No I/O.

mod decode;
mod refusal;

pub mod link;
pub mod pool;
pub mod proof;

pub use decode::{DecodeError, decode};
pub use refusal::refusal;
