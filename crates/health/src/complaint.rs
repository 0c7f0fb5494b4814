//! A failure that lasts is logged when it begins, not at every look.

use std::{
    fmt::Display,
    time::{Duration, Instant},
};

/// The same failure is logged again after this long.
const REMINDER: Duration = Duration::from_secs(60);

/// Of one thing that can fail again and again.
#[derive(Debug, Default)]
pub struct Complaint {
    last: Option<(String, Instant)>,
}

impl Complaint {
    /// Logs `error`, unless it is the one that was logged lately.
    pub fn warn(&mut self, error: &dyn Display, what: &str) {
        let text = error.to_string();
        if self.last.as_ref().is_some_and(|(last, at)| *last == text && at.elapsed() < REMINDER) {
            return;
        }
        tracing::warn!(error = text, "{what}");
        self.last = Some((text, Instant::now()));
    }

    /// It works again: the next failure is news.
    pub fn over(&mut self) {
        self.last = None;
    }
}
