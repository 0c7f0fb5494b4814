//! The finished chain: blocks whose logs are written already, and the state at each.

use std::collections::HashMap;

use alloy::primitives::{Address, B256, Bloom, address};
use alloy_consensus::Header;
use bytes::Bytes;
use linkpool_primitives::EventKind;

use crate::{history::History, render, workload::Workload};

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
    /// Most blocks of a sparse chain have none.
    pub(crate) bloom: Option<Box<Bloom>>,
    pub(crate) transactions: Vec<B256>,
    /// Its logs as JSON, with commas between and no brackets.
    pub logs: Bytes,
}

impl Block {
    /// What its hash is of.
    pub(crate) fn header(&self, number: u64, parent_hash: B256) -> Header {
        Header {
            parent_hash,
            number,
            timestamp: self.timestamp,
            logs_bloom: self.bloom.as_deref().copied().unwrap_or_default(),
            gas_limit: 60_000_000,
            gas_used: 120_000 * u64::from(self.events),
            base_fee_per_gas: Some(1_000_000_000),
            ..Header::default()
        }
    }
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

    /// The fields of a block's header as JSON, without braces.
    pub fn header(&self, number: u64) -> Option<Bytes> {
        let block = self.block(number)?;
        let parent = number.checked_sub(1).and_then(|parent| self.block(parent)).map_or(B256::ZERO, |parent| parent.hash);
        Some(render::header(&block.header(number, parent), &block.hash).into())
    }

    /// A block as JSON.
    pub fn json(&self, number: u64) -> Option<Bytes> {
        Some(render::block(&self.header(number)?, &self.block(number)?.transactions).into())
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
