//! The pair rule: what the replicas of a node add up to.
//!
//! Two Chainlink nodes on one database are active and standby: the standby does not listen at all until it has the lease.
//! So a pair is healthy when exactly one replica answers as ready and another is alive and waits; a plain HTTP check would
//! call every standby sick and replace it for ever.

use linkpool_db::fleet::{PairHealth, ReplicaState};

use crate::{ObservedReplica, ObservedSet};

/// The health of a node with `replica_count` replicas, whose sets are these: one for each of its generations that is there.
pub fn health_of(sets: &[&ObservedSet], replica_count: u16) -> PairHealth {
    let replicas: Vec<&ObservedReplica> = sets.iter().flat_map(|set| &set.replicas).collect();
    let count = |state: ReplicaState| replicas.iter().filter(|replica| replica.state == state).count();
    let (serving, waiting) = (count(ReplicaState::Serving), count(ReplicaState::Waiting));
    // One that serves and says what is wrong with it: its chain is out of reach, or its API is slow. Another replica would be no better.
    let ails = replicas.iter().any(|replica| replica.state == ReplicaState::Serving && replica.detail.is_some());
    match serving {
        0 => PairHealth::Down,
        1 if waiting + 1 >= usize::from(replica_count) && !ails => PairHealth::Healthy,
        // Two that serve have both taken the lease: one of them was paused and has not noticed its loss yet.
        _ => PairHealth::Degraded,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::SetKey;
    use ReplicaState::{BackingOff, Failing, Serving, Starting, Waiting};

    fn check(replica_count: u16, states: &[ReplicaState], expect: PairHealth) {
        let replica = |(ordinal, state): (usize, &ReplicaState)| ObservedReplica {
            id: format!("g1-{ordinal}"),
            state: *state,
            for_time: Duration::ZERO,
            base_url: None,
            starts: 1,
            detail: None,
            holds_lease: None,
        };
        let set = set(1, states.iter().enumerate().map(replica).collect());
        assert_eq!(health_of(&[&set], replica_count), expect, "{states:?} of {replica_count}");
    }

    fn set(generation: u32, replicas: Vec<ObservedReplica>) -> ObservedSet {
        ObservedSet { key: SetKey { node_id: "0123456789ab".into(), generation }, location: String::new(), replicas }
    }

    fn replica(state: ReplicaState, detail: Option<&str>) -> ObservedReplica {
        let (for_time, detail) = (Duration::ZERO, detail.map(Into::into));
        ObservedReplica { id: "g1-0".into(), state, for_time, base_url: None, starts: 1, detail, holds_lease: None }
    }

    #[test]
    fn a_node_is_judged_over_all_its_generations() {
        let old = set(1, vec![replica(Serving, None), replica(Waiting, None)]);
        let new = set(2, vec![replica(Waiting, None), replica(Waiting, None)]);
        assert_eq!(health_of(&[&old, &new], 2), PairHealth::Healthy);
        assert_eq!(health_of(&[&new], 2), PairHealth::Down);
        let both = set(2, vec![replica(Serving, None), replica(Waiting, None)]);
        assert_eq!(health_of(&[&old, &both], 2), PairHealth::Degraded, "two serve");
    }

    #[test]
    fn a_replica_that_serves_without_its_chain_is_degraded() {
        let ailing = set(1, vec![replica(Serving, Some("failing checks: HeadListener")), replica(Waiting, None)]);
        assert_eq!(health_of(&[&ailing], 2), PairHealth::Degraded);
    }

    #[test]
    fn a_pair_is_healthy_when_one_serves_and_the_other_waits() {
        check(2, &[Serving, Waiting], PairHealth::Healthy);
        check(2, &[Waiting, Serving], PairHealth::Healthy);
        check(2, &[Serving, Starting], PairHealth::Degraded);
        check(2, &[Serving, BackingOff], PairHealth::Degraded);
        check(2, &[Serving], PairHealth::Degraded);
        check(2, &[Serving, Serving], PairHealth::Degraded);
        check(2, &[Waiting, Waiting], PairHealth::Down);
        check(2, &[Failing, Waiting], PairHealth::Down);
        check(2, &[], PairHealth::Down);
        check(1, &[Serving], PairHealth::Healthy);
    }
}
