#![doc = include_str!("../README.md")]

pub mod client;
mod registration;
mod seal;
mod secret;
#[cfg(feature = "dev")]
pub mod standin;

pub use registration::Registration;
pub use seal::{SealError, SealKey};
pub use secret::Secret;
