//! What is known of single blocks by their headers.

use alloy::{
    consensus::EMPTY_ROOT_HASH,
    primitives::{Bloom, BloomInput},
};
use linkpool_primitives::{Address, B256, BlockRef};

use crate::{Addresses, wire::WireHeader};

/// The newest blocks by tag. `safe` and `finalized` are 0 where the chain has none yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heads {
    pub head: BlockRef,
    pub safe: u64,
    pub finalized: u64,
}

/// Whether the tags are asked for beside the newest block; they are 0 if not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tags {
    Asked,
    Left,
}

/// A header of a checked run.
#[derive(Debug, Clone)]
pub struct Checked {
    pub block: BlockRef,
    pub parent_hash: B256,
    bloom: Bloom,
    receipts_root: B256,
}

/// The hash decides; of the rest an endpoint may leave out what another one gives.
impl PartialEq for Checked {
    fn eq(&self, other: &Self) -> bool {
        (self.block, self.parent_hash) == (other.block, other.parent_hash)
    }
}

impl Eq for Checked {}

impl Checked {
    pub(crate) fn new(header: WireHeader) -> Self {
        Self {
            block: BlockRef { number: header.number.to(), hash: header.hash, timestamp: header.timestamp.to() },
            parent_hash: header.parent_hash,
            // What is missing says nothing, as an empty bloom does.
            bloom: header.logs_bloom.unwrap_or_default(),
            receipts_root: header.receipts_root.unwrap_or_default(),
        }
    }

    /// Whether the block may hold a log of `address`, by its bloom. Chains and proxies that keep no blooms give empty ones: such
    /// a bloom says something only where there is no receipt at all.
    pub fn may_hold(&self, address: Address) -> bool {
        if self.bloom.is_zero() {
            return self.receipts_root != EMPTY_ROOT_HASH;
        }
        self.bloom.contains_input(BloomInput::Raw(address.as_slice()))
    }

    /// The same of any of these.
    pub(crate) fn may_hold_any(&self, addresses: &Addresses) -> bool {
        if self.bloom.is_zero() {
            return self.receipts_root != EMPTY_ROOT_HASH;
        }
        addresses.bloom_inputs().any(|(_, input)| self.bloom.contains_input(input))
    }

    /// Those of which the bloom says that there may be a log; an empty bloom says nothing.
    pub(crate) fn promised<'a>(&'a self, addresses: &'a Addresses) -> impl Iterator<Item = Address> + 'a {
        addresses.bloom_inputs().filter(|(_, input)| self.bloom.contains_input(*input)).map(|(address, _)| address)
    }
}
