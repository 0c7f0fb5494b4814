//! LinkPool chainlink.
