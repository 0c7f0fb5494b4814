//! Whether things move, and what to say when they don't.

use super::{
    Engine, Role, Settings,
    message::{Condition, Effect, Millis, Payload},
};

const FIRST_PAUSE_MS: Millis = 50;
const LONGEST_PAUSE_MS: Millis = 5_000;
/// Problems that do not go away by themselves are looked at this often.
const LONG_PAUSE_MS: Millis = 15_000;

#[derive(Debug)]
pub(super) struct Health {
    /// Failures since the last good answer.
    failures: u32,
    paused_until: Millis,
    last_progress: Millis,
    problem: Option<String>,
    /// What the database says.
    shown: Condition,
}

impl Health {
    pub fn new() -> Self {
        Self { failures: 0, paused_until: 0, last_progress: 0, problem: None, shown: Condition::Ok }
    }

    pub fn paused_until(&self) -> Millis {
        self.paused_until
    }

    pub fn stalls_at(&self, settings: &Settings) -> Millis {
        if self.shown == Condition::Ok { self.last_progress + settings.stalled_after_ms } else { Millis::MAX }
    }

    /// Nothing is asked for a while, longer each time.
    pub fn failed(&mut self, now: Millis, problem: String) {
        let pause = (FIRST_PAUSE_MS << self.failures.min(10)).min(LONGEST_PAUSE_MS);
        self.failures += 1;
        self.pause(now + pause);
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

    pub fn answered(&mut self) {
        self.failures = 0;
    }

    pub fn loaded(&mut self, now: Millis, state: &str) {
        // Taking over is not progress, but its clock starts anew with the instance that writes.
        self.last_progress = now;
        self.shown = match state {
            "stalled" => Condition::Stalled,
            "block-too-large" => Condition::BlockTooLarge,
            "reorg-below-finality" => Condition::ReorgBelowFinality,
            _ => Condition::Ok,
        };
    }

    /// A write moved the cursor, which also says `ok` in the database.
    pub fn written(&mut self, now: Millis) {
        (self.last_progress, self.shown, self.problem) = (now, Condition::Ok, None);
    }
}

impl<P: Payload> Engine<P> {
    /// The database stands at the chain's head.
    pub(super) fn caught_up(&mut self) {
        self.health.last_progress = self.now;
        self.health.problem = None;
        if self.health.shown != Condition::Ok {
            self.say(Condition::Ok, None);
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
        let cursor = leading.cursor.number;
        let seconds = (self.now - self.health.last_progress) / 1_000;
        let behind = match self.heads {
            Some(heads) if heads.head.number > cursor => format!("the chain is at block {}", heads.head.number),
            Some(heads) => format!("the endpoint's newest block is {}", heads.head.number),
            None => "no endpoint says where the chain is".into(),
        };
        let reason = self.health.problem.as_ref().map_or_else(String::new, |problem| format!(": {problem}"));
        self.say(Condition::Stalled, Some(format!("no block after {cursor} for {seconds} s, while {behind}{reason}")));
    }
}
