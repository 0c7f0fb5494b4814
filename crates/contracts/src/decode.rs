//! Logs of the pool as typed events.

use alloy::{primitives::LogData, sol_types::SolEventInterface};

use crate::pool::Event;

/// A log of the pool that this version does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the log with topic {topic} does not decode: {reason}")]
pub struct DecodeError {
    pub topic: String,
    pub reason: String,
}

/// Decodes one log of the pool's address.
pub fn decode(log: &LogData) -> Result<Event, DecodeError> {
    Event::decode_raw_log(log.topics(), &log.data).map_err(|error| DecodeError {
        topic: log.topics().first().map_or_else(|| "none".to_owned(), ToString::to_string),
        reason: error.to_string(),
    })
}
