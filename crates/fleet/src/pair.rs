//! The pair rule: what the replicas of a node add up to.
//!
//! Two Chainlink nodes on one database are active and standby: the standby does not listen at all until it has the lease.
//! So a pair is healthy when exactly one replica answers as ready and another is alive and waits; a plain HTTP check would
//! call every standby sick and replace it for ever.

use linkpool_db::fleet::{PairHealth, ReplicaState};

use crate::ObservedSet;

/// The health of a node with `replica_count` replicas.
pub fn health_of(set: &ObservedSet, replica_count: u16) -> PairHealth {
    let count = |state: ReplicaState| set.replicas.iter().filter(|replica| replica.state == state).count();
    let (serving, waiting) = (count(ReplicaState::Serving), count(ReplicaState::Waiting));
    match serving {
        0 => PairHealth::Down,
        1 if waiting + 1 >= usize::from(replica_count) => PairHealth::Healthy,
        // Two that serve have both taken the lease: one of them was paused and has not noticed its loss yet.
        _ => PairHealth::Degraded,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{ObservedReplica, SetKey};
    use ReplicaState::{BackingOff, Failing, Serving, Starting, Waiting};

    fn check(replica_count: u16, states: &[ReplicaState], expect: PairHealth) {
        let replica = |(ordinal, state): (usize, &ReplicaState)| ObservedReplica {
            id: format!("g1-{ordinal}"),
            state: *state,
            for_time: Duration::ZERO,
            base_url: None,
            starts: 1,
            detail: None,
        };
        let key = SetKey { node_id: "0123456789ab".into(), generation: 1 };
        let set = ObservedSet { key, location: String::new(), replicas: states.iter().enumerate().map(replica).collect() };
        assert_eq!(health_of(&set, replica_count), expect, "{states:?} of {replica_count}");
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
