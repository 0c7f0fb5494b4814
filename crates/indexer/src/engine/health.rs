//! Whether things move, and what to say when they don't.

use super::{
    Engine, Role, Settings,
    message::{Condition, Effect, Millis, Payload},
};

const FIRST_PAUSE_MS: Millis = 50;
/// Shorter than an endpoint is avoided for (5 s), so that the next question goes to another.
const LONGEST_PAUSE_MS: Millis = 2_500;
/// Problems that do not go away by themselves are looked at this often.
const LONG_PAUSE_MS: Millis = 15_000;
/// How long a gap that was passed over stands beside the state: by then a comparison with the contract has found what is missing,
/// and its word lasts.
const TELL_GAP_MS: Millis = 1_800_000;

#[derive(Debug)]
pub(super) struct Health {
    /// Failures since blocks were last written that had not been before. An answer alone is no progress.
    failures: u32,
    paused_until: Millis,
    last_progress: Millis,
    /// The highest block ever written: below it a write only repeats.
    highest: u64,
    /// A gap that was passed over, and when.
    passed_over: Option<(Millis, String)>,
    problem: Option<String>,
    /// What the database says, and whether that includes the gap.
    shown: Condition,
    shows_gap: bool,
}

impl Health {
    pub fn new() -> Self {
        Self {
            failures: 0,
            paused_until: 0,
            last_progress: 0,
            highest: 0,
            passed_over: None,
            problem: None,
            shown: Condition::Ok,
            shows_gap: false,
        }
    }

    pub fn paused_until(&self) -> Millis {
        self.paused_until
    }

    pub fn stalls_at(&self, settings: &Settings) -> Millis {
        if self.shown == Condition::Ok { self.last_progress + settings.stalled_after_ms } else { Millis::MAX }
    }

    /// Nothing is asked for a while, longer each time. Questions that were open together fail together, and count once.
    pub fn failed(&mut self, now: Millis, problem: String) {
        if now >= self.paused_until {
            self.pause(now + (FIRST_PAUSE_MS << self.failures.min(10)).min(LONGEST_PAUSE_MS));
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
            self.pause(now + wait.min(LONG_PAUSE_MS));
        }
    }

    fn pause(&mut self, until: Millis) {
        self.paused_until = self.paused_until.max(until);
    }

    /// Taking over is not progress, but its clock starts anew with the instance that writes.
    pub fn took_over(&mut self, now: Millis) {
        (self.last_progress, self.highest) = (now, 0);
    }

    /// Reading the database again is no progress either: after a write that fails, the same write may follow for ever.
    pub fn loaded(&mut self, state: &str) {
        self.shown = match state {
            "stalled" => Condition::Stalled,
            "block-too-large" => Condition::BlockTooLarge,
            "reorg-below-finality" => Condition::ReorgBelowFinality,
            _ => Condition::Ok,
        };
    }

    /// A write moved the cursor, which also says `ok` in the database. Only where the chain itself has changed may one that
    /// ends below the highest count as progress: what is written again may have to be written again for ever.
    pub fn written(&mut self, now: Millis, to: u64, is_reorg: bool) {
        (self.shown, self.shows_gap) = (Condition::Ok, false);
        if to > self.highest || is_reorg {
            self.highest = to;
            self.progressed(now);
        }
    }

    fn progressed(&mut self, now: Millis) {
        (self.last_progress, self.failures, self.problem) = (now, 0, None);
    }

    /// The index goes on although something is missing.
    pub fn passed_over(&mut self, now: Millis, gap: &str) {
        self.passed_over = Some((now, format!("{gap}, at every endpoint: run `linkpool verify --repair`")));
    }
}

impl<P: Payload> Engine<P> {
    /// The database stands at the chain's head.
    pub(super) fn caught_up(&mut self) {
        self.health.progressed(self.now);
        self.health.passed_over.take_if(|(since, _)| self.now >= *since + TELL_GAP_MS);
        let gap = self.health.passed_over.as_ref().map(|(_, gap)| gap.clone());
        if self.health.shown != Condition::Ok || (gap.is_some() && !self.health.shows_gap) {
            self.health.shows_gap = gap.is_some();
            self.say(Condition::Ok, gap);
        }
    }

    pub(super) fn say(&mut self, condition: Condition, detail: Option<String>) {
        self.health.shown = condition.clone();
        self.effects.push(Effect::Say(condition, detail));
    }

    pub(super) fn shows(&self, condition: &Condition) -> bool {
        self.health.shown == *condition
    }

    /// The watchdog: no progress for too long is said, with the last reason; the next write takes it back.
    pub(super) fn drive_health(&mut self) {
        let Role::Leading(leading) = &self.role else { return };
        if self.now < self.health.stalls_at(&self.settings) {
            return;
        }
        // While blocks are written again the cursor is lower than it was.
        let cursor = leading.cursor.number.max(self.health.highest);
        let seconds = (self.now - self.health.last_progress) / 1_000;
        let behind = match self.heads {
            Some(heads) if heads.head.number > cursor => format!("the chain is at block {}", heads.head.number),
            Some(heads) => format!("the endpoint's newest block is {}", heads.head.number),
            None => "no endpoint says where the chain is".into(),
        };
        let reason = self.health.problem.as_ref().map_or_else(String::new, |problem| format!(": {problem}"));
        let gap = if leading.gap.tries == 0 {
            ""
        } else {
            "; should every endpoint leave it out, the index goes on without it, and `linkpool verify --repair` looks for it"
        };
        self.say(Condition::Stalled, Some(format!("no block after {cursor} for {seconds} s, while {behind}{reason}{gap}")));
    }
}
