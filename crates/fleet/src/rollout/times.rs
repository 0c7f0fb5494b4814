//! How long the steps of a roll-out take at least, and at most.

use std::time::Duration;

use linkpool_db::fleet::RolloutStep;

/// The times of a roll-out, whichever it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolloutTimes {
    /// How long the new replicas are seen alive and waiting before the old ones end.
    pub waiting: Duration,
    /// How long the new one serves, without a break, before it is looked at the second time.
    pub ready: Duration,
    /// What a step may take beyond that, before it is given up.
    pub patience: Duration,
    /// What keeping a database may take.
    pub snapshot: Duration,
}

impl Default for RolloutTimes {
    fn default() -> Self {
        Self {
            waiting: Duration::from_secs(30),
            ready: Duration::from_secs(15),
            patience: Duration::from_secs(180),
            snapshot: Duration::from_secs(900),
        }
    }
}

impl RolloutTimes {
    /// Until when a step is to be over.
    pub(super) fn limit(&self, step: RolloutStep, bake: Duration) -> Duration {
        match step {
            RolloutStep::Snapshot => self.snapshot,
            RolloutStep::Wait => self.waiting + self.patience,
            RolloutStep::Check => self.ready + self.patience,
            RolloutStep::Bake => bake + self.patience,
            _ => self.patience,
        }
    }

    /// What a roll-out of one node takes where all goes well, but for the bake: what boots and ends takes some seconds.
    pub fn usual(&self) -> Duration {
        self.waiting + self.ready + Duration::from_secs(15)
    }
}
