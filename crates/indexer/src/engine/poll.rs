//! When the heads are asked for.

use super::message::{AskId, Millis};

/// The heads are asked for no more often than this, however many blocks are announced.
const LEAST_PAUSE_MS: Millis = 50;

#[derive(Debug, Default)]
pub(super) struct Poll {
    ask: Option<AskId>,
    due: Millis,
    asked: Millis,
    told: Millis,
}

impl Poll {
    /// When to ask, unless the question is open.
    pub fn due(&self) -> Option<Millis> {
        self.ask.is_none().then_some(self.due)
    }

    /// When they were last answered.
    pub fn told(&self) -> Millis {
        self.told
    }

    pub fn asks(&mut self, id: AskId, now: Millis, pause: Millis) {
        *self = Self { ask: Some(id), due: now + pause, asked: now, told: self.told };
    }

    /// Takes the question back, if it is this one.
    pub fn close(&mut self, id: AskId) -> bool {
        self.ask.take_if(|asked| *asked == id).is_some()
    }

    pub fn give_up(&mut self) {
        self.ask = None;
    }

    pub fn answered(&mut self, now: Millis) {
        self.told = now;
    }

    /// They are asked for next.
    pub fn hurry(&mut self, now: Millis) {
        self.due = self.due.min(now);
    }

    /// They are asked for at once unless that was done a moment ago.
    pub fn woken(&mut self, now: Millis) {
        self.due = self.due.min(now.max(self.asked + LEAST_PAUSE_MS));
    }

    /// Nothing changes before then.
    pub fn rest_until(&mut self, now: Millis, until: Millis) {
        if self.due().is_some_and(|due| due > now) {
            self.due = self.due.max(until);
        }
    }
}
