//! Since when the chain has been too short for what was settled.

use std::time::{Duration, Instant};

/// How long a chain may be too short before it counts as lost.
pub(super) const LAG_TIMEOUT: Duration = Duration::from_secs(15);

#[derive(Debug, Default)]
pub(super) struct LossDetector {
    pub short_since: Option<Instant>,
}

impl LossDetector {
    /// When a chain that is too short is believed.
    pub fn due(&self) -> Option<Instant> {
        self.short_since.map(|since| since + LAG_TIMEOUT)
    }
}
