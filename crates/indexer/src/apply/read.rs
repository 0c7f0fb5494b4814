//! What a log of a followed contract is read as.

use alloy::primitives::U256;
use linkpool_primitives::{B256, ContractEventKind};
use serde_json::Value;

/// The end of the year 9999: a later time is as good as never, and not every reader knows one.
const NEVER: u64 = 253_402_300_799;

/// The event, what it is about, and the rest.
pub(super) type Read = (ContractEventKind, Option<B256>, Value);

pub(super) fn seconds(value: U256) -> u64 {
    value.saturating_to::<u64>().min(NEVER)
}

/// The same of a time and what comes on top.
pub(super) fn later(time: u64, seconds: u64) -> u64 {
    time.saturating_add(seconds).min(NEVER)
}
