//! What takes longer than a pass: one task a node, whose outcome the next pass finds.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use linkpool_db::fleet::{RolloutNode, RolloutStep};
use serde_json::Value;
use tokio::task::JoinSet;
use tracing::Instrument as _;

/// Between two attempts at what a node did not answer.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Work {
    /// Looks at the node and its next program, and keeps its database.
    Prepare,
    /// Compares the one that serves now with what was seen before.
    Compare { base_url: String },
    /// Asks the node's database whether a new one has had it.
    Door,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Outcome {
    Prepared {
        is_door: bool,
        before: Value,
    },
    AsBefore,
    /// Whether a new one has had the node's database, which it leaves to no older one.
    Door {
        is_passed: bool,
    },
    /// It may come yet.
    NotYet(String),
    /// It will not.
    Refused(String),
    OtherWallet(String),
}

/// A step of a node in one roll-out: an outcome is good for this one alone. What a roll-out that was superseded has asked for may still come.
type Errand = (String, i64, RolloutStep, bool);

#[derive(Debug, Default)]
pub(super) struct Errands {
    tasks: JoinSet<(Errand, Outcome)>,
    busy: HashSet<String>,
    outcomes: HashMap<String, (Errand, Outcome, Instant)>,
}

impl Errands {
    /// What is under way is cut off.
    pub fn clear(&mut self) {
        self.tasks.abort_all();
        self.tasks.detach_all();
        self.busy.clear();
        self.outcomes.clear();
    }

    pub fn collect(&mut self) {
        while let Some(ended) = self.tasks.try_join_next() {
            match ended {
                Ok((errand, outcome)) => {
                    self.busy.remove(&errand.0);
                    self.outcomes.insert(errand.0.clone(), (errand, outcome, Instant::now()));
                }
                Err(error) if error.is_cancelled() => {}
                Err(error) => {
                    tracing::error!(%error, "what looks at a node panicked");
                    self.busy.clear();
                }
            }
        }
    }

    pub fn outcome(&self, rolling: &RolloutNode) -> Option<&Outcome> {
        self.outcomes.get(&rolling.node_id).filter(|(errand, ..)| *errand == of(rolling)).map(|(_, outcome, _)| outcome)
    }

    /// Whether it may be asked now: nothing is under way, and what did not come was a while ago.
    pub fn is_free(&self, rolling: &RolloutNode) -> bool {
        let recent = self.outcomes.get(&rolling.node_id);
        let is_recent = recent.is_some_and(|(errand, _, at)| *errand == of(rolling) && at.elapsed() < RETRY_INTERVAL);
        !is_recent && !self.busy.contains(&rolling.node_id)
    }

    pub fn start(&mut self, rolling: &RolloutNode, work: impl Future<Output = Outcome> + Send + 'static) {
        self.busy.insert(rolling.node_id.clone());
        let errand = of(rolling);
        let span = tracing::info_span!("rollout", node = rolling.node_id);
        self.tasks.spawn(async move { (errand, work.await) }.instrument(span));
    }

    pub fn forget(&mut self, node_id: &str) {
        self.outcomes.remove(node_id);
    }

    /// What is known of other nodes is of no use.
    pub fn only(&mut self, rolling: &[RolloutNode]) {
        let known: HashSet<&str> = rolling.iter().map(|it| it.node_id.as_str()).collect();
        self.outcomes.retain(|node_id, _| known.contains(node_id.as_str()));
    }
}

fn of(rolling: &RolloutNode) -> Errand {
    (rolling.node_id.clone(), rolling.rollout_id, rolling.step, rolling.is_back)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use linkpool_db::fleet::RolloutState;
    use serde_json::json;
    use tokio::time::{sleep, timeout};

    use super::*;

    fn rolling(rollout_id: i64) -> RolloutNode {
        RolloutNode {
            rollout_id,
            node_id: "0123456789ab".into(),
            wave: 1,
            step: RolloutStep::Snapshot,
            step_since: Default::default(),
            in_step: Duration::ZERO,
            is_late: false,
            from_generation: Some(1),
            to_generation: Some(2),
            from_release: None,
            is_door: false,
            is_back: false,
            error: None,
            before: json!({}),
            state: RolloutState::Running,
            release_number: 1,
            bake: Duration::ZERO,
        }
    }

    #[tokio::test]
    async fn what_a_superseded_roll_out_has_asked_for_says_nothing_to_the_next_one() {
        let (mut errands, first, next) = (Errands::default(), rolling(1), rolling(2));
        errands.start(&first, async { Outcome::Prepared { is_door: false, before: json!({ "to_version": "2.31.1" }) } });
        // The node is dropped from the first one before it has come.
        errands.forget(&first.node_id);
        let collected = async {
            while errands.outcome(&first).is_none() {
                errands.collect();
                sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(Duration::from_secs(60), collected).await.unwrap();
        assert_eq!(errands.outcome(&next), None, "it would pass its door by the versions of another program");
        assert!(errands.is_free(&next));
    }
}
