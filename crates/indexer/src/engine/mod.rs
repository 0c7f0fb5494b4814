//! The indexer as a pure state machine: inputs in, effects out. No I/O, no clock, nothing asynchronous, so that a simulator can
//! put it through anything ([docs/indexer.md](../../../../docs/indexer.md) says why each rule is there).
//!
//! What it decides: which blocks to ask for, whether an answer continues what is written, when to write, when the chain was
//! reorganized and from where, whom to accuse, and what to say when nothing moves. What it never does: look into an event, or
//! trust an answer that the next answer does not have to agree with.

mod answer;
mod attest;
mod backfill;
mod leader_state;
mod message;
mod provenance;
mod range;
mod recheck;
mod refusal;
mod search;
mod steady;
mod watchdog;
mod write;

use std::collections::BTreeSet;

pub use message::{
    Ask, AskId, Effect, EndpointName, Fault, Fetched, Gap, Hashes, Header, Heads, Input, Kept, LogPosition, Millis, Outcome,
    Payload, Snapshot, Write,
};

use attest::Finals;
use leader_state::{LeaderState, Memory};
use steady::Steady;
use watchdog::Watchdog;

/// How many headers are kept where the chain finalizes nothing; deeper than this a reorg counts as one below finality.
pub const HEADER_WINDOW: u64 = linkpool_db::ingest::HEADER_WINDOW;

#[derive(Debug, Clone)]
pub struct Settings {
    /// Most blocks in one range.
    pub max_blocks: u64,
    /// How often the head is asked for.
    pub poll_ms: Millis,
    /// Without progress for this long the condition is `stalled`.
    pub stalled_after_ms: Millis,
    /// How many endpoints there are: a final block is gone only when all of them say so.
    pub endpoints: usize,
    /// Answers that wait for their turn hold no more than this, unless it is one alone.
    pub max_bytes: usize,
}

/// The state machine. Give it every input through [`Engine::step`], carry out what it returns, and call again no later than
/// [`Engine::wake_at`].
#[derive(Debug)]
pub struct Engine<P: Payload> {
    settings: Settings,
    now: Millis,
    next_id: AskId,
    mode: Mode<P>,
    heads: Option<Heads>,
    /// Who told of the newest block, if it was asked.
    heads_source: Option<EndpointName>,
    heads_ask: Option<AskId>,
    heads_due: Millis,
    heads_asked: Millis,
    heads_told: Millis,
    steady: Steady,
    watchdog: Watchdog,
    finals: Finals,
    /// Endpoints that say a final block is gone.
    without_final: BTreeSet<EndpointName>,
    /// Of the last time this instance was leading.
    memory: Option<Memory>,
    effects: Vec<Effect<P>>,
}

#[derive(Debug)]
enum Mode<P: Payload> {
    /// Another instance writes.
    Standby,
    /// The database is being read; or is to be read again at this time.
    Loading {
        retry_at: Option<Millis>,
    },
    Leader(Box<LeaderState<P>>),
    /// A final block is gone.
    Stopped,
}

impl<P: Payload> Engine<P> {
    pub fn new(settings: Settings) -> Self {
        Self {
            now: 0,
            next_id: 0,
            mode: Mode::Standby,
            heads: None,
            heads_source: None,
            heads_ask: None,
            heads_due: 0,
            heads_asked: 0,
            heads_told: 0,
            steady: Steady::default(),
            watchdog: Watchdog::new(settings.endpoints),
            finals: Finals::default(),
            without_final: Default::default(),
            memory: None,
            effects: Vec::new(),
            settings,
        }
    }

    /// Takes one input at a time and says what to do. Inputs may come in any order, late, or not at all.
    pub fn step(&mut self, now: Millis, input: Input<P>) -> Vec<Effect<P>> {
        self.now = self.now.max(now);
        match input {
            Input::Tick => {}
            Input::LeaseGained => {
                if matches!(self.mode, Mode::Standby) {
                    self.watchdog.took_over(self.now);
                    self.load();
                }
            }
            Input::LeaseLost => self.stand_by(),
            Input::Loaded(snapshot) => self.loaded(snapshot),
            Input::Ledger(at, ledger) => self.ledger(at, ledger),
            Input::LoadFailed(problem) => {
                if self.watchdog.is_worth_a_line(self.now) {
                    self.effects.push(Effect::Log(format!("the database could not be read: {problem}")));
                }
                self.watchdog.failed(self.now, problem);
                if let Mode::Leader(leader) = &mut self.mode {
                    leader.search = None;
                }
                if matches!(self.mode, Mode::Loading { .. }) {
                    self.mode = Mode::Loading { retry_at: Some(self.watchdog.paused_until()) };
                }
            }
            Input::Woken => self.woken(),
            Input::Heads(id, endpoint, heads) => self.heads(id, &endpoint, heads),
            Input::Fetched(id, fetched) => self.fetched(id, fetched),
            Input::Hashes(id, hashes) => self.hashes(id, hashes),
            Input::Failed(id, fault, problem) => self.failed(id, fault, problem),
            Input::Written(outcome) => self.written(outcome),
        }
        self.drive();
        std::mem::take(&mut self.effects)
    }

    /// When to call [`Engine::step`] at the latest.
    pub fn wake_at(&self) -> Millis {
        let poll = if self.heads_ask.is_none() { self.heads_due.max(self.watchdog.paused_until()) } else { Millis::MAX };
        let wake = match &self.mode {
            Mode::Standby | Mode::Stopped => Millis::MAX,
            Mode::Loading { retry_at } => {
                retry_at.unwrap_or(Millis::MAX).min(self.watchdog.next_state_due(&self.settings, false))
            }
            Mode::Leader(leader) => {
                let pause = self.watchdog.paused_until();
                let recheck = leader.recheck_pace.next();
                let later = [pause, recheck].into_iter().filter(|at| *at > self.now).min().unwrap_or(Millis::MAX);
                poll.min(self.watchdog.next_state_due(&self.settings, true)).min(later)
            }
        };
        wake.max(self.now + 1)
    }

    /// Whether this instance writes at the moment.
    pub fn is_leader(&self) -> bool {
        matches!(self.mode, Mode::Leader(_))
    }

    /// The last block written and the newest known, for progress lines.
    pub fn progress(&self) -> Option<(u64, u64)> {
        let Mode::Leader(leader) = &self.mode else { return None };
        Some((leader.cursor.number, self.heads.map_or(0, |heads| heads.head.number)))
    }

    /// What the answers hold that wait for their turn.
    pub fn waiting_bytes(&self) -> usize {
        let Mode::Leader(leader) = &self.mode else { return 0 };
        leader.backfill.waiting_bytes()
    }

    fn ask(&mut self, ask: Ask) -> AskId {
        self.next_id += 1;
        self.effects.push(Effect::Ask(self.next_id, ask));
        self.next_id
    }

    fn load(&mut self) {
        self.remember();
        self.mode = Mode::Loading { retry_at: None };
        self.watchdog.loads(self.now);
        self.effects.push(Effect::Load);
    }

    fn remember(&mut self) {
        if let Mode::Leader(leader) = &mut self.mode {
            self.memory = Some(leader.remember());
        }
    }

    fn stand_by(&mut self) {
        self.remember();
        if !matches!(self.mode, Mode::Stopped) {
            self.watchdog.stands_by();
            self.mode = Mode::Standby;
            self.heads_ask = None;
            self.finals.forget_question();
        }
    }

    fn loaded(&mut self, snapshot: Snapshot<P::Ledger>) {
        if !matches!(self.mode, Mode::Loading { .. }) {
            return;
        }
        self.watchdog.loaded(snapshot.state);
        let memory = self.memory.take().unwrap_or_else(|| Memory::new(&self.settings));
        let mut leader = LeaderState::new(snapshot, memory, self.settings.max_bytes);
        if self.heads.is_some() {
            leader.steady_head = self.steady.head;
        }
        self.mode = Mode::Leader(Box::new(leader));
        self.heads_due = self.heads_due.min(self.now);
    }

    /// Emits whatever is due. Every input ends here, so no input has to know what should follow from it.
    fn drive(&mut self) {
        match &mut self.mode {
            Mode::Standby | Mode::Stopped => return,
            Mode::Loading { retry_at } => {
                if retry_at.is_some_and(|at| at <= self.now) {
                    self.load();
                }
                return self.drive_watchdog();
            }
            Mode::Leader(_) => {}
        }
        if self.watchdog.paused_until() <= self.now {
            self.drive_heads();
            self.drive_search();
        }
        self.drive_write();
        if self.watchdog.paused_until() <= self.now {
            self.drive_attest();
            self.drive_recheck();
            self.drive_backfill();
            self.drive_tail();
        }
        self.drive_watchdog();
    }

    fn drive_heads(&mut self) {
        if self.heads_ask.is_none() && self.heads_due <= self.now {
            (self.heads_asked, self.heads_due) = (self.now, self.now + self.settings.poll_ms);
            self.heads_ask = Some(self.ask(Ask::Heads));
        }
    }

    /// Ranges that are final: several at once.
    fn drive_backfill(&mut self) {
        let (now, heads) = (self.now, self.heads);
        let (Mode::Leader(leader), Some(heads)) = (&mut self.mode, heads) else { return };
        if leader.search.is_some() || leader.tail.is_some() || leader.must_recheck(&heads) {
            return;
        }
        let last = leader.settled(&heads);
        while let Some((from, to)) = leader.backfill.next(last) {
            self.next_id += 1;
            let by_hash = from == to && leader.backfill.by_hash.contains_key(&from);
            // What is final is not read a second time: no bloom may deny its logs.
            let ask = if by_hash { Ask::Blocks { from, to, ignore_bloom: true } } else { Ask::Range { from, to } };
            self.effects.push(Effect::Ask(self.next_id, ask));
            leader.backfill.asked(self.next_id, backfill::Piece { from, to, asked_at: now });
        }
    }

    /// The blocks that may still go: one question at a time, each continuing the last.
    fn drive_tail(&mut self) {
        let Some(heads) = self.heads else { return };
        let Mode::Leader(leader) = &mut self.mode else { return };
        let next = leader.cursor.number + 1;
        let is_busy = leader.search.is_some() || leader.tail.is_some() || leader.writing.is_some();
        if is_busy || !leader.backfill.is_idle() || next <= leader.settled(&heads) || next > heads.head.number {
            return;
        }
        let to = heads.head.number.min(next + leader.tip.blocks() - 1);
        // Where an answer had a gap, a bloom may be why.
        let ignore_bloom = leader.gap.observed > 0;
        let id = self.ask(Ask::Blocks { from: next, to, ignore_bloom });
        if let Mode::Leader(leader) = &mut self.mode {
            leader.tail = Some((id, next, to));
        }
    }
}
