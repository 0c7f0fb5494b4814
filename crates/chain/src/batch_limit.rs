//! How many calls an endpoint takes in one request. Nobody says so beforehand, and those who refuse say it in ways that have
//! nothing in common, so it is learnt from what is answered.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use smart_default::SmartDefault;

use crate::call::Call;

/// Calls in one request at an endpoint that was never seen to refuse.
const MAX_CALLS: usize = 100;
/// Requests as long as allowed that must be answered before a longer one is tried.
const ANSWERED: u32 = 16;
/// How soon a longer one is tried; twice as long after each time that it was refused.
const FIRST_RAISE_DELAY: Duration = Duration::from_secs(30);
const MAX_RAISE_DELAY: Duration = Duration::from_secs(600);
/// An endpoint that answers a call no better alone is not asked to for so long.
const PROBE_INTERVAL: Duration = Duration::from_secs(1);
/// Calls remembered that fail alone, too.
const OWN: usize = 64;
/// Requests in a row that a failure must have met which may have nothing to do with their length.
pub(crate) const MANY: u32 = 3;

#[derive(Debug, SmartDefault)]
pub(crate) struct BatchLimit {
    #[default(MAX_CALLS)]
    most: usize,
    /// Since the limit changed.
    answered: u32,
    changed: Option<Instant>,
    was_raised: bool,
    #[default(FIRST_RAISE_DELAY)]
    patience: Duration,
    /// Requests with several calls that got no answer, in a row.
    failed: u32,
    probed: Option<Instant>,
    /// Calls that fail alone as they do in company, like a tag that the chain does not know.
    own: BTreeSet<String>,
}

impl BatchLimit {
    /// How many calls the next request may hold.
    pub fn calls(&mut self, now: Instant) -> usize {
        let is_due = self.changed.is_some_and(|changed| now >= changed + self.patience);
        if self.most < MAX_CALLS && self.answered >= ANSWERED && is_due {
            self.change((self.most * 2).min(MAX_CALLS), now);
            self.was_raised = true;
        }
        self.most
    }

    pub fn answered(&mut self, calls: usize) {
        self.failed = 0;
        if calls >= self.most {
            self.answered = self.answered.saturating_add(1);
        }
    }

    /// A request with so many calls got no answer; returns how many did in a row.
    pub fn failed(&mut self) -> u32 {
        self.failed = self.failed.saturating_add(1);
        self.failed
    }

    /// A call of a request was answered alone that was not in company: so many calls were answered together.
    pub fn refused(&mut self, calls: usize, answered: usize, now: Instant) {
        if std::mem::take(&mut self.was_raised) {
            self.patience = (self.patience * 2).min(MAX_RAISE_DELAY);
        }
        let next = if answered > 0 { answered } else { calls / 2 };
        self.change(next.clamp(1, self.most), now);
    }

    /// Whether this call may be asked alone, to see whether it is the company.
    pub fn may_probe(&self, call: &Call, now: Instant) -> bool {
        self.probed.is_none_or(|probed| now >= probed + PROBE_INTERVAL) && !self.own.contains(&key(call))
    }

    /// It was no better alone: what others answered beside it is not its fault, if there was any.
    pub fn probed_in_vain(&mut self, call: &Call, others_answered: bool, now: Instant) {
        self.probed = Some(now);
        if others_answered {
            if self.own.len() >= OWN {
                self.own.clear();
            }
            self.own.insert(key(call));
        }
    }

    fn change(&mut self, most: usize, now: Instant) {
        (self.most, self.answered, self.changed) = (most, 0, Some(now));
    }
}

fn key(call: &Call) -> String {
    format!("{}{}", call.method, call.params)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_halved_down_to_single_calls_or_is_what_was_answered() {
        let (mut limit, now) = (BatchLimit::default(), Instant::now());
        let mut seen = Vec::new();
        for _ in 0..8 {
            seen.push(limit.calls(now));
            limit.refused(limit.most, 0, now);
        }
        assert_eq!(seen, [100, 50, 25, 12, 6, 3, 1, 1]);
        let mut limit = BatchLimit::default();
        limit.refused(100, 20, now);
        assert_eq!(limit.calls(now), 20);
    }

    #[test]
    fn a_longer_request_is_tried_again_after_many_answers_and_each_time_later() {
        let (mut limit, mut now) = (BatchLimit::default(), Instant::now());
        limit.refused(100, 3, now);
        let raised = |limit: &mut BatchLimit, now: &mut Instant| {
            let begun = *now;
            while limit.calls(*now) == 3 {
                limit.answered(3);
                *now += Duration::from_secs(1);
            }
            limit.refused(limit.most, 3, *now);
            (*now - begun).as_secs()
        };
        assert_eq!([0; 6].map(|_: u32| raised(&mut limit, &mut now)), [30, 60, 120, 240, 480, 600]);
    }
}
