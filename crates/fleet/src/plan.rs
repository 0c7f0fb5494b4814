//! What to do about the difference between what is wanted and what is there. Pure: the same input gives the same actions.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use linkpool_db::fleet::{Ending, FleetNode, PairHealth, Phase, ReplicaState};

use crate::{ObservedReplica, ObservedSet, SetKey, SetSpec, health_of, wanted::Wanted};

/// Bounds of one pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Most sets made in one pass: 25 pairs at once are what a small machine starts without failing its own checks.
    pub new_sets: usize,
    /// Most replicas replaced in one pass.
    pub replacements: usize,
    /// Most replicas of one node replaced within the window of `replaced`, and of all nodes.
    pub replacements_of_node: u32,
    pub replacements_of_fleet: u32,
    /// How many of each node were replaced in that window.
    pub replaced: HashMap<String, u32>,
    /// How long a replica may listen without answering as ready.
    pub failing_patience: Duration,
    /// How long a node may boot before the reason is shown on it.
    pub boot_patience: Duration,
    /// How long a set that nobody wants is left alone.
    pub orphan_patience: Duration,
    /// How long all replicas of a node's generation have waited or served before its other generations end.
    pub settled_patience: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            new_sets: 25,
            replacements: 5,
            replacements_of_node: 6,
            replacements_of_fleet: 50,
            replaced: HashMap::new(),
            failing_patience: Duration::from_secs(5),
            boot_patience: Duration::from_secs(3),
            orphan_patience: Duration::from_secs(60),
            settled_patience: Duration::from_secs(30),
        }
    }
}

/// One thing to do; each may be done twice without harm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    Advance {
        node_id: String,
        from: Phase,
        to: Phase,
    },
    Ensure(SetSpec),
    Replace {
        set: SetKey,
        replica_id: String,
        why: String,
    },
    /// Ends all replicas of a set whose node is stopped.
    Stop(SetKey),
    Delete(SetKey),
    SetHealth {
        node_id: String,
        health: PairHealth,
    },
    /// Shows why a node makes no progress.
    Explain {
        node_id: String,
        phase: Phase,
        error: String,
    },
}

/// The actions of one pass. `orphan_for` says for how long each unwanted set has been seen.
pub(crate) fn plan(
    wanted: &[Wanted],
    observed: &[ObservedSet],
    orphan_for: &HashMap<SetKey, Duration>,
    limits: &Limits,
) -> Vec<Action> {
    let mut sets = HashMap::<&str, Vec<&ObservedSet>>::new();
    for set in observed {
        sets.entry(&set.key.node_id).or_default().push(set);
    }
    let mut actions = Vec::new();
    let replaced = usize::try_from(limits.replaced.values().sum::<u32>()).unwrap_or(usize::MAX);
    let of_fleet = usize::try_from(limits.replacements_of_fleet).unwrap_or(usize::MAX).saturating_sub(replaced);
    let (mut new_sets, mut replacements) = (limits.new_sets, limits.replacements.min(of_fleet));
    for Wanted { node, sets: specs, is_rolling } in wanted {
        let sets = sets.get(node.id.as_str()).map_or(&[][..], Vec::as_slice);
        let health = health_of(sets, node.replica_count);
        if health != node.health {
            actions.push(Action::SetHealth { node_id: node.id.clone(), health });
        }
        for spec in specs {
            match sets.iter().find(|set| set.key == spec.key) {
                None if new_sets == 0 => {}
                None => {
                    new_sets -= 1;
                    absent(node, spec, &mut actions);
                }
                Some(set) => present(node, health, (spec, set), limits, &mut actions),
            }
        }
        if node.ending == Some(Ending::Stopped) {
            actions.extend(sets.iter().map(|set| Action::Stop(set.key.clone())));
            continue;
        }
        if let ([spec], false) = (specs.as_slice(), is_rolling) {
            actions.extend(superseded(spec, sets, limits));
        }
        // What a roll-out ends is not made anew meanwhile.
        let is_kept = |set: &&&ObservedSet| !is_rolling || specs.iter().any(|spec| spec.key == set.key);
        replace(sets.iter().filter(is_kept).copied(), limits, &mut replacements, &mut actions);
    }
    let known: HashSet<&str> = wanted.iter().map(|wanted| wanted.node.id.as_str()).collect();
    let unwanted = observed.iter().filter(|set| !known.contains(set.key.node_id.as_str()));
    let overdue = unwanted.filter(|set| orphan_for.get(&set.key).is_some_and(|time| *time >= limits.orphan_patience));
    actions.extend(overdue.map(|set| Action::Delete(set.key.clone())));
    actions
}

fn absent(node: &FleetNode, spec: &SetSpec, actions: &mut Vec<Action>) {
    if node.phase == Phase::Requested {
        actions.push(Action::Advance { node_id: node.id.clone(), from: Phase::Requested, to: Phase::Provisioning });
    }
    actions.push(Action::Ensure(spec.clone()));
}

fn present(
    node: &FleetNode,
    health: PairHealth,
    (spec, set): (&SetSpec, &ObservedSet),
    limits: &Limits,
    actions: &mut Vec<Action>,
) {
    let advance = |from, to| Action::Advance { node_id: node.id.clone(), from, to };
    match node.phase {
        // The set is there though the step before was not recorded: a pass ended between the two.
        Phase::Requested => actions.push(advance(Phase::Requested, Phase::Provisioning)),
        Phase::Provisioning => actions.push(advance(Phase::Provisioning, Phase::Booting)),
        Phase::Booting if health == PairHealth::Healthy => actions.push(advance(Phase::Booting, Phase::Healthy)),
        Phase::Booting => actions.extend(explanation(node, set, limits)),
        _ => {}
    }
    if set.replicas.len() < usize::from(spec.replica_count) {
        // One died while no fleet looked, or a fleet ended between the two starts.
        actions.push(Action::Ensure(spec.clone()));
    }
}

/// Replicas that fail for too long, whichever generation they are of: the one that serves is not always the newest.
fn replace<'a>(
    sets: impl Iterator<Item = &'a ObservedSet>,
    limits: &Limits,
    replacements: &mut usize,
    actions: &mut Vec<Action>,
) {
    let mut asked = 0;
    for (set, replica) in sets.flat_map(|set| set.replicas.iter().map(move |replica| (set, replica))) {
        // One that fails again and again does not fail by itself: more of the same would help nobody.
        let of_node = limits.replaced.get(&set.key.node_id).copied().unwrap_or_default() + asked;
        let is_overdue = replica.state == ReplicaState::Failing && replica.for_time >= limits.failing_patience;
        if is_overdue && *replacements > 0 && of_node < limits.replacements_of_node {
            *replacements -= 1;
            asked += 1;
            let why = replica.detail.clone().unwrap_or_else(|| "it listens and does not answer as ready".into());
            actions.push(Action::Replace { set: set.key.clone(), replica_id: replica.id.clone(), why });
        }
    }
}

/// The other generations of a node, once that which is wanted is whole and has been for a while: until then they may be all that
/// serves. Whichever replica has the lease then gives it up to one that is wanted.
fn superseded(spec: &SetSpec, sets: &[&ObservedSet], limits: &Limits) -> Vec<Action> {
    let is_settled = |replica: &ObservedReplica| {
        matches!(replica.state, ReplicaState::Waiting | ReplicaState::Serving) && replica.for_time >= limits.settled_patience
    };
    let Some(wanted) = sets.iter().find(|set| set.key == spec.key) else { return Vec::new() };
    let settled = wanted.replicas.iter().filter(|replica| is_settled(replica)).count();
    if settled < usize::from(spec.replica_count) {
        return Vec::new();
    }
    sets.iter().filter(|set| set.key != spec.key).map(|set| Action::Delete(set.key.clone())).collect()
}

/// What to show on a node that takes long to boot: the words of a replica that says why, not of one that only waits.
fn explanation(node: &FleetNode, set: &ObservedSet, limits: &Limits) -> Option<Action> {
    let told = |replica: &&ObservedReplica| replica.detail.is_some() && replica.for_time >= limits.boot_patience;
    let replica = set.replicas.iter().find(told)?;
    let error = format!("replica {} is {}: {}", replica.id, replica.state.as_str().replace('_', " "), replica.detail.as_deref()?);
    let news = node.last_error.as_deref() != Some(error.as_str());
    news.then(|| Action::Explain { node_id: node.id.clone(), phase: node.phase, error })
}

#[cfg(test)]
mod tests;
