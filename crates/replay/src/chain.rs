//! The finished chain: blocks whose answers are written already, and the state at each.

use std::collections::HashMap;

use alloy::primitives::{Address, B256, address};
use bytes::Bytes;
use linkpool_primitives::EventKind;

use crate::{history::History, workload::Workload};

/// The chain's id: no public chain has it.
pub const CHAIN_ID: u64 = 2_026_112_200;
pub const POOL: Address = address!("57a1e000000000000000000000000000000000b1");
/// Where the LINK token stands.
pub const LINK: Address = address!("57a1e000000000000000000000000000000000c2");
/// The pool's first event is in this block.
pub const DEPLOY_BLOCK: u64 = 1;

#[derive(Debug, Clone)]
pub struct Block {
    pub hash: B256,
    pub timestamp: u64,
    /// How many logs it has.
    pub events: u32,
    /// The fields of its header as JSON, without braces.
    pub header: Bytes,
    pub json: Bytes,
    /// Its logs as JSON, with commas between and no brackets.
    pub logs: Bytes,
}

#[derive(Debug)]
pub struct Replay {
    pub workload: Workload,
    /// By number.
    pub blocks: Vec<Block>,
    pub history: History,
    /// How often each event is in it, by name.
    pub mix: Vec<(EventKind, u64)>,
    by_hash: HashMap<B256, u32>,
}

impl Replay {
    pub(crate) fn new(workload: Workload, blocks: Vec<Block>, history: History, mix: Vec<(EventKind, u64)>) -> Self {
        let by_hash = blocks.iter().zip(0..).map(|(block, number)| (block.hash, number)).collect();
        Self { workload, blocks, history, mix, by_hash }
    }

    pub fn block(&self, number: u64) -> Option<&Block> {
        self.blocks.get(usize::try_from(number).ok()?)
    }

    pub fn number_of(&self, hash: &B256) -> Option<u64> {
        self.by_hash.get(hash).map(|number| u64::from(*number))
    }

    /// The number of its last block.
    pub fn last(&self) -> u64 {
        self.blocks.len().saturating_sub(1) as u64
    }

    pub fn events_until(&self, number: u64) -> u64 {
        self.blocks.iter().take(number as usize + 1).map(|block| u64::from(block.events)).sum()
    }
}
