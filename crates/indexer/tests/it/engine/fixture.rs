//! An engine that a test feeds by hand, and a payload that holds what the test says.

use std::{collections::BTreeMap, sync::Arc};

use linkpool_indexer::engine::{
    Ask, AskId, Effect, EndpointName, Engine, Fetched, Gap, Hashes, Header, Heads, Input, LogPosition, Outcome, Payload,
    Settings, Snapshot,
};
use linkpool_primitives::{B256, BlockRef, IndexerState};

pub const STALLED_AFTER_MS: u64 = 60_000;

/// Logs at given places, and a gap unless it is forgiven.
#[derive(Debug, Default)]
pub struct TestPayload {
    pub log_positions: Vec<LogPosition>,
    pub gap: Option<Gap>,
    pub bytes: usize,
}

impl TestPayload {
    /// A log in each of these blocks of branch 1.
    pub fn logs(blocks: &[u64]) -> Self {
        let place = |number: &u64| LogPosition { number: *number, hash: block(*number, 1).hash, index: 0 };
        Self { log_positions: blocks.iter().map(place).collect(), ..Self::default() }
    }

    pub fn with_gap(since: u64, at: u64) -> Self {
        let gap = Gap { since, at, what: format!("block {at} does not continue {since}") };
        Self { gap: Some(gap), ..Self::default() }
    }
}

impl Payload for TestPayload {
    type Ledger = ();

    fn log_positions(&self) -> impl Iterator<Item = LogPosition> {
        self.log_positions.iter().copied()
    }

    fn bytes(&self) -> usize {
        self.bytes
    }

    fn follow(&self, (): &mut (), forgive: bool) -> Result<(), Gap> {
        self.gap.clone().filter(|_| !forgive).map_or(Ok(()), Err)
    }
}

pub fn block(number: u64, branch: u8) -> BlockRef {
    BlockRef { number, hash: B256::left_padding_from(&[branch, number as u8]), timestamp: number }
}

pub struct EngineFixture {
    pub engine: Engine<TestPayload>,
    pub now: u64,
    /// Where the database stands.
    pub cursor: u64,
    pub effects: Vec<Effect<TestPayload>>,
    /// Logs that were written, by block.
    logs: BTreeMap<u64, u32>,
    has_heard: bool,
}

impl EngineFixture {
    /// Leading, with the cursor at `cursor` of branch 1, everything below 10 final.
    pub fn at(cursor: u64, endpoints: usize) -> Self {
        Self::holding(cursor, endpoints, 64 << 20)
    }

    /// The same, where answers that wait may hold so many bytes.
    pub fn holding(cursor: u64, endpoints: usize, max_bytes: usize) -> Self {
        let settings = Settings { max_blocks: 100, poll_ms: 1_000, stalled_after_ms: STALLED_AFTER_MS, endpoints, max_bytes };
        let mut fixture =
            Self { engine: Engine::new(settings), now: 0, cursor, effects: Vec::new(), logs: BTreeMap::new(), has_heard: false };
        fixture.put(Input::LeaseGained);
        fixture.load(10.min(cursor));
        fixture
    }

    pub fn load(&mut self, finalized: u64) {
        let logs = |number| self.logs.get(&number).copied().unwrap_or(0);
        let kept = |number| linkpool_indexer::engine::Kept { number, hash: block(number, 1).hash, logs: logs(number) };
        let headers = (finalized..=self.cursor).map(kept).collect();
        self.put(Input::Loaded(Snapshot {
            cursor: block(self.cursor, 1),
            finalized,
            state: IndexerState::Ok,
            headers,
            start: (1, block(1, 1).hash),
            ledger: (),
        }));
    }

    pub fn put(&mut self, input: Input<TestPayload>) {
        self.effects.extend(self.engine.step(self.now, input));
    }

    pub fn wait(&mut self, ms: u64) {
        self.now += ms;
        self.put(Input::Tick);
    }

    /// The open question that `wanted` is about.
    pub fn asked(&mut self, wanted: impl Fn(&Ask) -> bool) -> Option<(AskId, Ask)> {
        let index = self.effects.iter().position(|effect| matches!(effect, Effect::Ask(_, ask) if wanted(ask)))?;
        match self.effects.remove(index) {
            Effect::Ask(id, ask) => Some((id, ask)),
            _ => None,
        }
    }

    /// Answers what the heads are; the first time twice, because one answer counts for nothing.
    pub fn heads(&mut self, head: BlockRef, finalized: u64) {
        self.tell(Heads { head, safe: finalized, finalized, finalized_hash: None });
        if !std::mem::replace(&mut self.has_heard, true) {
            self.tell(Heads { head, safe: finalized, finalized, finalized_hash: None });
        }
    }

    pub fn tell(&mut self, heads: Heads) {
        let (id, _) = self.asked(|ask| *ask == Ask::Heads).expect("the heads are asked for");
        self.put(Input::Heads(id, name("a"), heads));
    }

    /// Answers everything that is asked, by branch 1 with its head at `head`, until nothing is: logs as `payload` says for their
    /// range, by the endpoint that it names. Writes succeed and come back, each with the block below it where it replaces.
    pub fn serve(
        &mut self,
        head: u64,
        finalized: u64,
        mut payload: impl FnMut(u64, u64) -> (&'static str, TestPayload),
    ) -> Vec<(Option<u64>, u64)> {
        let mut writes = Vec::new();
        let is_open = |effect: &Effect<TestPayload>| {
            matches!(effect, Effect::Ask(..) | Effect::Load | Effect::LoadLedger(_) | Effect::Write(_))
        };
        while let Some(index) = self.effects.iter().position(is_open) {
            match self.effects.remove(index) {
                Effect::Ask(id, Ask::Heads) => {
                    let heads = Heads { head: block(head, 1), safe: finalized, finalized, finalized_hash: None };
                    self.put(Input::Heads(id, name("a"), heads));
                }
                Effect::Ask(id, Ask::Hashes(heights)) => {
                    let blocks = heights.iter().map(|number| (*number, Some(block(*number, 1)))).collect();
                    self.put(Input::Hashes(id, Hashes { endpoint: name("a"), blocks }));
                }
                Effect::Ask(id, Ask::Links { from, to }) => self.put(Input::Hashes(id, links(from, to, 1))),
                Effect::Ask(id, Ask::Range { from, to } | Ask::Blocks { from, to, .. }) => {
                    let (endpoint, payload) = payload(from, to);
                    self.put(Input::Fetched(id, Fetched { endpoint: name(endpoint), payload, ..blocks(from, to, 1) }));
                }
                Effect::Load => self.load(10.min(finalized)),
                Effect::LoadLedger(at) => self.put(Input::Ledger(at, ())),
                Effect::Write(write) => {
                    if let Some(ancestor) = write.ancestor {
                        self.logs.split_off(&(ancestor.number + 1));
                    }
                    for place in write.payloads.iter().flat_map(TestPayload::log_positions) {
                        *self.logs.entry(place.number).or_default() += 1;
                    }
                    self.cursor = write.to.number;
                    writes.push((write.ancestor.map(|block| block.number), write.to.number));
                    self.put(Input::Written(Outcome::Written));
                }
                _ => {}
            }
        }
        writes
    }

    pub fn heads_if_asked(&mut self, head: BlockRef, finalized: u64) {
        if self.effects.iter().any(|effect| matches!(effect, Effect::Ask(_, Ask::Heads))) {
            self.heads(head, finalized);
        }
    }

    /// Fetches and writes blocks at the tip.
    pub fn write_tail(&mut self, from: u64, to: u64, endpoint: &str, payload: TestPayload) {
        let (id, ask) = self.asked(|ask| matches!(ask, Ask::Blocks { .. })).expect("the tip is asked for");
        assert_eq!(ask, Ask::Blocks { from, to, ignore_bloom: false });
        self.put(Input::Fetched(id, Fetched { endpoint: name(endpoint), payload, ..blocks(from, to, 1) }));
        let index = self.effects.iter().position(|effect| matches!(effect, Effect::Write(_))).expect("they are written");
        self.effects.remove(index);
        self.cursor = to;
        self.put(Input::Written(Outcome::Written));
    }

    pub fn reported_faulty(&self) -> Vec<&str> {
        self.effects
            .iter()
            .filter_map(|effect| if let Effect::ReportFaulty(name, _) = effect { Some(&**name) } else { None })
            .collect()
    }

    /// What was said of this state.
    pub fn details(&self, state: IndexerState) -> Vec<String> {
        let detail = |effect: &Effect<TestPayload>| match effect {
            Effect::SetState(said, Some(detail)) if *said == state => Some(detail.clone()),
            _ => None,
        };
        self.effects.iter().filter_map(detail).collect()
    }

    pub fn said(&self) -> Vec<IndexerState> {
        self.effects
            .iter()
            .filter_map(|effect| if let Effect::SetState(state, _) = effect { Some(*state) } else { None })
            .collect()
    }
}

pub fn name(name: &str) -> EndpointName {
    Arc::from(name)
}

pub fn blocks(from: u64, to: u64, branch: u8) -> Fetched<TestPayload> {
    let header = |number| Header { block: block(number, branch), parent_hash: block(number - 1, branch).hash };
    Fetched {
        endpoint: name("a"),
        first_parent: block(from - 1, branch).hash,
        headers: (from..=to).map(header).collect(),
        payload: TestPayload::default(),
        answer_bytes: 0,
    }
}

/// The run of parents `from..=to` as endpoint "a" gives it.
pub fn links(from: u64, to: u64, branch: u8) -> Hashes {
    Hashes { endpoint: name("a"), blocks: (from..=to).map(|number| (number, Some(block(number, branch)))).collect() }
}
