//! Where a transaction stands in the chain.

use alloy_primitives::B256;

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
