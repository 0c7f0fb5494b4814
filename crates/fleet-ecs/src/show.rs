//! What is told of the account: each set with its tasks, and with those that it is to have and has not.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use linkpool_db::fleet::ReplicaState;
use linkpool_fleet::{ObservedReplica, ObservedSet, SetKey};

use crate::{
    answer::Task,
    names,
    seen::{Seen, SeenService},
    set::{Set, Target},
    shared::Core,
};

/// Every set, or why that is not known.
pub(crate) fn observe(core: &Core, sets: &HashMap<SetKey, Set>) -> Result<Vec<ObservedSet>, String> {
    let mut seen = core.seen();
    let is_fresh = seen.tasks_listed.is_some_and(|at| at.elapsed() < core.config.times.stale);
    if !is_fresh || seen.services_listed.is_none() {
        let why = seen.trouble.clone().unwrap_or_else(|| "it was not asked yet".into());
        return Err(format!("what runs on ECS is not known: {why}"));
    }
    let mut keys: Vec<SetKey> = seen.services.keys().chain(sets.keys()).cloned().collect();
    keys.sort_unstable();
    keys.dedup();
    let observed = keys.into_iter().filter_map(|key| set(core, &mut seen, &key, sets.get(&key)));
    Ok(observed.collect())
}

fn set(core: &Core, seen: &mut Seen, key: &SetKey, set: Option<&Set>) -> Option<ObservedSet> {
    let report = set.map(Set::report).unwrap_or_default();
    let target = set.map(|set| &set.target);
    let has_ended = report.is_reached && matches!(target, Some(Target::Stop | Target::Delete));
    let tasks: Vec<&Task> = seen.living(&core.config.prefix, key).collect();
    let known = seen.services.get(key);
    let is_there = known.is_some_and(|known| known.service.is_active()) || !tasks.is_empty();
    let is_wanted = matches!(target, Some(Target::Run(_)));
    if has_ended || seen.is_gone(key) || !(is_there || is_wanted) {
        return None;
    }
    let mut replicas: Vec<ObservedReplica> = tasks.iter().map(|task| replica(core, seen, task)).collect();
    replicas.sort_by(|one, other| one.id.cmp(&other.id));
    let lacking = expected(target, known).saturating_sub(replicas.len());
    if lacking == 0 {
        seen.lacking.remove(key);
    } else {
        let since = seen.lacking.entry(key.clone()).or_insert_with(Instant::now).elapsed();
        let name = names::service(&core.config.prefix, key);
        let absent = |number| ObservedReplica { for_time: since, ..absent(&name, number, &report.error, seen, key) };
        replicas.extend((0..lacking).map(absent));
    }
    Some(ObservedSet { key: key.clone(), location: format!("ecs {}", core.config.cluster), replicas })
}

/// How many tasks there are or may be, though none is seen: ECS may be about to start them.
fn expected(target: Option<&Target>, known: Option<&SeenService>) -> usize {
    match target {
        Some(Target::Run(run)) => usize::from(run.0.replica_count),
        // Until it is certain that none lives, one may.
        Some(Target::Stop | Target::Delete) => 1,
        // What ECS has given up it starts no more, until whoever misses the tasks wants them again.
        None => {
            let starts = |known: &&SeenService| known.service.is_active() && !known.service.has_failed();
            known.filter(starts).map_or(0, |known| known.service.desired_count as usize)
        }
    }
}

fn replica(core: &Core, seen: &Seen, task: &Task) -> ObservedReplica {
    let looked = core.watchers.observe(&task.task_arn);
    let is_replaced = seen.replaced.contains_key(&task.task_arn);
    let way = if task.runs() { None } else { Some(format!("its task is {}", task.last_status)) };
    let mut replica = looked.unwrap_or_else(|| bare(task.task_arn.clone(), ReplicaState::Starting, way));
    // One that is to end may serve until it does; whatever else it does counts no more.
    if (!task.is_wanted() || is_replaced) && replica.state != ReplicaState::Serving {
        replica.state = ReplicaState::BackingOff;
        replica.detail = Some(format!("it is being ended: {}", task.stopped_reason.as_deref().unwrap_or("it is replaced")));
    }
    replica
}

/// One that the set is to have and has not.
fn absent(service: &str, number: usize, error: &Option<String>, seen: &Seen, key: &SetKey) -> ObservedReplica {
    let trouble = seen.services.get(key).and_then(|known| known.service.trouble()).map(str::to_owned);
    let ending = seen.endings.get(key).map(|ending| format!("its last task ended: {ending}"));
    let detail = error.clone().or(trouble).or(ending);
    let state = if detail.is_some() { ReplicaState::BackingOff } else { ReplicaState::Starting };
    bare(format!("{service}/{number}"), state, detail)
}

fn bare(id: String, state: ReplicaState, detail: Option<String>) -> ObservedReplica {
    ObservedReplica { id, state, for_time: Duration::ZERO, base_url: None, starts: 1, detail, holds_lease: None }
}
