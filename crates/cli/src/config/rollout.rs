//! `[rollout]`: how nodes come to run another release.

use std::time::Duration;

use linkpool_api::operator::RolloutRules;
use linkpool_fleet::RolloutTimes;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RolloutConfig {
    /// Nodes under way at once: each has two more processes meanwhile.
    parallel: u16,
    /// How long a node is watched before what it ran until then is given up.
    bake_seconds: u64,
    /// How long the new replicas are seen waiting before the old ones end.
    waiting_seconds: u64,
    /// How long a new one serves before it is looked at the second time.
    ready_seconds: u64,
    /// What a step may take beyond that.
    step_patience_seconds: u64,
}

impl Default for RolloutConfig {
    fn default() -> Self {
        let (rules, times) = (RolloutRules::default(), RolloutTimes::default());
        Self {
            parallel: rules.parallel,
            bake_seconds: rules.bake.as_secs(),
            waiting_seconds: times.waiting.as_secs(),
            ready_seconds: times.ready.as_secs(),
            step_patience_seconds: times.patience.as_secs(),
        }
    }
}

impl RolloutConfig {
    pub fn times(&self) -> RolloutTimes {
        RolloutTimes {
            waiting: Duration::from_secs(self.waiting_seconds),
            ready: Duration::from_secs(self.ready_seconds),
            patience: Duration::from_secs(self.step_patience_seconds),
            ..RolloutTimes::default()
        }
    }

    /// What holds for an operator's call that says nothing else.
    pub fn rules(&self, cannot_keep: Option<String>) -> RolloutRules {
        RolloutRules {
            parallel: self.parallel,
            bake: Duration::from_secs(self.bake_seconds),
            usual: self.times().usual(),
            cannot_keep,
        }
    }
}
