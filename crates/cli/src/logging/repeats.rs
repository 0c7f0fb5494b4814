//! A warning that says the same again is told once a minute, whoever says it: a line that is repeated hides all others.

use std::{
    collections::HashMap,
    fmt::Write,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use tracing::{
    Event, Level, Metadata,
    field::{Field, Visit},
};
use tracing_subscriber::layer::{Context, Filter};

/// How long a line that was told is not told again.
const REMINDER_INTERVAL: Duration = Duration::from_secs(60);
/// Most lines that are remembered. Beyond them a repetition may show; none is ever lost.
const MAX_REMEMBERED: usize = 512;

/// Lets warnings and errors pass that differ from those of the last minute, and everything that is neither.
#[derive(Debug, Default)]
pub(super) struct Repeats {
    told: Mutex<HashMap<u64, Instant>>,
}

impl Repeats {
    fn is_news(&self, line: u64, now: Instant) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let is_recent = |at: &Instant| now.saturating_duration_since(*at) < REMINDER_INTERVAL;
        if told.get(&line).is_some_and(is_recent) {
            return false;
        }
        if told.len() >= MAX_REMEMBERED {
            told.retain(|_, at| is_recent(at));
        }
        if told.len() < MAX_REMEMBERED {
            told.insert(line, now);
        }
        true
    }
}

impl<S> Filter<S> for Repeats {
    fn enabled(&self, _metadata: &Metadata<'_>, _context: &Context<'_, S>) -> bool {
        true
    }

    fn event_enabled(&self, event: &Event<'_>, _context: &Context<'_, S>) -> bool {
        let metadata = event.metadata();
        if *metadata.level() > Level::WARN {
            return true;
        }
        let mut words = Words::default();
        event.record(&mut words);
        let mut hasher = DefaultHasher::new();
        (metadata.target(), metadata.line(), words.0).hash(&mut hasher);
        self.is_news(hasher.finish(), Instant::now())
    }
}

/// Everything that an event says.
#[derive(Default)]
struct Words(String);

impl Visit for Words {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        // Writing to a string does not fail.
        let _ = write!(self.0, "{}={value:?};", field.name());
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use tracing_subscriber::{Layer, layer::SubscriberExt};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(std::sync::Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_warning_that_is_repeated_97_times_is_one_line_and_what_differs_is_another() {
        let lines = Lines::default();
        let writer = lines.clone();
        let layer = tracing_subscriber::fmt::layer().with_writer(move || writer.clone()).with_filter(Repeats::default());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            for round in 0..97 {
                tracing::warn!(endpoint = "alpha", "it contradicts itself");
                tracing::warn!(endpoint = if round % 2 == 0 { "beta" } else { "gamma" }, "it contradicts itself");
                tracing::info!("a block");
            }
        });
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        let count = |word: &str| text.lines().filter(|line| line.contains(word)).count();
        assert_eq!((count("alpha"), count("beta"), count("gamma"), count("a block")), (1, 1, 1, 97));
    }

    #[test]
    fn it_is_told_again_after_a_minute_and_the_memory_has_a_bound() {
        let (repeats, begin) = (Repeats::default(), Instant::now());
        let told = |line, seconds| repeats.is_news(line, begin + Duration::from_secs(seconds));
        assert_eq!([told(1, 0), told(1, 59), told(1, 60), told(1, 61)], [true, false, true, false]);
        assert!((0..10_000).all(|line| told(line + 2, 62)));
        assert!(repeats.told.lock().unwrap().len() <= MAX_REMEMBERED);
        // What was forgotten makes room.
        assert_eq!([told(7, 200), told(7, 201)], [true, false]);
    }
}
