//! What an engine knows while it is the one that writes.

use std::collections::BTreeMap;

use linkpool_primitives::{B256, BlockRef};

use super::{
    HEADER_WINDOW, Settings,
    backfill::Backfill,
    message::{AskId, EndpointName, Header, Heads, Kept, Payload, Snapshot},
    provenance::Provenance,
    range::{ConcurrencyLimit, RangeLength, Run},
    recheck::{Pace, RecheckMismatches},
    refusal::Refusals,
    search::Search,
    write::Writing,
};

/// Most blocks at the tip asked for at once.
const TIP_BLOCKS: u64 = 200;

/// A written block that may still go.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub hash: B256,
    pub logs: u32,
    /// Who gave its logs, if that was since the start.
    pub endpoint: Option<EndpointName>,
}

/// A contradiction about one block, and what was done about it so far.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Anomaly {
    pub at: u64,
    /// How often it was met.
    pub observed: u32,
    /// How often something was fetched and written because of it. Only this can exhaust it: endpoints that fail prove nothing.
    pub retries: u32,
}

impl Anomaly {
    /// Meets a contradiction. What is behind one may be another, lower down: they count together until all are passed.
    pub fn observe(&mut self, at: u64) {
        self.at = self.at.max(at);
        self.observed += 1;
    }

    /// Everything up to `to` is settled.
    pub fn resolve(&mut self, to: u64) {
        if to >= self.at {
            *self = Self::default();
        }
    }
}

/// An endpoint that tells of blocks which neither it nor any other has.
#[derive(Debug, Default)]
pub(super) struct PhantomHeads {
    /// Who told of blocks that nobody gave a moment ago.
    open: Option<EndpointName>,
    proven: Option<(EndpointName, u32)>,
}

impl PhantomHeads {
    /// A single one may be an endpoint that went away in between.
    const MAX_TIMES: u32 = 3;

    /// Nobody has blocks that `heads_source` told of.
    pub fn missing(&mut self, heads_source: Option<EndpointName>) {
        self.open = heads_source;
    }

    /// `source` has the first of them. Returns the teller if it was another, once too often.
    pub fn delivered(&mut self, source: &EndpointName) -> Option<EndpointName> {
        self.proven.take_if(|(heads_source, _)| heads_source == source);
        let heads_source = self.open.take().filter(|heads_source| heads_source != source)?;
        let times = self.proven.take().filter(|(before, _)| *before == heads_source).map_or(1, |(_, times)| times + 1);
        if times >= Self::MAX_TIMES {
            return Some(heads_source);
        }
        self.proven = Some((heads_source, times));
        None
    }
}

#[derive(Debug)]
pub(super) struct LeaderState<P: Payload> {
    pub cursor: BlockRef,
    /// Everything up to here is final, and was compared with what the chain says now that it is.
    pub checked: u64,
    pub window: BTreeMap<u64, Known>,
    /// The block before the contract.
    pub start: (u64, B256),
    pub ledger: P::Ledger,
    pub backfill: Backfill<P>,
    pub provenance: Provenance,
    /// What was written again before it was final: whether those who gave it left something out, shows when it is.
    pub replaced: Provenance,
    pub tail: Option<(AskId, u64, u64)>,
    pub tip: Run,
    pub recheck: Option<(AskId, u64, u64)>,
    pub recheck_run: Run,
    pub recheck_pace: Pace,
    /// Questions that failed without saying why.
    pub refusals: Refusals,
    /// As [`Steady`](super::steady::Steady) has it.
    pub steady_head: u64,
    pub mismatches: RecheckMismatches,
    /// Who told of blocks at the tip that nobody has, in the open round and how often in a row.
    pub phantom_heads: PhantomHeads,
    pub search: Option<Search<P>>,
    pub writing: Option<Writing>,
    pub gap: Anomaly,
    pub missing_logs: Anomaly,
}

/// What outlives a reload: limits of the endpoints, and who gave what.
#[derive(Debug)]
pub(super) struct Memory {
    length: RangeLength,
    concurrency: ConcurrencyLimit,
    provenance: Provenance,
    replaced: Provenance,
    sources: BTreeMap<u64, Known>,
    gap: Anomaly,
    missing_logs: Anomaly,
    phantom_heads: PhantomHeads,
    tip: Run,
    recheck_run: Run,
    recheck_pace: Pace,
    refusals: Refusals,
}

impl Memory {
    pub fn new(settings: &Settings) -> Self {
        Self {
            length: RangeLength::new(settings.max_blocks),
            concurrency: ConcurrencyLimit::new(),
            provenance: Provenance::default(),
            replaced: Provenance::default(),
            sources: BTreeMap::new(),
            gap: Anomaly::default(),
            missing_logs: Anomaly::default(),
            phantom_heads: PhantomHeads::default(),
            tip: Run::new(TIP_BLOCKS.min(settings.max_blocks)),
            recheck_run: Run::new(settings.max_blocks),
            recheck_pace: Pace::default(),
            refusals: Refusals::default(),
        }
    }

    /// Whose logs the database holds: not an endpoint's that gave more or fewer than are there.
    fn source(&self, kept: &Kept) -> Option<EndpointName> {
        self.sources.get(&kept.number).filter(|known| (known.hash, known.logs) == (kept.hash, kept.logs))?.endpoint.clone()
    }
}

impl<P: Payload> LeaderState<P> {
    pub fn new(snapshot: Snapshot<P::Ledger>, memory: Memory, max_bytes: usize) -> Self {
        let Snapshot { cursor, finalized, headers, start, ledger, .. } = snapshot;
        let known = headers
            .into_iter()
            .map(|kept| (kept.number, Known { hash: kept.hash, logs: kept.logs, endpoint: memory.source(&kept) }));
        Self {
            checked: finalized.min(cursor.number).max(start.0),
            window: known.collect(),
            start,
            ledger,
            backfill: Backfill::new(cursor.number + 1, memory.length, memory.concurrency, max_bytes),
            provenance: memory.provenance,
            replaced: memory.replaced,
            tail: None,
            tip: memory.tip,
            recheck: None,
            recheck_run: memory.recheck_run,
            recheck_pace: memory.recheck_pace,
            refusals: memory.refusals,
            steady_head: u64::MAX,
            mismatches: RecheckMismatches::default(),
            phantom_heads: memory.phantom_heads,
            search: None,
            writing: None,
            gap: memory.gap,
            missing_logs: memory.missing_logs,
            cursor,
        }
    }

    pub fn remember(&mut self) -> Memory {
        Memory {
            length: self.backfill.length.clone(),
            concurrency: self.backfill.concurrency.clone(),
            provenance: std::mem::take(&mut self.provenance),
            replaced: std::mem::take(&mut self.replaced),
            sources: std::mem::take(&mut self.window),
            gap: self.gap,
            missing_logs: self.missing_logs,
            phantom_heads: std::mem::take(&mut self.phantom_heads),
            tip: self.tip.clone(),
            recheck_run: self.recheck_run.clone(),
            recheck_pace: self.recheck_pace.clone(),
            refusals: std::mem::take(&mut self.refusals),
        }
    }

    /// The last block that is read as a range: what is final, or, where nothing ever is, what is deeper than the window.
    pub fn settled(&self, heads: &Heads) -> u64 {
        if heads.finalized > 0 {
            return heads.finalized;
        }
        heads.head.number.min(self.steady_head).saturating_sub(HEADER_WINDOW)
    }

    /// What the database is to call final after a write up to `to`: no block that was not compared since it became so.
    pub fn final_tag(&self, heads: &Heads, to: u64) -> u64 {
        let all_checked = self.checked >= self.cursor.number;
        if to <= heads.finalized && all_checked { heads.finalized } else { self.checked.min(heads.finalized) }
    }

    /// Whether blocks that have become final are still to be compared.
    pub fn must_recheck(&self, heads: &Heads) -> bool {
        self.checked < heads.finalized.min(self.cursor.number)
    }

    /// Our hash at a height, as far as it is known.
    pub fn hash_at(&self, number: u64) -> Option<B256> {
        if number == self.cursor.number {
            return Some(self.cursor.hash);
        }
        let start = (self.start.0 == number).then_some(self.start.1);
        self.window.get(&number).map(|known| known.hash).or(start)
    }

    /// The last block above `number` of these that is written, and each in between: what comes after them is of another branch.
    pub fn last_shared(&self, number: u64, headers: &[Header]) -> u64 {
        let above = headers.iter().filter(|header| header.block.number > number);
        let shared = above.take_while(|header| self.hash_at(header.block.number) == Some(header.block.hash));
        shared.last().map_or(number, |header| header.block.number)
    }

    /// Gives up every open question; answers that still come are ignored.
    pub fn give_up_questions(&mut self) {
        self.backfill.restart(self.cursor.number + 1);
        (self.tail, self.recheck) = (None, None);
    }

    /// Drops headers that no reorg can reach.
    pub fn prune(&mut self, finalized: u64) {
        let lowest = self.checked.min(finalized).max(self.cursor.number.saturating_sub(HEADER_WINDOW));
        // Keys below split off; the rest stays.
        self.window = self.window.split_off(&lowest.min(self.cursor.number));
    }
}
