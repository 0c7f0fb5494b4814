#![doc = include_str!("../README.md")]

pub mod client;
mod printable;
mod registration;
mod secret;
pub mod standin;

pub use registration::Registration;
pub use secret::Secret;
