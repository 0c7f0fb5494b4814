//! The indexer as a pure state machine: inputs in, effects out. No I/O, no clock, nothing asynchronous, so that a simulator can
//! put it through anything ([docs/indexer.md](../../../../docs/indexer.md) says why each rule is there).
//!
//! What it decides: which blocks to ask for, whether an answer continues what is written, when to write, when the chain was
//! reorganized and from where, whom to accuse, and what to say when nothing moves. What it never does: look into an event, or
//! trust an answer that the next answer does not have to agree with.

mod backfill;
mod check;
mod context;
mod finals;
mod known;
mod leader;
mod message;
mod next;
mod poll;
mod provenance;
mod question;
mod range;
mod recheck;
mod refusal;
mod search;
mod settings;
mod steady;
mod watchdog;
mod writing;

pub use message::{
    Ask, AskId, Effect, EndpointName, Fault, Fetched, Gap, Hashes, Header, Heads, Input, Kept, LogPosition, Millis, Outcome,
    Payload, Snapshot, Write,
};
pub use settings::{HEADER_WINDOW, Settings};

use context::Context;
use leader::{Leader, Memory};
use next::Next;
use question::Part;

/// The state machine. Give it every input through [`Engine::step`], carry out what it returns, and call again no later than
/// [`Engine::wake_at`].
#[derive(Debug)]
pub struct Engine<P: Payload> {
    cx: Context<P>,
    mode: Mode<P>,
    /// Of the last time this instance was leading.
    memory: Option<Memory>,
}

#[derive(Debug)]
enum Mode<P: Payload> {
    /// Another instance writes.
    Standby,
    /// The database is being read; or is to be read again at this time.
    Loading {
        retry_at: Option<Millis>,
    },
    Leader(Box<Leader<P>>),
    /// A final block is gone.
    Stopped,
}

impl<P: Payload> Engine<P> {
    pub fn new(settings: Settings) -> Self {
        Self { cx: Context::new(settings), mode: Mode::Standby, memory: None }
    }

    /// Takes one input at a time and says what to do. Inputs may come in any order, late, or not at all.
    pub fn step(&mut self, now: Millis, input: Input<P>) -> Vec<Effect<P>> {
        self.cx.now = self.cx.now.max(now);
        let next = self.take(input);
        self.turn(next);
        self.drive();
        std::mem::take(&mut self.cx.effects)
    }

    fn take(&mut self, input: Input<P>) -> Next {
        let cx = &mut self.cx;
        match (input, &mut self.mode) {
            (Input::LeaseGained, Mode::Standby) => {
                cx.watchdog.took_over(cx.now);
                return Next::Load;
            }
            (Input::LeaseLost, _) => return Next::StandBy,
            (Input::Loaded(snapshot), Mode::Loading { .. }) => self.loaded(snapshot),
            (Input::Woken, _) => cx.poll.woken(cx.now),
            (input, Mode::Leader(leader)) => return leader.take(cx, input),
            // The chain's ends are heard of, and questions come back, whoever writes by now.
            (Input::Heads(id, endpoint, heads), _) => drop(cx.hear(id, &endpoint, heads)),
            (Input::Hashes(id, hashes), _) => drop(cx.attested(id, &hashes)),
            (Input::Failed(id, fault, problem), _) => {
                if cx.close(id) {
                    cx.question_failed(fault, Part::Other, problem);
                }
            }
            (Input::LoadFailed(problem), mode) => {
                cx.load_failed(problem);
                if matches!(mode, Mode::Loading { .. }) {
                    return Next::LoadLater;
                }
            }
            (Input::Tick | Input::LeaseGained | Input::Loaded(_) | Input::Ledger(..), _) => {}
            (Input::Fetched(..) | Input::Written(_), _) => {}
        }
        Next::Stay
    }

    fn turn(&mut self, next: Next) {
        match next {
            Next::Stay => {}
            Next::Load => {
                self.enter(Mode::Loading { retry_at: None });
                self.cx.watchdog.loads(self.cx.now);
                self.cx.effects.push(Effect::Load);
            }
            Next::LoadLater => self.enter(Mode::Loading { retry_at: Some(self.cx.watchdog.paused_until()) }),
            Next::StandBy => {
                if !matches!(self.mode, Mode::Stopped) {
                    self.enter(Mode::Standby);
                    self.cx.stand_by();
                }
            }
            Next::Stop { block, finalized } => {
                self.enter(Mode::Stopped);
                self.cx.effects.push(Effect::Stop { block, finalized });
            }
        }
    }

    /// What a leader has learnt outlives it.
    fn enter(&mut self, mode: Mode<P>) {
        if let Mode::Leader(leader) = std::mem::replace(&mut self.mode, mode) {
            self.memory = Some(leader.remember());
        }
    }

    fn loaded(&mut self, snapshot: Snapshot<P::Ledger>) {
        self.cx.watchdog.loaded(snapshot.state);
        let memory = self.memory.take().unwrap_or_else(|| Memory::new(&self.cx.settings));
        self.mode = Mode::Leader(Box::new(Leader::new(snapshot, memory, &self.cx)));
        self.cx.poll.hurry(self.cx.now);
    }

    /// Emits whatever is due. Every input ends here, so no input has to know what should follow from it.
    fn drive(&mut self) {
        match &mut self.mode {
            Mode::Standby | Mode::Stopped => {}
            Mode::Loading { retry_at } => {
                if retry_at.is_some_and(|at| at <= self.cx.now) {
                    self.turn(Next::Load);
                }
                self.cx.drive_watchdog(None);
            }
            Mode::Leader(leader) => leader.drive(&mut self.cx),
        }
    }

    /// When to call [`Engine::step`] at the latest.
    pub fn wake_at(&self) -> Millis {
        let wake = match &self.mode {
            Mode::Standby | Mode::Stopped => Millis::MAX,
            Mode::Loading { retry_at } => {
                retry_at.unwrap_or(Millis::MAX).min(self.cx.watchdog.next_state_due(&self.cx.settings, false))
            }
            Mode::Leader(leader) => leader.wake_at(&self.cx),
        };
        wake.max(self.cx.now + 1)
    }

    /// No block comes before then: the heads need not be asked for, unless something else than time asks for them.
    pub fn rest_until(&mut self, until: Millis) {
        self.cx.poll.rest_until(self.cx.now, until);
    }

    /// Whether this instance writes at the moment.
    pub fn is_leader(&self) -> bool {
        self.leader().is_some()
    }

    /// The last block written and the newest known, for progress lines.
    pub fn progress(&self) -> Option<(u64, u64)> {
        let leader = self.leader()?;
        Some((leader.cursor.number, self.cx.heads.map_or(0, |heads| heads.head.number)))
    }

    /// What the answers hold that wait for their turn.
    pub fn waiting_bytes(&self) -> usize {
        self.leader().map_or(0, |leader| leader.backfill.waiting_bytes())
    }

    fn leader(&self) -> Option<&Leader<P>> {
        if let Mode::Leader(leader) = &self.mode { Some(leader) } else { None }
    }
}
