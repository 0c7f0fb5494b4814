#![doc = include_str!("../README.md")]

pub mod client;
mod registration;
mod seal;
mod secret;

pub use registration::Registration;
pub use seal::{SealError, SealKey};
pub use secret::Secret;
