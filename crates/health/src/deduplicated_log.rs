//! A failure that lasts is logged when it begins, not at every look; and when it is over, which whoever was called for it waits for.

use std::{
    collections::{HashMap, HashSet},
    fmt::Display,
    time::{Duration, Instant},
};

/// The same failure is logged again after this long.
const REMINDER_INTERVAL: Duration = Duration::from_secs(60);

/// Of one thing that can fail again and again.
#[derive(Debug, Default)]
pub struct DeduplicatedLog {
    last: Option<(String, Instant)>,
    /// What was complained about, and since when.
    ongoing: Option<(String, Instant)>,
}

impl DeduplicatedLog {
    /// Logs `error`, unless it is the one that was logged lately.
    pub fn warn(&mut self, error: &dyn Display, what: &str) {
        if let Some(text) = self.news(error, what) {
            tracing::warn!(error = text, "{what}");
        }
    }

    fn news(&mut self, error: &dyn Display, what: &str) -> Option<String> {
        let text = error.to_string();
        self.ongoing.get_or_insert_with(|| (what.to_owned(), Instant::now()));
        self.is_news(&text, Instant::now()).then_some(text)
    }

    /// It works again, which is said once: the next failure is news.
    pub fn over(&mut self) {
        self.last = None;
        if let Some((what, since)) = self.ongoing.take() {
            tracing::info!(after_seconds = since.elapsed().as_secs(), "over: {what}");
        }
    }

    fn is_news(&mut self, text: &str, now: Instant) -> bool {
        let told =
            self.last.as_ref().is_some_and(|(last, at)| last == text && now.saturating_duration_since(*at) < REMINDER_INTERVAL);
        if !told {
            self.last = Some((text.to_owned(), now));
        }
        !told
    }
}

/// Most things of one kind that are remembered. Of others every failure is told, and no end.
const MAX_NAMES: usize = 10_000;

/// Of many things of one kind, each by its name: nodes, files.
#[derive(Debug, Default)]
pub struct DeduplicatedLogs(HashMap<String, DeduplicatedLog>);

impl DeduplicatedLogs {
    pub fn warn(&mut self, name: &str, error: &dyn Display, what: &str) {
        if self.0.len() >= MAX_NAMES && !self.0.contains_key(name) {
            return tracing::warn!(name, error = error.to_string(), "{what}");
        }
        if let Some(text) = self.0.entry(name.to_owned()).or_default().news(error, what) {
            tracing::warn!(name, error = text, "{what}");
        }
    }

    pub fn over(&mut self, name: &str) {
        if let Some((what, since)) = self.0.remove(name).and_then(|warnings| warnings.ongoing) {
            tracing::info!(name, after_seconds = since.elapsed().as_secs(), "over: {what}");
        }
    }

    /// What is not among these names is over.
    pub fn only(&mut self, names: &HashSet<String>) {
        let over: Vec<String> = self.0.keys().filter(|name| !names.contains(*name)).cloned().collect();
        over.iter().for_each(|name| self.over(name));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is logged meanwhile, a line each.
    fn logged(work: impl FnOnce()) -> Vec<String> {
        #[derive(Clone, Default)]
        struct Lines(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);
        impl std::io::Write for Lines {
            fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
                self.0.lock().unwrap().extend_from_slice(bytes);
                Ok(bytes.len())
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt().without_time().with_target(false).with_ansi(false);
        tracing::subscriber::with_default(subscriber.with_writer(move || writer.clone()).finish(), work);
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| line.trim().to_owned()).collect()
    }

    #[test]
    fn each_of_many_has_its_own_beginning_and_its_own_end() {
        let what = "a node could not be asked";
        let lines = logged(|| {
            let mut warnings_by_name = DeduplicatedLogs::default();
            for _ in 0..3 {
                warnings_by_name.warn("a", &"away", what);
                warnings_by_name.warn("b", &"away", what);
            }
            warnings_by_name.over("a");
            warnings_by_name.over("a");
            warnings_by_name.over("never failed");
            warnings_by_name.only(&HashSet::from(["b".to_owned()]));
            warnings_by_name.only(&HashSet::new());
            warnings_by_name.warn("a", &"away", what);
        });
        let line = |level: &str, name: &str| match level {
            "WARN" => format!("WARN {what} name=\"{name}\" error=\"away\""),
            _ => format!("INFO over: {what} name=\"{name}\" after_seconds=0"),
        };
        assert_eq!(lines, [("WARN", "a"), ("WARN", "b"), ("INFO", "a"), ("INFO", "b"), ("WARN", "a")].map(|(l, n)| line(l, n)));
    }

    #[test]
    fn a_failure_is_told_when_it_begins_when_it_changes_and_once_a_minute() {
        let (mut warnings, begin) = (DeduplicatedLog::default(), Instant::now());
        let mut told = |text: &str, seconds| warnings.is_news(text, begin + Duration::from_secs(seconds));
        assert_eq!([told("away", 0), told("away", 1), told("away", 59), told("away", 60)], [true, false, false, true]);
        assert_eq!([told("refused", 61), told("refused", 62), told("away", 63)], [true, false, true]);
        warnings.over();
        assert!(warnings.is_news("away", begin + Duration::from_secs(64)));
    }
}
