//! Where a list goes on: the sort key and id of the last entry, and the block at which it was read.
//!
//! The text is opaque to clients. A page is found by key, never by counting, so entries that come or go in between are
//! neither repeated nor skipped.

use linkpool_db::read::Snapshot;
use linkpool_primitives::Address;

use crate::{
    as_of::AsOf,
    problem::{CURSOR_INVALIDATED, Problem},
};

const VERSION: u8 = 2;
const HASH_BYTES: usize = 8;
const LENGTH: usize = 1 + 4 + 8 + HASH_BYTES + 8 + 16 + 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PageCursor {
    /// Which list it belongs to: a digest of route, order and filters.
    scope: u32,
    block_number: u64,
    hash_prefix: [u8; HASH_BYTES],
    /// How often rows had been replaced when the page was read.
    revision: u64,
    key: u128,
    id: Address,
}

impl PageCursor {
    fn new(scope: u32, as_of: &AsOf, key: u128, id: Address) -> Self {
        let mut hash_prefix = [0; HASH_BYTES];
        hash_prefix.copy_from_slice(&as_of.block.hash[..HASH_BYTES]);
        Self { scope, block_number: as_of.block.number, hash_prefix, revision: as_of.revision, key, id }
    }

    /// Refuses to go on unless the block at which the page before was read is known to be part of the chain, and nothing up to
    /// it was replaced since.
    async fn verify(&self, snapshot: &mut Snapshot) -> Result<(), Problem> {
        let (block, now) = (self.block_number, snapshot.cursor());
        if (block, self.revision) == (now.block.number, now.revision) && now.block.hash.starts_with(&self.hash_prefix) {
            return Ok(());
        }
        let refuse = |detail: String| Err(Problem::new(&CURSOR_INVALIDATED, detail));
        if snapshot.replaced_since(self.revision).await?.is_some_and(|first| first <= block) {
            return refuse(format!("block {block} was replaced since this list was begun: start again without `cursor`"));
        }
        if self.revision > snapshot.cursor().revision || !snapshot.is_part_of_chain(block, &self.hash_prefix).await? {
            return refuse(format!(
                "block {block}, at which this list was begun, is not known here: start again without `cursor`"
            ));
        }
        Ok(())
    }

    pub fn encode(&self) -> String {
        let mut bytes = Vec::with_capacity(LENGTH);
        bytes.push(VERSION);
        bytes.extend(self.scope.to_be_bytes());
        bytes.extend(self.block_number.to_be_bytes());
        bytes.extend(self.hash_prefix);
        bytes.extend(self.revision.to_be_bytes());
        bytes.extend(self.key.to_be_bytes());
        bytes.extend(self.id.as_slice());
        hex::encode(bytes)
    }

    fn decode(text: &str) -> Option<Self> {
        let mut bytes = [0; LENGTH];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        let (version, rest) = bytes.split_first()?;
        let (scope, rest) = rest.split_first_chunk()?;
        let (block_number, rest) = rest.split_first_chunk()?;
        let (hash_prefix, rest) = rest.split_first_chunk()?;
        let (revision, rest) = rest.split_first_chunk()?;
        let (key, rest) = rest.split_first_chunk()?;
        let (block_number, revision) = (u64::from_be_bytes(*block_number), u64::from_be_bytes(*revision));
        let cursor = Self {
            scope: u32::from_be_bytes(*scope),
            block_number,
            hash_prefix: *hash_prefix,
            revision,
            key: u128::from_be_bytes(*key),
            id: Address::try_from(rest).ok()?,
        };
        (*version == VERSION && [block_number, revision].iter().all(|number| i64::try_from(*number).is_ok())).then_some(cursor)
    }
}

/// One page of a list, as asked for.
#[derive(Debug)]
pub(crate) struct Page {
    scope: u32,
    cursor: Option<PageCursor>,
    pub limit: u32,
}

impl Page {
    /// The page of the list `scope` behind the text of a cursor. One of another list, or of another version of this server, is
    /// refused as one whose list has changed is: the way out is the same.
    pub fn open(scope: u32, limit: u32, cursor: Option<&str>) -> Result<Self, Problem> {
        let cursor =
            cursor.map(|text| PageCursor::decode(text).filter(|cursor| cursor.scope == scope).ok_or_else(of_another_list));
        Ok(Self { scope, cursor: cursor.transpose()?, limit })
    }

    /// Checks the cursor against the chain as it is now.
    pub async fn verify(&self, snapshot: &mut Snapshot) -> Result<(), Problem> {
        match &self.cursor {
            Some(cursor) => cursor.verify(snapshot).await,
            None => Ok(()),
        }
    }

    /// Key and id of the last entry of the page before.
    pub fn after(&self) -> Option<(u128, Address)> {
        self.cursor.map(|cursor| (cursor.key, cursor.id))
    }

    /// How many to read: one more than are shown tells whether there is a next page.
    pub fn fetch(&self) -> u32 {
        self.limit + 1
    }

    /// Cuts what was read to a page, and gives the cursor of the next: `last` is the key and id of an entry.
    pub fn cut<T>(&self, as_of: &AsOf, records: &mut Vec<T>, last: impl Fn(&T) -> (u128, Address)) -> Option<PageCursor> {
        let has_next = records.len() > self.limit as usize;
        records.truncate(self.limit as usize);
        records.last().filter(|_| has_next).map(|record| self.next(as_of, last(record)))
    }

    /// The cursor of the page behind an entry.
    pub fn next(&self, as_of: &AsOf, (key, id): (u128, Address)) -> PageCursor {
        PageCursor::new(self.scope, as_of, key, id)
    }
}

fn of_another_list() -> Problem {
    let detail = "the cursor belongs to another list, or to another version of this server: use it with the same path, order and filters, or start again without `cursor`";
    Problem::new(&CURSOR_INVALIDATED, detail)
}

/// A digest of what a list is a list of (32-bit FNV-1a).
pub(crate) fn scope(parts: &[&str]) -> u32 {
    let bytes = parts.iter().flat_map(|part| part.bytes().chain([0xff]));
    bytes.fold(0x811c_9dc5, |digest, byte| (digest ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;
    use linkpool_primitives::{B256, BlockRef};
    use proptest::prelude::*;

    fn as_of(number: u64) -> AsOf {
        AsOf {
            block: BlockRef { number, hash: B256::repeat_byte(7), timestamp: 0 },
            finalized_block: 0,
            present: B256::ZERO,
            asked: None,
            by_number: false,
            is_stale: false,
            revision: 3,
        }
    }

    proptest! {
        #[test]
        fn a_cursor_survives_its_text(key: u128, id: [u8; 20], number in 0u64..1 << 63, digest: u32) {
            let cursor = PageCursor::new(digest, &as_of(number), key, Address::from(id));
            prop_assert_eq!(PageCursor::decode(&cursor.encode()), Some(cursor));
        }

        #[test]
        fn any_other_text_is_no_cursor_and_no_panic(text in "[0-9a-zé]{0,130}") {
            if let Some(cursor) = PageCursor::decode(&text) {
                prop_assert_eq!(cursor.encode(), text);
            }
        }
    }

    #[test]
    fn a_cursor_of_another_list_is_refused() {
        let cursor = PageCursor::new(scope(&["nodes", "-stake"]), &as_of(1), 5, Address::ZERO).encode();
        for (list, accepted) in [(["nodes", "-stake"], true), (["nodes", "stake"], false)] {
            assert_eq!(Page::open(scope(&list), 50, Some(&cursor)).is_ok(), accepted);
        }
    }
}
