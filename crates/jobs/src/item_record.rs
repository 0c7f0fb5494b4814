//! What is written down of the items that a node was given.

use std::collections::BTreeMap;

use linkpool_primitives::{ItemKind, ItemState};

/// What is written down of a node, by kind and name.
pub type ItemRecords = BTreeMap<(ItemKind, String), ItemRecord>;

/// What is written down of an item: before it is given, and once it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ItemRecord {
    pub digest: [u8; 32],
    pub state: ItemState,
    /// Whether a call without an answer may still be under way to the node.
    pub is_under_way: bool,
}

impl ItemRecord {
    /// For how long after it was written down, in seconds: far longer than a node works on a call.
    pub const UNDER_WAY_SECONDS: u64 = 120;

    /// As it was written down; `is_recent` says whether that was within [`ItemRecord::UNDER_WAY_SECONDS`].
    pub fn read(digest: [u8; 32], state: ItemState, is_recent: bool) -> Self {
        Self { is_under_way: is_recent && state != ItemState::Given, ..Self::new(digest, state) }
    }

    pub(crate) const fn new(digest: [u8; 32], state: ItemState) -> Self {
        let is_under_way = !matches!(state, ItemState::Given);
        Self { digest, state, is_under_way }
    }
}
