//! Puts logs into blocks and blocks onto each other: places, blooms, hashes, parents.

use alloy::primitives::{B256, Bloom, BloomInput, LogData, keccak256};
use bytes::Bytes;
use std::collections::HashMap;

use crate::{
    chain::{Block, POOL},
    render::{self, LogPosition},
};

/// A chain in the making.
#[derive(Debug)]
pub(super) struct Assembly {
    blocks: Vec<Block>,
    open: Open,
    /// The bits that each address and topic sets, because the same few thousand come again and again.
    hashes: HashMap<B256, B256>,
}

/// The block that is being filled.
#[derive(Debug, Default)]
struct Open {
    number: u64,
    timestamp: u64,
    bloom: Bloom,
    logs: Vec<u8>,
    hashes_at: Vec<usize>,
    transactions: Vec<B256>,
    log_index: u64,
}

impl Assembly {
    /// A chain whose block 0 has this time.
    pub(super) fn new(timestamp: u64) -> Self {
        Self { blocks: Vec::new(), open: Open { timestamp, ..Open::default() }, hashes: HashMap::new() }
    }

    /// The number of the open block.
    pub(super) fn number(&self) -> u64 {
        self.open.number
    }

    pub(super) fn timestamp(&self) -> u64 {
        self.open.timestamp
    }

    /// How many logs the open block has.
    pub(super) fn logs(&self) -> u64 {
        self.open.log_index
    }

    /// The logs that follow are of another transaction.
    pub(super) fn begin_transaction(&mut self) {
        let mut name = [0; 16];
        name[..8].copy_from_slice(&self.open.number.to_be_bytes());
        name[8..].copy_from_slice(&(self.open.transactions.len() as u64).to_be_bytes());
        self.open.transactions.push(keccak256(name));
    }

    /// Appends a log of the pool to the open transaction.
    pub(super) fn log(&mut self, data: &LogData) {
        let open = &mut self.open;
        let Some(transaction_hash) = open.transactions.last().copied() else { return };
        if open.log_index == 0 {
            open.bloom.accrue(BloomInput::Raw(POOL.as_slice()));
        } else {
            open.logs.push(b',');
        }
        for topic in data.topics() {
            let hash = *self.hashes.entry(*topic).or_insert_with(|| keccak256(topic));
            open.bloom.accrue(BloomInput::Hash(hash));
        }
        let position = LogPosition {
            block_number: open.number,
            block_time: open.timestamp,
            transaction_hash,
            transaction_index: open.transactions.len() as u64 - 1,
            log_index: open.log_index,
        };
        open.hashes_at.push(render::log(&mut open.logs, POOL, data, &position));
        open.log_index += 1;
    }

    /// Closes the open block and opens the next, `seconds` later.
    pub(super) fn close_block(&mut self, seconds: u64) {
        let next = Open { number: self.open.number + 1, timestamp: self.open.timestamp + seconds, ..Open::default() };
        let mut open = std::mem::replace(&mut self.open, next);
        let mut block = Block {
            hash: B256::ZERO,
            timestamp: open.timestamp,
            events: open.log_index as u32,
            bloom: (!open.bloom.is_zero()).then(|| Box::new(open.bloom)),
            transactions: open.transactions,
            logs: Bytes::new(),
        };
        let parent = self.blocks.last().map_or(B256::ZERO, |parent| parent.hash);
        block.hash = block.header(open.number, parent).hash_slow();
        for at in open.hashes_at {
            render::fill_hash(&mut open.logs, at, &block.hash);
        }
        block.logs = open.logs.into();
        self.blocks.push(block);
    }

    pub(super) fn finish(self) -> Vec<Block> {
        self.blocks
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        chain::{POOL, Replay},
        history::History,
        workload::Workload,
    };
    use alloy::primitives::Bytes;

    #[test]
    fn blocks_are_linked_by_real_hashes_and_their_blooms_hold_their_logs() {
        let mut assembly = Assembly::new(1_000);
        assembly.close_block(12);
        assembly.begin_transaction();
        let topic = B256::repeat_byte(5);
        assembly.log(&LogData::new_unchecked(vec![topic], Bytes::new()));
        assembly.close_block(12);
        let blocks = assembly.finish();
        let replay = Replay::new(Workload::small(1), blocks.clone(), History::default(), Vec::new());
        let read = |number| serde_json::from_slice::<alloy::rpc::types::Block>(&replay.json(number).unwrap()).unwrap().header;
        let (first, second) = (read(0), read(1));
        assert_eq!(second.inner.parent_hash, first.hash);
        assert_eq!(second.inner.hash_slow(), second.hash);
        assert_eq!((second.inner.number, second.inner.timestamp), (1, 1_012));
        assert!(second.inner.logs_bloom.contains_raw_log(POOL, &[topic]));
        assert!(!first.inner.logs_bloom.contains_raw_log(POOL, &[]));
        let log: alloy::rpc::types::Log = serde_json::from_slice(&blocks[1].logs).unwrap();
        assert_eq!(log.block_hash, Some(second.hash));
    }
}
