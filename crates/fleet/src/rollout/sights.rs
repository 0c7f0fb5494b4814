//! What is seen of a node that is on its way: its two sets.

use std::time::Duration;

use linkpool_db::fleet::{ReplicaState, RolloutNode};

use crate::{ObservedReplica, ObservedSet, SetKey};

/// Within this time its database says of a process whether it has the lease, where anybody asks it at all.
const SIGHT_TIME: Duration = Duration::from_secs(10);

/// The two sets of a node that is on its way. One that is not there has no replicas.
pub(super) struct Sights<'a> {
    from: Vec<&'a ObservedReplica>,
    to: Vec<&'a ObservedReplica>,
}

impl<'a> Sights<'a> {
    pub fn of(rolling: &RolloutNode, observed: &'a [ObservedSet]) -> Self {
        let of = |number: Option<u32>| -> Vec<&'a ObservedReplica> {
            let key = generation(rolling, number);
            observed.iter().filter(|set| Some(&set.key) == key.as_ref()).flat_map(|set| &set.replicas).collect()
        };
        Self { from: of(rolling.from_generation), to: of(rolling.to_generation) }
    }

    /// Whether a new one has the lease, or serves.
    pub fn is_taken(&self) -> bool {
        self.to.iter().any(|it| it.state == ReplicaState::Serving || it.holds_lease == Some(true))
    }

    /// Whether it is not known yet of a new one that lives whether it has the lease: a fleet that has just taken over knows it of none.
    pub fn is_unclear(&self) -> bool {
        let mut may_have = self.to.iter().filter(|it| matches!(it.state, ReplicaState::Starting | ReplicaState::Waiting));
        may_have.any(|it| it.holds_lease.is_none() && it.for_time < SIGHT_TIME)
    }

    pub fn old_lives(&self) -> bool {
        self.from.iter().any(|it| it.state != ReplicaState::Stopped)
    }

    pub fn new_lives(&self) -> bool {
        !self.to.is_empty()
    }

    /// For how long all new ones have waited for the lease.
    pub fn waited(&self) -> Option<Duration> {
        let waits = self.to.iter().all(|it| it.state == ReplicaState::Waiting);
        if waits { self.to.iter().map(|it| it.for_time).min() } else { None }
    }

    /// Where the one new one that serves answers, and for how long it has.
    pub fn serving(&self) -> Option<(&'a str, Duration)> {
        let mut serving = self.to.iter().filter(|it| it.state == ReplicaState::Serving && it.holds_lease != Some(false));
        let one = serving.next().filter(|_| serving.next().is_none())?;
        Some((one.base_url.as_deref()?, one.for_time))
    }

    /// Whether the others wait to take over.
    pub fn is_covered(&self) -> bool {
        self.to.iter().all(|it| matches!(it.state, ReplicaState::Serving | ReplicaState::Waiting))
    }

    /// What the new ones say of themselves.
    pub fn words(&self) -> String {
        let word = |it: &&ObservedReplica| {
            let detail = it.detail.as_deref().map(|detail| format!(": {detail}")).unwrap_or_default();
            format!("{} is {}{detail}", it.id, it.state.as_str().replace('_', " "))
        };
        if self.to.is_empty() { "none of them was made".into() } else { self.to.iter().map(word).collect::<Vec<_>>().join(", ") }
    }
}

/// A set of the node.
pub(super) fn generation(rolling: &RolloutNode, number: Option<u32>) -> Option<SetKey> {
    Some(SetKey { node_id: rolling.node_id.clone(), generation: number? })
}
