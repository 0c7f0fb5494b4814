//! The contracts as Rust sees them: bindings made from `abi/`, decoded events, and a sentence for every refusal and every announced
//! call. No I/O.

mod announced;
mod artefact;
mod decode;
mod refusal;
mod transfer;

pub mod consumer;
pub mod creation;
pub mod earnings;
pub mod earnings_factory;
pub mod feed;
pub mod lens;
pub mod link;
pub mod operator;
pub mod pool;
pub mod proof;
pub mod timelock;

pub use announced::{Announced, Argument, announced};
pub use artefact::Artefact;
pub use decode::{DecodeError, decode, decode_parts};
pub use refusal::refusal;
pub use transfer::{reward_data, stake_data};
