//! A block, named so that nothing can be confused with it: number, hash and time.

use alloy_primitives::B256;
use chrono::{DateTime, SecondsFormat, Utc};

/// One block of one chain. The hash decides; the number is where it stood.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, derive_more::Display)]
#[display("block {number} ({})", hex::encode(&hash[..4]))]
pub struct BlockRef {
    pub number: u64,
    pub hash: B256,
    /// Unix seconds, from the header.
    pub timestamp: u64,
}

/// Unix seconds as RFC 3339 in UTC, `2026-11-22T11:00:00Z`; `None` beyond the year 262142.
pub fn rfc3339(unix_seconds: u64) -> Option<String> {
    let seconds = i64::try_from(unix_seconds).ok()?;
    DateTime::<Utc>::from_timestamp(seconds, 0).map(|time| time.to_rfc3339_opts(SecondsFormat::Secs, true))
}

/// A transaction in a block. The hash of the block lets it be checked later that the block is still canonical.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    pub transaction_hash: B256,
    pub block_number: u64,
    pub block_hash: B256,
    /// False where the transaction reverted.
    pub succeeded: bool,
    pub gas_used: u64,
}

#[cfg(test)]
mod tests {
    use super::rfc3339;

    #[test]
    fn unix_seconds_print_as_utc() {
        assert_eq!(rfc3339(0).as_deref(), Some("1970-01-01T00:00:00Z"));
        assert_eq!(rfc3339(1_795_345_200).as_deref(), Some("2026-11-22T11:00:00Z"));
        assert_eq!(rfc3339(u64::MAX), None);
    }
}
