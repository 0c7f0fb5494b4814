//! What a generated chain is made of. A workload with the same name and version of this file is the same chain, byte for byte.

/// Who stakes where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// Each action is by a staker drawn by Zipf's law with exponent 1, on a node drawn evenly.
    Zipf,
    /// Every staker first enters a position on each of `positions / stakers` nodes, in a shuffled order, with other actions,
    /// drawn evenly, between.
    Uniform { positions: u64 },
}

/// A chain to be generated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workload {
    pub name: &'static str,
    pub seed: u64,
    pub nodes: usize,
    pub stakers: usize,
    pub choice: Choice,
    /// Generation goes on until the contract has emitted at least so many events, and for `tip_blocks` more.
    pub events: u64,
    /// The mean; a block has between half and one and a half times as many, and every 97th has none.
    pub events_per_block: u64,
    /// Where it is more than 1: only one block of so many has an event, and no more than one action's.
    pub blocks_per_action: u64,
    /// Chain time between blocks: long enough that unbonding (28 days) ends well within the chain.
    pub block_seconds: u64,
    /// Blocks at the end that can be held back, to be mined while somebody watches.
    pub tip_blocks: u64,
}

impl Workload {
    /// The workload of the benchmark: 200 nodes, 20,000 stakers by Zipf 1.0, 600,000 events in about 10,000 blocks.
    pub fn zipf() -> Self {
        Self {
            name: "zipf",
            seed: 2_026,
            nodes: 200,
            stakers: 20_000,
            choice: Choice::Zipf,
            events: 600_000,
            events_per_block: 60,
            blocks_per_action: 1,
            block_seconds: 720,
            tip_blocks: 400,
        }
    }

    /// Ten million events of one million positions: every one of 20,000 stakers on 50 of 200 nodes.
    pub fn uniform() -> Self {
        Self {
            name: "uniform",
            choice: Choice::Uniform { positions: 1_000_000 },
            events: 10_000_000,
            block_seconds: 360,
            ..Self::zipf()
        }
    }

    /// A quiet contract: two million blocks of 12 seconds, of which one in a hundred has a log.
    pub fn sparse() -> Self {
        Self {
            name: "sparse",
            nodes: 20,
            stakers: 300,
            events: 20_000,
            blocks_per_action: 100,
            block_seconds: 12,
            ..Self::zipf()
        }
    }

    /// A small chain whose blocks come by the clock, in the shortest slots that are believed to be some.
    pub fn clock() -> Self {
        Self { name: "clock", block_seconds: 4, ..Self::small(20_000) }
    }

    /// The named workload cut to `events`, with nodes and stakers in proportion: for tests.
    pub fn small(events: u64) -> Self {
        let zipf = Self::zipf();
        let part = |of: usize, least: usize| ((of as u64 * events / zipf.events) as usize).max(least);
        let blocks = (events / zipf.events_per_block).max(1);
        Self {
            name: "small",
            nodes: part(zipf.nodes, 12),
            stakers: part(zipf.stakers, 300),
            events,
            // The same chain time in fewer blocks, so that what unbonds also leaves.
            block_seconds: 7_200_000 / blocks,
            tip_blocks: 100,
            ..zipf
        }
    }

    /// By name: `zipf`, `uniform`, `sparse`, `clock`, or `small` (20,000 events).
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "zipf" => Some(Self::zipf()),
            "uniform" => Some(Self::uniform()),
            "sparse" => Some(Self::sparse()),
            "clock" => Some(Self::clock()),
            "small" => Some(Self::small(20_000)),
            _ => None,
        }
    }
}
