//! A failure that lasts is logged when it begins, not at every look; and when it is over, which whoever was called for it waits for.

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
    /// What was complained about, and since when.
    lasting: Option<(String, Instant)>,
}

impl Complaint {
    /// Logs `error`, unless it is the one that was logged lately.
    pub fn warn(&mut self, error: &dyn Display, what: &str) {
        let text = error.to_string();
        self.lasting.get_or_insert_with(|| (what.to_owned(), Instant::now()));
        if self.is_news(&text, Instant::now()) {
            tracing::warn!(error = text, "{what}");
        }
    }

    /// It works again, which is said once: the next failure is news.
    pub fn over(&mut self) {
        self.last = None;
        if let Some((what, since)) = self.lasting.take() {
            tracing::info!(after_seconds = since.elapsed().as_secs(), "over: {what}");
        }
    }

    fn is_news(&mut self, text: &str, now: Instant) -> bool {
        let told = self.last.as_ref().is_some_and(|(last, at)| last == text && now.saturating_duration_since(*at) < REMINDER);
        if !told {
            self.last = Some((text.to_owned(), now));
        }
        !told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_told_when_it_begins_when_it_changes_and_once_a_minute() {
        let (mut complaint, begin) = (Complaint::default(), Instant::now());
        let mut told = |text: &str, seconds| complaint.is_news(text, begin + Duration::from_secs(seconds));
        assert_eq!([told("away", 0), told("away", 1), told("away", 59), told("away", 60)], [true, false, false, true]);
        assert_eq!([told("refused", 61), told("refused", 62), told("away", 63)], [true, false, true]);
        complaint.over();
        assert!(complaint.is_news("away", begin + Duration::from_secs(64)));
    }
}
