//! The indexer as a pure state machine: inputs in, effects out. No I/O, no clock, nothing asynchronous, so that a simulator can
//! put it through anything ([docs/indexer.md](../../../../docs/indexer.md) says why each rule is there).
//!
//! What it decides: which blocks to ask for, whether an answer continues what is written, when to write, when the chain was
//! reorganized and from where, whom to accuse, and what to say when nothing moves. What it never does: look into an event, or
//! trust an answer that the next answer does not have to agree with.

mod answer;
mod attest;
mod backfill;
mod health;
mod leading;
mod message;
mod range;
mod recheck;
mod refusal;
mod search;
mod served;
mod steady;
mod write;

use std::collections::BTreeSet;

pub use message::{
    Ask, AskId, Effect, EndpointName, Fault, Fetched, Gap, Hashes, Header, Heads, Input, Kept, Millis, Outcome, Payload, Place,
    Snapshot, Write,
};

use attest::Finals;
use health::Health;
use leading::{Leading, Memory};
use steady::Steady;

/// How many headers are kept where the chain finalizes nothing; deeper than this a reorg counts as one below finality.
pub const HEADER_WINDOW: u64 = linkpool_db::ingest::HEADER_WINDOW;

#[derive(Debug, Clone)]
pub struct Settings {
    /// Most blocks in one range.
    pub most_blocks: u64,
    /// How often the head is asked for.
    pub poll_ms: Millis,
    /// Without progress for this long the condition is `stalled`.
    pub stalled_after_ms: Millis,
    /// How many endpoints there are: a final block is gone only when all of them say so.
    pub endpoints: usize,
    /// Answers that wait for their turn hold no more than this, unless it is one alone.
    pub most_bytes: usize,
}

/// The state machine. Give it every input through [`Engine::step`], carry out what it returns, and call again no later than
/// [`Engine::wake_at`].
#[derive(Debug)]
pub struct Engine<P: Payload> {
    settings: Settings,
    now: Millis,
    next_id: AskId,
    role: Role<P>,
    heads: Option<Heads>,
    /// Who told of the newest block, if it was asked.
    teller: Option<EndpointName>,
    heads_ask: Option<AskId>,
    heads_due: Millis,
    heads_asked: Millis,
    heads_told: Millis,
    steady: Steady,
    health: Health,
    finals: Finals,
    /// Endpoints that say a final block is gone.
    without_final: BTreeSet<EndpointName>,
    /// Of the last time this instance was leading.
    memory: Option<Memory>,
    effects: Vec<Effect<P>>,
}

#[derive(Debug)]
enum Role<P: Payload> {
    /// Another instance writes.
    Standby,
    /// The database is being read; or is to be read again at this time.
    Loading {
        retry_at: Option<Millis>,
    },
    Leading(Box<Leading<P>>),
    /// A final block is gone.
    Stopped,
}

impl<P: Payload> Engine<P> {
    pub fn new(settings: Settings) -> Self {
        Self {
            now: 0,
            next_id: 0,
            role: Role::Standby,
            heads: None,
            teller: None,
            heads_ask: None,
            heads_due: 0,
            heads_asked: 0,
            heads_told: 0,
            steady: Steady::default(),
            health: Health::new(settings.endpoints),
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
                if matches!(self.role, Role::Standby) {
                    self.health.took_over(self.now);
                    self.load();
                }
            }
            Input::LeaseLost => self.stand_by(),
            Input::Loaded(snapshot) => self.loaded(snapshot),
            Input::Ledger(at, ledger) => self.ledger(at, ledger),
            Input::LoadFailed(problem) => {
                if self.health.is_worth_a_line(self.now) {
                    self.effects.push(Effect::Note(format!("the database could not be read: {problem}")));
                }
                self.health.failed(self.now, problem);
                if let Role::Leading(leading) = &mut self.role {
                    leading.search = None;
                }
                if matches!(self.role, Role::Loading { .. }) {
                    self.role = Role::Loading { retry_at: Some(self.health.paused_until()) };
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
        let poll = if self.heads_ask.is_none() { self.heads_due.max(self.health.paused_until()) } else { Millis::MAX };
        let wake = match &self.role {
            Role::Standby | Role::Stopped => Millis::MAX,
            Role::Loading { retry_at } => retry_at.unwrap_or(Millis::MAX).min(self.health.next_word(&self.settings, false)),
            Role::Leading(leading) => {
                let pause = self.health.paused_until();
                let recheck = leading.recheck_pace.next();
                let later = [pause, recheck].into_iter().filter(|at| *at > self.now).min().unwrap_or(Millis::MAX);
                poll.min(self.health.next_word(&self.settings, true)).min(later)
            }
        };
        wake.max(self.now + 1)
    }

    /// Whether this instance writes at the moment.
    pub fn is_leading(&self) -> bool {
        matches!(self.role, Role::Leading(_))
    }

    /// The last block written and the newest known, for progress lines.
    pub fn progress(&self) -> Option<(u64, u64)> {
        let Role::Leading(leading) = &self.role else { return None };
        Some((leading.cursor.number, self.heads.map_or(0, |heads| heads.head.number)))
    }

    /// What the answers hold that wait for their turn.
    pub fn waiting_bytes(&self) -> usize {
        let Role::Leading(leading) = &self.role else { return 0 };
        leading.backfill.waiting_bytes()
    }

    fn ask(&mut self, ask: Ask) -> AskId {
        self.next_id += 1;
        self.effects.push(Effect::Ask(self.next_id, ask));
        self.next_id
    }

    fn load(&mut self) {
        self.remember();
        self.role = Role::Loading { retry_at: None };
        self.health.loads(self.now);
        self.effects.push(Effect::Load);
    }

    fn remember(&mut self) {
        if let Role::Leading(leading) = &mut self.role {
            self.memory = Some(leading.remember());
        }
    }

    fn stand_by(&mut self) {
        self.remember();
        if !matches!(self.role, Role::Stopped) {
            self.health.stands_by();
            self.role = Role::Standby;
            self.heads_ask = None;
            self.finals.forget_question();
        }
    }

    fn loaded(&mut self, snapshot: Snapshot<P::Ledger>) {
        if !matches!(self.role, Role::Loading { .. }) {
            return;
        }
        self.health.loaded(snapshot.state);
        let memory = self.memory.take().unwrap_or_else(|| Memory::new(&self.settings));
        let mut leading = Leading::new(snapshot, memory, self.settings.most_bytes);
        if self.heads.is_some() {
            leading.steady_head = self.steady.head;
        }
        self.role = Role::Leading(Box::new(leading));
        self.heads_due = self.heads_due.min(self.now);
    }

    /// Emits whatever is due. Every input ends here, so no input has to know what should follow from it.
    fn drive(&mut self) {
        match &mut self.role {
            Role::Standby | Role::Stopped => return,
            Role::Loading { retry_at } => {
                if retry_at.is_some_and(|at| at <= self.now) {
                    self.load();
                }
                return self.drive_health();
            }
            Role::Leading(_) => {}
        }
        if self.health.paused_until() <= self.now {
            self.drive_heads();
            self.drive_search();
        }
        self.drive_write();
        if self.health.paused_until() <= self.now {
            self.drive_attest();
            self.drive_recheck();
            self.drive_backfill();
            self.drive_tail();
        }
        self.drive_health();
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
        let (Role::Leading(leading), Some(heads)) = (&mut self.role, heads) else { return };
        if leading.search.is_some() || leading.tail.is_some() || leading.must_recheck(&heads) {
            return;
        }
        let last = leading.settled(&heads);
        while let Some((from, to)) = leading.backfill.next(last) {
            self.next_id += 1;
            let by_hash = from == to && leading.backfill.by_hash.contains_key(&from);
            // What is final is not read a second time: no bloom may deny its logs.
            let ask = if by_hash { Ask::Blocks { from, to, whole: true } } else { Ask::Range { from, to } };
            self.effects.push(Effect::Ask(self.next_id, ask));
            leading.backfill.asked(self.next_id, backfill::Piece { from, to, asked_at: now });
        }
    }

    /// The blocks that may still go: one question at a time, each continuing the last.
    fn drive_tail(&mut self) {
        let Some(heads) = self.heads else { return };
        let Role::Leading(leading) = &mut self.role else { return };
        let next = leading.cursor.number + 1;
        let is_busy = leading.search.is_some() || leading.tail.is_some() || leading.writing.is_some();
        if is_busy || !leading.backfill.is_idle() || next <= leading.settled(&heads) || next > heads.head.number {
            return;
        }
        let to = heads.head.number.min(next + leading.tip.blocks() - 1);
        // Where an answer had a gap, a bloom may be why.
        let whole = leading.gap.met > 0;
        let id = self.ask(Ask::Blocks { from: next, to, whole });
        if let Role::Leading(leading) = &mut self.role {
            leading.tail = Some((id, next, to));
        }
    }
}
