//! Events in the order of the chain, as the bytes that are copied into the table and, for what follows from them, as packed rows: made
//! where they are decoded, so that the one writer has only to send and to fold them.

use linkpool_primitives::{B256, EventKind};
use serde_json::Value;

use crate::{
    event::EventRow,
    packed::{Packer, Unpacker},
};

/// Rows that came together; putting several behind each other moves none.
#[derive(Debug, Clone, Default)]
pub struct Events(Vec<Part>);

#[derive(Debug, Clone, Default)]
pub(crate) struct Part {
    /// Number, hash and time of the blocks that have rows.
    blocks: Vec<(i64, B256, i64)>,
    heads: Vec<Head>,
    packed: Vec<u8>,
    /// Few have any.
    details: Vec<(u32, Value)>,
    /// Blocks in which the pool passes to another owner.
    owner_blocks: Vec<u64>,
    encoded: Vec<u8>,
}

/// What every row has.
#[derive(Debug, Clone, Copy)]
struct Head {
    kind: EventKind,
    log_index: i32,
    /// Which of the blocks.
    block: u32,
    /// Where its packed values begin, and which of them are there.
    at: u32,
    bits: u64,
}

impl Events {
    pub fn len(&self) -> usize {
        self.0.iter().map(|part| part.heads.len()).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|part| part.heads.is_empty())
    }

    pub fn iter(&self) -> impl Iterator<Item = EventRow> {
        self.0.iter().flat_map(|part| part.rows())
    }

    /// Block and index of each.
    pub fn positions(&self) -> impl Iterator<Item = (i64, B256, i32)> {
        let position = |part: &'_ Part, head: &Head| {
            let (number, hash, _) = part.blocks[head.block as usize];
            (number, hash, head.log_index)
        };
        self.0.iter().flat_map(move |part| part.heads.iter().map(move |head| position(part, head)))
    }

    /// The blocks in which the pool passes to another owner, whose logs are read from then on.
    pub(crate) fn owner_blocks(&self) -> Vec<u64> {
        self.0.iter().flat_map(|part| part.owner_blocks.iter().copied()).collect()
    }

    /// Puts later events behind these.
    pub fn append(&mut self, mut later: Self) {
        self.0.append(&mut later.0);
    }

    /// Memory that they hold.
    pub fn bytes(&self) -> usize {
        let bytes = |part: &Part| {
            part.heads.capacity() * size_of::<Head>()
                + part.blocks.capacity() * size_of::<(i64, B256, i64)>()
                + part.details.len() * DETAIL_BYTES
                + part.packed.capacity()
                + part.encoded.capacity()
        };
        self.0.iter().map(bytes).sum()
    }

    pub(crate) fn parts(&self) -> impl Iterator<Item = &Part> {
        self.0.iter()
    }
}

impl Part {
    fn with_capacity(rows: usize) -> Self {
        Self {
            heads: Vec::with_capacity(rows),
            packed: Vec::with_capacity(rows * PACKED_BYTES),
            encoded: Vec::with_capacity(rows * ENCODED_BYTES),
            ..Self::default()
        }
    }

    fn push(&mut self, row: EventRow) {
        row.write(&mut self.encoded);
        let of_block = (row.block_number, row.block_hash, row.block_time);
        if self.blocks.last() != Some(&of_block) {
            self.blocks.push(of_block);
        }
        if row.kind == EventKind::OwnershipTransferred {
            self.owner_blocks.push(row.block_number.unsigned_abs());
        }
        let at = self.packed.len() as u32;
        let mut packer = Packer::new(&mut self.packed);
        row.pack(&mut packer);
        let (kind, log_index, block) = (row.kind, row.log_index, self.blocks.len() as u32 - 1);
        self.heads.push(Head { kind, log_index, block, at, bits: packer.bits() });
        self.details.extend(row.detail.map(|detail| (self.heads.len() as u32 - 1, detail)));
    }

    /// The tuples of a binary COPY, without its header and its end.
    pub fn encoded(&self) -> &[u8] {
        &self.encoded
    }

    pub fn rows(&self) -> impl Iterator<Item = EventRow> {
        let mut details = self.details.iter().peekable();
        (0u32..).zip(&self.heads).map(move |(index, head)| {
            let (block_number, block_hash, block_time) = self.blocks[head.block as usize];
            let mut from = Unpacker { bits: head.bits, bytes: &self.packed[head.at as usize..] };
            EventRow {
                block_number,
                log_index: head.log_index,
                block_hash,
                block_time,
                detail: details.next_if(|(of, _)| *of == index).map(|(_, detail)| detail.clone()),
                ..EventRow::unpack(head.kind, &mut from)
            }
        })
    }
}

impl FromIterator<EventRow> for Events {
    fn from_iter<I: IntoIterator<Item = EventRow>>(rows: I) -> Self {
        let rows = rows.into_iter();
        let mut part = Part::with_capacity(rows.size_hint().1.unwrap_or_default());
        rows.for_each(|row| part.push(row));
        Self(vec![part])
    }
}

impl From<Vec<EventRow>> for Events {
    fn from(rows: Vec<EventRow>) -> Self {
        rows.into_iter().collect()
    }
}

/// Of most rows.
const ENCODED_BYTES: usize = 512;
const PACKED_BYTES: usize = 320;
/// Of a small JSON object, roughly.
const DETAIL_BYTES: usize = 512;

#[cfg(test)]
mod tests {
    use linkpool_primitives::EventKind;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// Some row: any bytes are values of its fields.
    fn row(kind: usize, place: (i64, i32, u8), bits: u64, bytes: &[u8]) -> EventRow {
        let (block_number, log_index, hash) = place;
        let detail = bits.is_multiple_of(5).then(|| json!({ "bits": bits }));
        let kind = EventKind::ALL[kind % EventKind::ALL.len()];
        EventRow {
            block_number,
            log_index,
            block_hash: B256::repeat_byte(hash),
            block_time: block_number / 2,
            detail,
            ..EventRow::unpack(kind, &mut Unpacker { bits: bits | 1, bytes })
        }
    }

    proptest! {
        #[test]
        fn rows_come_back_as_they_went_in(
            rows in prop::collection::vec((any::<usize>(), (any::<i64>(), any::<i32>(), any::<u8>()), any::<u64>(), prop::collection::vec(any::<u8>(), 1_000)), 0..8),
            parts in 1usize..4,
        ) {
            let rows: Vec<EventRow> = rows.iter().map(|(kind, place, bits, bytes)| row(*kind, *place, *bits, bytes)).collect();
            let mut events = Events::default();
            for part in rows.chunks(parts) {
                events.append(part.to_vec().into());
            }
            prop_assert_eq!(events.len(), rows.len());
            prop_assert_eq!(events.iter().collect::<Vec<_>>(), rows.clone());
            let places: Vec<_> = rows.iter().map(|row| (row.block_number, row.block_hash, row.log_index)).collect();
            prop_assert_eq!(events.positions().collect::<Vec<_>>(), places);
            let encoded: Vec<u8> = events.parts().flat_map(Part::encoded).copied().collect();
            let mut expected = Vec::new();
            rows.iter().for_each(|row| row.write(&mut expected));
            prop_assert_eq!(encoded, expected);
        }
    }
}
