//! What is wrong, and what of it is said.

use linkpool_primitives::IndexerState;

use super::Context;
use crate::engine::{AskId, Effect, EndpointName, Fault, Payload, question::Part, watchdog::Position};

impl<P: Payload> Context<P> {
    /// The endpoint can't be right. Say so, and ask again.
    pub fn contradicted(&mut self, endpoint: &EndpointName, what: String) {
        self.watchdog.unusable();
        self.failed(format!("`{endpoint}` contradicts itself: {what}"));
        // Once it is said that the only endpoint can't serve, there is nothing to add and nobody to ask instead.
        if self.settings.endpoints > 1 || !self.watchdog.shows(IndexerState::CannotServe) {
            self.report_faulty(endpoint.clone(), what);
        }
    }

    /// Takes back a question that is not about a run of blocks, if it is this one.
    pub fn close(&mut self, id: AskId) -> bool {
        self.poll.close(id) || self.finals.close(id).is_some()
    }

    /// A question has no answer, and nothing particular is to be done about it.
    pub fn question_failed(&mut self, fault: Fault, part: Part, problem: String) {
        if matches!(fault, Fault::Refused | Fault::Inconsistent | Fault::Fatal) {
            self.watchdog.unusable();
        }
        match fault {
            Fault::RateLimited { wait } => return self.watchdog.limited(self.now, wait, problem),
            // Another endpoint may be well: what this one will never do is a failure like any other.
            Fault::Fatal if self.watchdog.is_alone() => return self.watchdog.failed_for_long(self.now, problem),
            _ => {}
        }
        // The chain may have got shorter than we think: look again before asking again.
        self.poll.hurry(self.now);
        match part {
            // It has a pace of its own, and holds up nothing but itself.
            Part::Recheck => self.watchdog.recheck_failed(problem),
            _ => self.failed(problem),
        }
    }

    pub fn load_failed(&mut self, problem: String) {
        if self.watchdog.is_worth_a_line(self.now) {
            self.log(format!("the database could not be read: {problem}"));
        }
        self.failed(problem);
    }

    /// Another instance writes: what was asked here is its to ask.
    pub fn stand_by(&mut self) {
        self.watchdog.stands_by();
        self.poll.give_up();
        self.finals.forget_question();
    }

    /// The database stands at the chain's head.
    pub fn caught_up(&mut self) {
        if let Some((state, detail)) = self.watchdog.caught_up(self.now) {
            self.set_state(state, detail);
        }
    }

    /// Whatever does not come to an end for too long is said, each part by a state of its own, with the last reason. `leader` is where
    /// the leader stands; without one the database is being read.
    pub fn drive_watchdog(&mut self, leader: Option<Position>) {
        let said = self.watchdog.due_now(&self.settings, self.now, leader);
        if let Some((state, sentence)) = said {
            self.set_state(state, Some(sentence));
        }
    }

    pub fn set_state(&mut self, state: IndexerState, detail: Option<String>) {
        self.watchdog.show(state);
        self.effects.push(Effect::SetState(state, detail));
    }
}
