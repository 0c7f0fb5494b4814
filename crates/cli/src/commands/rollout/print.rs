//! Roll-outs for people.

use linkpool_api::operator::{
    rollout_types::{RolloutAnswer, RolloutNodeView, RolloutPlan, RolloutView},
    types::Outcome,
};

use crate::output::answer;

pub fn plan(plan: &RolloutPlan) {
    if plan.nodes.is_empty() {
        answer!("the fleet runs no node that could be rolled out");
        return;
    }
    let [one, tenth, rest] = plan.waves;
    if let Some(old) = plan.supersedes {
        answer!("roll-out {old}, which is under way, is superseded: what has not passed its door goes back first");
    }
    answer!(
        "{one} node, then {tenth}, then {rest}; {} at once, each with two more processes; {} in all",
        plan.parallel,
        duration(plan.seconds)
    );
    for node in &plan.nodes {
        let way =
            if node.is_door { "a door: no way back once a new replica has had the lease" } else { "a way back until its end" };
        answer!("  wave {}  {}  {:<10}  {way}", node.wave, node.node_id, node.version.as_deref().unwrap_or("unknown"));
    }
    answer!("steps of a node:");
    for (step, what) in STEPS {
        answer!("  {step:<9} {what}");
    }
}

/// What an abort means in each.
const STEPS: [(&str, &str); 7] = [
    ("snapshot", "its database is kept; an abort changes nothing"),
    ("create", "two new replicas are made; an abort gives them up"),
    ("wait", "they wait beside the old ones; an abort gives them up"),
    (
        "stop",
        "the old ones end in one go: THE DOOR, where the version is a newer one. Behind it: roll out a newer version, or restore what was kept",
    ),
    (
        "check",
        "a new one serves with the same wallet and no more failing checks; without a door an abort goes back to the old generation",
    ),
    ("bake", "it is watched; the same"),
    ("delete", "the old generation is given up; there is nothing to abort"),
];

pub fn status(rollout: &RolloutView) {
    let what = [
        rollout.version.clone(),
        rollout.program.as_ref().map(|program| format!("program {program}")),
        rollout.has_config.then(|| "a configuration of its own".to_owned()),
    ];
    let what: Vec<String> = what.into_iter().flatten().collect();
    let what = if what.is_empty() { "as the settings say".to_owned() } else { what.join(", ") };
    let why = rollout.why.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
    answer!("roll-out {} to {what}: {}{why}", rollout.id, rollout.state.0);
    answer!("asked for by {}: {}", rollout.actor, rollout.reason);
    rollout.nodes.iter().for_each(|node| answer!("  {}", line(node)));
}

/// One node.
pub fn line(node: &RolloutNodeView) -> String {
    let generations = match (node.from_generation, node.to_generation) {
        (Some(from), Some(to)) => format!("  generation {from} -> {to}"),
        _ => String::new(),
    };
    let versions = match (&node.from_version, &node.to_version) {
        (Some(from), Some(to)) if from != to => format!("  {from} -> {to}"),
        _ => String::new(),
    };
    let door = if node.is_door { "  door" } else { "" };
    let back = if node.is_back { "  on its way back" } else { "" };
    let error = node.error.as_ref().map(|error| format!("  {error}")).unwrap_or_default();
    format!("{}  wave {}  {:<8}{generations}{versions}{door}{back}{error}", node.node_id, node.wave, node.step.0)
        .trim_end()
        .to_owned()
}

pub fn action(answer: &RolloutAnswer) {
    let action = answer.action.0;
    match (answer.outcome.0, answer.dry_run) {
        (Outcome::Repeated, _) => answer!("{action}: it is so already"),
        (Outcome::Asked | Outcome::Done, true) => answer!("would {action} the roll-out"),
        (Outcome::Asked | Outcome::Done, false) => answer!("{action}: done; `linkpool rollout status` shows what follows"),
    }
}

fn duration(seconds: u64) -> String {
    match seconds {
        0..=119 => format!("about {seconds} s"),
        120..=7_199 => format!("about {} min", seconds.div_ceil(60)),
        _ => format!("about {} h", seconds.div_ceil(3_600)),
    }
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn a_duration_is_said_in_the_unit_that_a_person_takes() {
        assert_eq!(
            [60, 119, 120, 7_199, 7_200, 90_000].map(duration),
            ["about 60 s", "about 119 s", "about 2 min", "about 120 min", "about 2 h", "about 25 h"]
        );
    }
}
