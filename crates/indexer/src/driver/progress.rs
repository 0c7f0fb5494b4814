//! How far the index is, and how fast it comes along.

use std::time::{Duration, Instant};

/// How often the backfill says something.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(2);
/// Rates are of about this long.
const RATE_WINDOW: Duration = Duration::from_secs(20);

/// Something to tell a person.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Progress {
    /// Old blocks are being read. Rates are per second.
    Backfill { block: u64, head: u64, events: u64, blocks_rate: u64, events_rate: u64, left: Option<Duration> },
    /// Blocks at the tip, the last of which is `block`, held events.
    Tip { block: u64, events: u64, lag: u64 },
    /// Blocks above `ancestor` were replaced.
    Reorg { ancestor: u64, block: u64, events: u64 },
    /// This instance writes from now on, or another one does.
    Leadership { leads: bool },
}

/// Whoever is told. Called from the driver's loop: it must not block.
pub type Observer = fn(&Progress);

/// For logs: one line for each thing worth one.
pub fn log_lines(progress: &Progress) {
    use tracing::info;
    match *progress {
        Progress::Backfill { block, head, events, blocks_rate, events_rate, left } => {
            let left_seconds = left.map(|left| left.as_secs());
            info!(block, head, events, blocks_per_s = blocks_rate, events_per_s = events_rate, left_seconds, "backfilling");
        }
        Progress::Tip { block, events, lag } => info!(block, events, lag, "indexed"),
        Progress::Reorg { ancestor, block, events } => info!(ancestor, block, events, "a reorg replaced blocks"),
        Progress::Leadership { leads: true } => info!("this instance writes"),
        Progress::Leadership { leads: false } => info!("another instance writes; this one stands by"),
    }
}

/// Turns writes into progress.
#[derive(Debug)]
pub(super) struct Meter {
    /// When, at which block, and after how many events; the oldest is about a window ago.
    marks: std::collections::VecDeque<(Instant, u64, u64)>,
    told: Option<Instant>,
    events: u64,
}

impl Meter {
    pub fn new() -> Self {
        Self { marks: std::collections::VecDeque::new(), told: None, events: 0 }
    }

    /// A write to `block` with `events` events has been committed.
    pub fn written(&mut self, now: Instant, block: u64, events: u64, head: u64, caught_up: bool) -> Option<Progress> {
        self.events += events;
        if caught_up || head.saturating_sub(block) < 2 {
            self.marks.clear();
            return (events > 0).then_some(Progress::Tip { block, events, lag: head.saturating_sub(block) });
        }
        self.marks.push_back((now, block, self.events));
        while self.marks.len() > 2 && now.duration_since(self.marks[1].0) > RATE_WINDOW {
            self.marks.pop_front();
        }
        if self.told.is_some_and(|told| now.duration_since(told) < PROGRESS_INTERVAL) {
            return None;
        }
        self.told = Some(now);
        let (since, first_block, first_events) = self.marks.front().copied()?;
        let millis = u64::try_from(now.duration_since(since).as_millis()).unwrap_or(u64::MAX);
        let rate = |amount: u64| (amount * 1_000).checked_div(millis).unwrap_or(0);
        let blocks_rate = rate(block.saturating_sub(first_block));
        let left = head.saturating_sub(block).checked_div(blocks_rate).map(Duration::from_secs);
        Some(Progress::Backfill {
            block,
            head,
            events: self.events,
            blocks_rate,
            events_rate: rate(self.events - first_events),
            left,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backfill_tells_its_rate_and_what_is_left_and_not_too_often() {
        let (mut meter, start) = (Meter::new(), Instant::now());
        assert!(meter.written(start, 100, 50, 10_000, false).is_some());
        assert_eq!(meter.written(start + Duration::from_secs(1), 200, 50, 10_000, false), None);
        let told = meter.written(start + Duration::from_secs(10), 1_100, 900, 10_000, false);
        let expected = Progress::Backfill {
            block: 1_100,
            head: 10_000,
            events: 1_000,
            blocks_rate: 100,
            events_rate: 95,
            left: Some(Duration::from_secs(89)),
        };
        assert_eq!(told, Some(expected));
    }

    #[test]
    fn at_the_tip_only_blocks_with_events_are_told() {
        let (mut meter, now) = (Meter::new(), Instant::now());
        assert_eq!(meter.written(now, 10, 0, 10, true), None);
        assert_eq!(meter.written(now, 11, 2, 11, true), Some(Progress::Tip { block: 11, events: 2, lag: 0 }));
    }
}
