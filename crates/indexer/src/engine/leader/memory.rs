//! What outlives a reload of the database.

use std::collections::BTreeMap;

use crate::engine::known::{Anomaly, Known, PhantomHeads};
use crate::engine::range::{ConcurrencyLimit, RangeLength, Run};
use crate::engine::{EndpointName, Kept, Settings, provenance::Provenance, recheck::Pace, refusal::Refusals};

/// Most blocks at the tip asked for at once.
const TIP_BLOCKS: u64 = 200;

/// What is learnt about the endpoints: their limits, who gave what, and what did not fit.
#[derive(Debug)]
pub(in super::super) struct Learned {
    pub provenance: Provenance,
    /// What was written again before it was final: whether those who gave it left something out, shows when it is.
    pub replaced: Provenance,
    pub gap: Anomaly,
    pub missing_logs: Anomaly,
    /// Who told of blocks at the tip that nobody has, in the open round and how often in a row.
    pub phantom_heads: PhantomHeads,
    pub tip: Run,
    pub recheck_run: Run,
    pub recheck_pace: Pace,
    /// Questions that failed without saying why.
    pub refusals: Refusals,
}

/// Of the last time that this instance was leading.
#[derive(Debug)]
pub(in super::super) struct Memory {
    pub learned: Learned,
    pub length: RangeLength,
    pub concurrency: ConcurrencyLimit,
    pub window: BTreeMap<u64, Known>,
}

impl Memory {
    pub fn new(settings: &Settings) -> Self {
        let learned = Learned {
            provenance: Provenance::default(),
            replaced: Provenance::default(),
            gap: Anomaly::default(),
            missing_logs: Anomaly::default(),
            phantom_heads: PhantomHeads::default(),
            tip: Run::new(TIP_BLOCKS.min(settings.max_blocks)),
            recheck_run: Run::new(settings.max_blocks),
            recheck_pace: Pace::default(),
            refusals: Refusals::default(),
        };
        let length = RangeLength::new(settings.max_blocks);
        Self { learned, length, concurrency: ConcurrencyLimit::new(), window: BTreeMap::new() }
    }

    /// A block of the database. Whose logs it holds: not an endpoint's that gave more or fewer than are there.
    pub fn known(&self, kept: &Kept) -> Known {
        let known = self.window.get(&kept.number).filter(|known| (known.hash, known.logs) == (kept.hash, kept.logs));
        let endpoint: Option<EndpointName> = known.and_then(|known| known.endpoint.clone());
        Known { hash: kept.hash, logs: kept.logs, endpoint }
    }
}
