//! When something is tried again.

use std::time::{Duration, Instant};

/// Tries of one thing at one node: after 1, 2, 4 … 60 seconds.
#[derive(Debug, Default)]
pub(super) struct Pace {
    failures: u32,
    next: Option<Instant>,
}

impl Pace {
    pub fn is_due(&self) -> bool {
        self.next.is_none_or(|next| next <= Instant::now())
    }

    pub fn succeeded(&mut self) {
        *self = Self::default();
    }

    pub fn failed(&mut self) {
        let wait = Duration::from_secs(60.min(1 << self.failures.min(6)));
        (self.failures, self.next) = (self.failures.saturating_add(1), Some(Instant::now() + wait));
    }

    /// Nothing has failed, and it is too early all the same.
    pub fn waits(&mut self) {
        (self.failures, self.next) = (0, Some(Instant::now() + Duration::from_secs(1)));
    }
}

/// What was last done, and when.
#[derive(Debug)]
pub(super) struct Interval<T>(Option<(T, Instant)>);

impl<T> Default for Interval<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: PartialEq> Interval<T> {
    pub fn done(&mut self, what: T) {
        self.0 = Some((what, Instant::now()));
    }

    pub fn undone(&mut self) {
        self.0 = None;
    }

    /// Whether the same was done within so many seconds.
    pub fn is_fresh(&self, what: &T, seconds: u64) -> bool {
        self.0.as_ref().is_some_and(|(done, at)| done == what && at.elapsed() < Duration::from_secs(seconds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_is_tried_ever_later_and_at_once_after_it_has_succeeded() {
        let mut pace = Pace::default();
        assert!(pace.is_due());
        let waits: Vec<u64> = (0..9)
            .map(|_| {
                pace.failed();
                assert!(!pace.is_due());
                pace.next.map_or(0, |next| (next - Instant::now()).as_secs() + 1)
            })
            .collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        pace.succeeded();
        assert!(pace.is_due());
    }
}
