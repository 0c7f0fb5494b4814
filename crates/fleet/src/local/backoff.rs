//! How long a replica that ended waits for its next start.

use std::time::Duration;

const FIRST_DELAY: Duration = Duration::from_secs(1);
/// Half of the longest time for which no replica of a node may serve once what kept them from it is over: the rest is for the lease and a boot on a
/// busy machine.
const LONGEST_DELAY: Duration = Duration::from_secs(30);

/// A run of this length was a good one: the waiting starts over.
const GOOD_RUN_TIME: Duration = Duration::from_secs(10);

/// So many short runs in a row are no accident of one start.
const OUTAGE: u32 = 2;

/// 1, 2, 4 ... 30 seconds while the runs stay short.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    short_runs: u32,
}

impl Backoff {
    /// The wait after a run of `ran`.
    pub fn after(&mut self, ran: Duration) -> Duration {
        if ran >= GOOD_RUN_TIME {
            self.over();
        }
        let wait = FIRST_DELAY * 2u32.pow(self.short_runs.min(5));
        self.short_runs = self.short_runs.saturating_add(1);
        wait.min(LONGEST_DELAY)
    }

    /// What the runs were short of is there again: the waiting starts over.
    pub fn over(&mut self) {
        self.short_runs = 0;
    }

    /// Whether run after run was short.
    pub fn in_outage(&self) -> bool {
        self.short_runs >= OUTAGE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_runs_wait_twice_as_long_each_time_up_to_half_a_minute_and_a_good_one_starts_over() {
        let mut backoff = Backoff::default();
        let waits: Vec<u64> = (0..9).map(|_| backoff.after(Duration::from_millis(100)).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 30, 30, 30, 30]);
        assert_eq!(backoff.after(GOOD_RUN_TIME).as_secs(), 1);
        assert_eq!(backoff.after(Duration::ZERO).as_secs(), 2);
    }

    #[test]
    fn after_an_outage_the_waiting_is_as_short_as_at_first() {
        let mut backoff = Backoff::default();
        backoff.after(Duration::ZERO);
        assert!(!backoff.in_outage());
        backoff.after(Duration::ZERO);
        assert!(backoff.in_outage());
        backoff.over();
        assert_eq!(backoff.after(Duration::ZERO).as_secs(), 1);
    }
}
