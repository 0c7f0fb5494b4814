//! Whether things move, and what to say when they don't.
#![deny(clippy::wildcard_enum_match_arm)]

mod sentence;

use linkpool_primitives::IndexerState;
use smart_default::SmartDefault;

pub(super) use sentence::Position;

use super::{message::Millis, settings::Settings};

const FIRST_PAUSE_MS: Millis = 50;
/// Shorter than an endpoint is avoided for (5 s), so that the next question goes to another. Where there is another, only what every
/// one of them has refused may pause the questions for longer.
const LONGEST_PAUSE_MS: Millis = 2_500;
/// Problems that do not go away by themselves are looked at this often.
const LONG_PAUSE_MS: Millis = 15_000;
/// How long a gap that was passed over stands beside the state: by then a comparison with the contract has found what is missing,
/// and its word lasts.
const TELL_GAP_MS: Millis = 1_800_000;

/// Answers of no use, without progress in between, after which nobody is expected to give better ones.
const UNUSABLE: u32 = 8;
/// A failure that goes on is worth a line this often.
const TELL_AGAIN_MS: Millis = 60_000;

#[derive(Debug, SmartDefault)]
pub(super) struct Watchdog {
    /// Failures since blocks were last written that had not been before. An answer alone is no progress.
    failures: u32,
    /// Answers since then that contradicted something, and refusals in words that are not known.
    unusable: u32,
    paused_until: Millis,
    last_progress: Millis,
    /// The highest block ever written: below it a write only repeats.
    highest: u64,
    /// A gap that was passed over, and when.
    passed_over: Option<(Millis, String)>,
    problem: Option<String>,
    /// Since when the database has been read, blocks have been written, and final ones been compared, without an end.
    loads: Option<Millis>,
    writes: Option<Millis>,
    rechecks: Option<Millis>,
    recheck_problem: Option<String>,
    told: Option<Millis>,
    /// Whether there is only one endpoint, which a pause keeps nobody from.
    is_alone: bool,
    /// What the database says, and whether that includes the gap.
    #[default(IndexerState::Ok)]
    shown: IndexerState,
    shows_gap: bool,
}

impl Watchdog {
    pub fn new(endpoints: usize) -> Self {
        Self { is_alone: endpoints == 1, ..Self::default() }
    }

    pub fn paused_until(&self) -> Millis {
        self.paused_until
    }

    pub fn is_alone(&self) -> bool {
        self.is_alone
    }

    /// Whether that is what the database says.
    pub fn shows(&self, state: IndexerState) -> bool {
        self.shown == state
    }

    pub fn show(&mut self, state: IndexerState) {
        self.shown = state;
    }

    /// What is due to be said, and when, the gravest first; while the database is read, only what that is about.
    fn due(&self, settings: &Settings, is_leader: bool) -> impl Iterator<Item = (Millis, IndexerState)> {
        let patience = settings.stalled_after_ms;
        let since = |since: Option<Millis>, state| since.map(|since| (since + patience, state));
        let enough = UNUSABLE.max(u32::try_from(settings.endpoints * 2).unwrap_or(UNUSABLE));
        let unusable = (self.unusable >= enough).then_some((self.last_progress + patience / 2, IndexerState::CannotServe));
        let all = [
            since(self.loads, IndexerState::CannotLoad),
            since(self.writes, IndexerState::CannotWrite),
            unusable,
            since(Some(self.last_progress), IndexerState::Stalled),
            since(self.rechecks, IndexerState::CannotRecheck),
        ];
        let is_meant =
            move |state: IndexerState| is_leader || matches!(state, IndexerState::CannotLoad | IndexerState::CannotWrite);
        all.into_iter().flatten().filter(move |(_, state)| is_meant(*state) && self.may_show(*state))
    }

    /// Whether it says more than what is shown.
    fn may_show(&self, state: IndexerState) -> bool {
        use IndexerState::{
            Backfilling, BlockTooLarge, CannotLoad, CannotRecheck, CannotServe, CannotWrite, Ok, ReorgBelowFinality, Stalled,
        };
        match state {
            CannotLoad | CannotWrite => !matches!(self.shown, CannotLoad | CannotWrite | ReorgBelowFinality),
            CannotServe => matches!(self.shown, Ok | CannotRecheck | Stalled),
            Stalled => matches!(self.shown, Ok | CannotRecheck),
            CannotRecheck => self.shown == Ok,
            // Said where they are found, and not by waiting.
            Ok | Backfilling | BlockTooLarge | ReorgBelowFinality => false,
        }
    }

    /// When there may be something to say.
    pub fn next_state_due(&self, settings: &Settings, is_leader: bool) -> Millis {
        self.due(settings, is_leader).map(|(at, _)| at).min().unwrap_or(Millis::MAX)
    }

    /// What is to be said now, if anything is.
    pub fn due_now(&self, settings: &Settings, now: Millis, leader: Option<Position>) -> Option<(IndexerState, String)> {
        let (_, state) = self.due(settings, leader.is_some()).find(|(at, _)| *at <= now)?;
        Some((state, self.sentence(state, settings, now, leader)))
    }

    /// Nothing is asked for a while, longer each time. Questions that were open together fail together, and count once.
    pub fn failed(&mut self, now: Millis, problem: String) {
        if now >= self.paused_until {
            let is_seldom = self.is_alone && self.shown == IndexerState::CannotServe;
            let longest = if is_seldom { LONG_PAUSE_MS } else { LONGEST_PAUSE_MS };
            self.pause(now + (FIRST_PAUSE_MS << self.failures.min(10)).min(longest));
            self.failures += 1;
        }
        self.problem = Some(problem);
    }

    pub fn failed_for_long(&mut self, now: Millis, problem: String) {
        self.pause(now + LONG_PAUSE_MS);
        self.problem = Some(problem);
    }

    pub fn limited(&mut self, now: Millis, wait: Option<Millis>, problem: String) {
        self.failed(now, problem);
        if let Some(wait) = wait {
            // It says when it can be asked again, and not when another can.
            self.pause(now + wait.min(if self.is_alone { LONG_PAUSE_MS } else { LONGEST_PAUSE_MS }));
        }
    }

    fn pause(&mut self, until: Millis) {
        self.paused_until = self.paused_until.max(until);
    }

    /// An answer that is of no use and does not say that a later one will be.
    pub fn unusable(&mut self) {
        self.unusable = self.unusable.saturating_add(1);
    }

    /// Taking over is not progress, but its clock restarts with the instance that writes.
    pub fn took_over(&mut self, now: Millis) {
        (self.last_progress, self.highest) = (now, 0);
    }

    /// Another instance writes.
    pub fn stands_by(&mut self) {
        (self.loads, self.writes, self.rechecks) = (None, None, None);
    }

    pub fn loads(&mut self, now: Millis) {
        self.loads.get_or_insert(now);
    }

    /// Reading the database again is no progress: after a write that fails, the same write may follow for ever.
    pub fn loaded(&mut self, state: IndexerState) {
        (self.loads, self.told) = (None, None);
        // How far behind the head it is, each write says: nothing is wrong with that.
        self.shown = if state == IndexerState::Backfilling { IndexerState::Ok } else { state };
    }

    /// Whether a failure of what goes on failing is to be told now.
    pub fn is_worth_a_line(&mut self, now: Millis) -> bool {
        let is_due = self.told.is_none_or(|told| now >= told + TELL_AGAIN_MS);
        if is_due {
            self.told = Some(now);
        }
        is_due
    }

    pub fn writes(&mut self, now: Millis) {
        self.writes.get_or_insert(now);
    }

    /// Its outcome is known.
    pub fn write_ended(&mut self) {
        self.writes = None;
    }

    /// Blocks are to be compared.
    pub fn rechecks(&mut self, now: Millis) {
        self.rechecks.get_or_insert(now);
    }

    pub fn rechecked(&mut self) {
        (self.rechecks, self.recheck_problem) = (None, None);
    }

    pub fn recheck_failed(&mut self, problem: String) {
        self.recheck_problem = Some(problem);
    }

    /// A write moved the cursor, which also says `ok` in the database, unless blocks can't be compared. Only where the chain itself
    /// has changed may one that ends below the highest count as progress: what is written again may have to be written again for
    /// ever.
    pub fn written(&mut self, now: Millis, to: u64, is_reorg: bool) {
        if self.shown != IndexerState::CannotRecheck {
            (self.shown, self.shows_gap) = (IndexerState::Ok, false);
        }
        if to > self.highest || is_reorg {
            self.highest = to;
            self.progressed(now);
        }
    }

    /// The database stands at the chain's head. What is to be said of that, if it is not said.
    pub fn caught_up(&mut self, now: Millis) -> Option<(IndexerState, Option<String>)> {
        self.progressed(now);
        self.passed_over.take_if(|(since, _)| now >= *since + TELL_GAP_MS);
        if self.shown == IndexerState::CannotRecheck && self.rechecks.is_some() {
            return None;
        }
        let gap = self.passed_over.as_ref().map(|(_, gap)| gap.clone());
        if self.shown == IndexerState::Ok && (gap.is_none() || self.shows_gap) {
            return None;
        }
        self.shows_gap = gap.is_some();
        Some((IndexerState::Ok, gap))
    }

    fn progressed(&mut self, now: Millis) {
        (self.last_progress, self.failures, self.unusable, self.problem) = (now, 0, 0, None);
    }

    /// The index goes on although something is missing.
    pub fn passed_over(&mut self, now: Millis, gap: &str) {
        self.passed_over = Some((now, format!("{gap}, at every endpoint: run `linkpool verify --repair`")));
    }
}
