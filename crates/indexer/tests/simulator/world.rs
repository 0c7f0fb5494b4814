//! A chain with forks and finality, whose events carry what a value is afterwards and by how much it rose.

use linkpool_indexer::engine::{Gap, Header, LogPosition, Payload};
use linkpool_primitives::{B256, BlockRef};
use linkpool_replay::random::Random;

pub const KEYS: usize = 4;
/// The block before the contract.
pub const START: u64 = 5;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Log {
    pub position: LogPosition,
    pub key: usize,
    pub rise: u64,
    pub after: u64,
}

#[derive(Debug)]
pub struct Block {
    pub header: Header,
    pub logs: Vec<Log>,
    state: [u64; KEYS],
    parent: usize,
}

pub struct World {
    blocks: Vec<Block>,
    /// Index of the newest canonical block.
    pub tip: usize,
    pub finalized: u64,
    /// Blocks from the head down to the final one; none where nothing ever is final.
    pub finality: Option<u64>,
}

impl World {
    pub fn new(finality: Option<u64>) -> Self {
        let block = BlockRef { number: 0, hash: hash(0), timestamp: 0 };
        let header = Header { block, parent_hash: B256::ZERO };
        let genesis = Block { header, logs: Vec::new(), state: [0; KEYS], parent: 0 };
        Self { blocks: vec![genesis], tip: 0, finalized: 0, finality }
    }

    pub fn block(&self, index: usize) -> &Block {
        &self.blocks[index]
    }

    pub fn height(&self, index: usize) -> u64 {
        self.blocks[index].header.block.number
    }

    pub fn head(&self) -> u64 {
        self.height(self.tip)
    }

    /// The block at a height of the branch that ends in `tip`.
    pub fn at(&self, tip: usize, number: u64) -> Option<usize> {
        let mut index = tip;
        while self.height(index) > number {
            index = self.blocks[index].parent;
        }
        (self.height(index) == number).then_some(index)
    }

    /// The blocks `from..=to` of a branch, lowest first; fewer where it is shorter.
    pub fn path(&self, tip: usize, from: u64, to: u64) -> Vec<usize> {
        let mut index = tip;
        let mut path = Vec::new();
        while self.height(index) >= from {
            if self.height(index) <= to {
                path.push(index);
            }
            if self.height(index) == 0 {
                break;
            }
            index = self.blocks[index].parent;
        }
        path.reverse();
        path
    }

    /// One more block with events on these keys.
    pub fn mine(&mut self, keys: &[usize], random: &mut Random) {
        let parent = self.tip;
        let number = self.head() + 1;
        // A slot may be empty, so pauses are 12, 24 or 36 seconds.
        let timestamp = self.blocks[parent].header.block.timestamp + 12 * random.between(1, 3);
        let block = BlockRef { number, hash: hash(self.blocks.len()), timestamp };
        let mut state = self.blocks[parent].state;
        // Logs of others come before ours and between them, as those of the chain itself do for every payment.
        let mut index = random.between(0, 3) as u32;
        let mut logs = Vec::new();
        for key in keys.iter().copied().filter(|_| number > START) {
            let rise = random.between(1, 9);
            state[key] += rise;
            logs.push(Log { position: LogPosition { number, hash: block.hash, index }, key, rise, after: state[key] });
            index += random.between(1, 3) as u32;
        }
        let header = Header { block, parent_hash: self.blocks[parent].header.block.hash };
        self.blocks.push(Block { header, logs, state, parent });
        self.tip = self.blocks.len() - 1;
        if let Some(finality) = self.finality {
            self.finalized = self.finalized.max(number.saturating_sub(finality));
        }
    }

    /// A log that never was, after the block's own: no later event contradicts it.
    pub fn invented(&self, index: usize) -> Log {
        let Block { header, logs, state, .. } = &self.blocks[index];
        let position = LogPosition {
            number: header.block.number,
            hash: header.block.hash,
            index: logs.last().map_or(0, |log| log.position.index + 1),
        };
        Log { position, key: 0, rise: 0, after: state[0] }
    }

    /// The newest `depth` blocks are no longer canonical. Final blocks stay, and so does the block before the contract.
    pub fn unwind(&mut self, depth: u64) {
        let lowest = self.finalized.max(START + 1).min(self.head());
        let target = (self.head() - depth.min(self.head())).max(lowest);
        if let Some(index) = self.at(self.tip, target) {
            self.tip = index;
        }
    }

    /// What a perfect indexer has at the tip.
    pub fn canonical_logs(&self, tip: usize) -> Vec<Log> {
        self.path(tip, START + 1, u64::MAX).iter().flat_map(|index| self.blocks[*index].logs.iter().copied()).collect()
    }
}

fn hash(index: usize) -> B256 {
    B256::left_padding_from(&(index as u64 + 1).to_be_bytes())
}

/// Logs of a range as the engine carries them.
#[derive(Debug, Default, Clone)]
pub struct Logs {
    pub logs: Vec<Log>,
    /// Blocks of which the endpoint left something out, for the final reckoning.
    pub short: Vec<(u64, B256)>,
    pub source: usize,
}

/// The last value of each key and its block.
pub type Ledger = [(u64, u64); KEYS];

impl Payload for Logs {
    type Ledger = Ledger;

    fn log_positions(&self) -> impl Iterator<Item = LogPosition> {
        self.logs.iter().map(|log| log.position)
    }

    fn bytes(&self) -> usize {
        self.logs.len() * 1_000
    }

    fn follow(&self, ledger: &mut Ledger, forgive: bool) -> Result<(), Gap> {
        for log in &self.logs {
            let (value, since) = ledger[log.key];
            if value + log.rise != log.after && !forgive {
                return Err(Gap {
                    since: since.max(START + 1),
                    at: log.position.number,
                    what: format!("a gap of key {}", log.key),
                });
            }
            ledger[log.key] = (log.after, log.position.number);
        }
        Ok(())
    }
}
