//! How long a replica that ended waits for its next start.

use std::time::Duration;

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(60);

/// A run of this length was a good one: the waiting starts over.
const GOOD_RUN: Duration = Duration::from_secs(10);

/// 1, 2, 4 ... 60 seconds while the runs stay short.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    short_runs: u32,
}

impl Backoff {
    /// The wait after a run of `ran`.
    pub fn after(&mut self, ran: Duration) -> Duration {
        if ran >= GOOD_RUN {
            self.short_runs = 0;
        }
        let wait = FIRST * 2u32.pow(self.short_runs.min(6));
        self.short_runs = self.short_runs.saturating_add(1);
        wait.min(LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_runs_wait_twice_as_long_each_time_up_to_a_minute_and_a_good_one_starts_over() {
        let mut backoff = Backoff::default();
        let waits: Vec<u64> = (0..9).map(|_| backoff.after(Duration::from_millis(100)).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(backoff.after(GOOD_RUN).as_secs(), 1);
        assert_eq!(backoff.after(Duration::ZERO).as_secs(), 2);
    }
}
