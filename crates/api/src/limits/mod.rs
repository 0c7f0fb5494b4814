//! How much one client may ask: requests a second, and open streams.

mod client;
mod layer;
mod requests;
mod store;
mod streams;

pub(crate) use client::Client;
pub(crate) use layer::limited;
pub(crate) use requests::RequestLimiter;
pub(crate) use streams::{StreamLimiter, StreamPermit};
