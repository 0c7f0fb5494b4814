//! What a node's next step is, from the stored one and from what is observed. Pure.

use std::time::Duration;

use linkpool_db::fleet::{Effect, ReplicaState, RolloutNode, RolloutState, RolloutStep};

use super::{
    errand::{Outcome, Work},
    times::RolloutTimes,
};
use crate::{ObservedReplica, ObservedSet, SetKey};

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
    fn is_taken(&self) -> bool {
        self.to.iter().any(|it| it.state == ReplicaState::Serving || it.holds_lease == Some(true))
    }

    fn old_lives(&self) -> bool {
        self.from.iter().any(|it| it.state != ReplicaState::Stopped)
    }

    /// For how long all new ones have waited for the lease.
    fn waited(&self) -> Option<Duration> {
        let waits = self.to.iter().all(|it| it.state == ReplicaState::Waiting);
        if waits { self.to.iter().map(|it| it.for_time).min() } else { None }
    }

    /// Where the one new one that serves answers, and for how long it has.
    fn serving(&self) -> Option<(&'a str, Duration)> {
        let mut serving = self.to.iter().filter(|it| it.state == ReplicaState::Serving && it.holds_lease != Some(false));
        let one = serving.next().filter(|_| serving.next().is_none())?;
        Some((one.base_url.as_deref()?, one.for_time))
    }

    /// Whether the others wait to take over.
    fn is_covered(&self) -> bool {
        self.to.iter().all(|it| matches!(it.state, ReplicaState::Serving | ReplicaState::Waiting))
    }

    /// What the new ones say of themselves.
    fn words(&self) -> String {
        let word = |it: &&ObservedReplica| {
            let detail = it.detail.as_deref().map(|detail| format!(": {detail}")).unwrap_or_default();
            format!("{} is {}{detail}", it.id, it.state.as_str().replace('_', " "))
        };
        if self.to.is_empty() { "none of them was made".into() } else { self.to.iter().map(word).collect::<Vec<_>>().join(", ") }
    }
}

/// What is to be done with one node now.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Decision {
    Stay,
    /// The step waits for this.
    Explain(String),
    /// It waits longer than it should, and there is nothing else to do.
    Late(String),
    Ask(Work),
    /// Ends all replicas of a set.
    End(SetKey),
    /// Gives a set up for good, then goes to the step.
    Give(SetKey, RolloutStep),
    To(RolloutStep, Effect),
    /// With the reason; what follows, [`given_up`] says.
    GiveUp(String),
    /// It shows another wallet.
    Quarantine(String),
}

/// A set of the node.
pub(super) fn generation(rolling: &RolloutNode, number: Option<u32>) -> Option<SetKey> {
    Some(SetKey { node_id: rolling.node_id.clone(), generation: number? })
}

/// Where a node goes whose step is given up.
pub(super) fn given_up(rolling: &RolloutNode) -> (RolloutStep, Effect) {
    match rolling.step {
        RolloutStep::Create | RolloutStep::Wait => (RolloutStep::Undo, Effect::Nothing),
        RolloutStep::Stop | RolloutStep::Check | RolloutStep::Bake if !rolling.is_door && !rolling.is_back => {
            (RolloutStep::Create, Effect::Reversed)
        }
        RolloutStep::Stop | RolloutStep::Check | RolloutStep::Bake | RolloutStep::Delete => {
            (RolloutStep::Failed, Effect::Nothing)
        }
        _ => (RolloutStep::Aborted, Effect::Nothing),
    }
}

pub(super) fn decide(rolling: &RolloutNode, sights: &Sights<'_>, outcome: Option<&Outcome>, times: &RolloutTimes) -> Decision {
    let (from, to) = (generation(rolling, rolling.from_generation), generation(rolling, rolling.to_generation));
    // One that goes back goes on whatever has become of the roll-out.
    let is_withdrawn = !rolling.is_back && matches!(rolling.state, RolloutState::Aborted | RolloutState::Superseded);
    let may_switch = rolling.is_back || rolling.state == RolloutState::Running;
    let withdrawn = || Decision::GiveUp(format!("the roll-out was {}", rolling.state));
    match rolling.step {
        RolloutStep::Snapshot if is_withdrawn => withdrawn(),
        RolloutStep::Snapshot => prepared(rolling, outcome),
        // Its predecessor died: what it runs now has passed the door, and nothing older may wait beside it.
        RolloutStep::Create | RolloutStep::Wait if sights.is_taken() => Decision::To(RolloutStep::Stop, Effect::Switched),
        RolloutStep::Create | RolloutStep::Wait if is_withdrawn => withdrawn(),
        RolloutStep::Create | RolloutStep::Wait if rolling.is_late && may_switch => {
            Decision::GiveUp(format!("the new replicas did not come to wait for the lease in time: {}", sights.words()))
        }
        RolloutStep::Create if sights.waited().is_some() => Decision::To(RolloutStep::Wait, Effect::Nothing),
        RolloutStep::Wait if may_switch && sights.waited().is_some_and(|waited| waited >= times.waiting) => {
            Decision::To(RolloutStep::Stop, Effect::Switched)
        }
        RolloutStep::Create | RolloutStep::Wait => Decision::Stay,
        RolloutStep::Stop => match from.filter(|_| sights.old_lives()) {
            Some(_) if rolling.is_late && rolling.error.is_none() => Decision::Late("the old replicas do not end".into()),
            Some(from) => Decision::End(from),
            None => Decision::To(RolloutStep::Check, Effect::Nothing),
        },
        RolloutStep::Check | RolloutStep::Bake if sights.old_lives() => from.map_or(Decision::Stay, Decision::End),
        RolloutStep::Check | RolloutStep::Bake if is_withdrawn && !rolling.is_door => withdrawn(),
        RolloutStep::Check => checked(rolling, sights, outcome, times),
        RolloutStep::Bake if rolling.in_step >= bake(rolling) && sights.serving().is_some() && sights.is_covered() => {
            Decision::To(RolloutStep::Delete, Effect::Nothing)
        }
        RolloutStep::Bake if rolling.is_late => {
            Decision::GiveUp(format!("the node was not whole at the end of its bake: {}", sights.words()))
        }
        RolloutStep::Bake => Decision::Stay,
        RolloutStep::Delete => {
            let end = if rolling.is_back { RolloutStep::Aborted } else { RolloutStep::Done };
            from.map_or(Decision::To(end, Effect::Nothing), |from| Decision::Give(from, end))
        }
        RolloutStep::Undo => {
            let end = if rolling.is_back { RolloutStep::Failed } else { RolloutStep::Aborted };
            to.map_or(Decision::To(end, Effect::Nothing), |to| Decision::Give(to, end))
        }
        RolloutStep::Queued | RolloutStep::Done | RolloutStep::Aborted | RolloutStep::Failed | RolloutStep::Dropped => {
            Decision::Stay
        }
    }
}

/// What it goes back to has been watched for long.
fn bake(rolling: &RolloutNode) -> Duration {
    if rolling.is_back { Duration::ZERO } else { rolling.bake }
}

fn prepared(rolling: &RolloutNode, outcome: Option<&Outcome>) -> Decision {
    match outcome {
        Some(Outcome::Prepared { is_door, before }) => {
            Decision::To(RolloutStep::Create, Effect::Prepared { is_door: *is_door, before: before.clone() })
        }
        Some(Outcome::Refused(why)) => Decision::GiveUp(why.clone()),
        Some(Outcome::NotYet(why)) if rolling.is_late => Decision::GiveUp(why.clone()),
        None if rolling.is_late => Decision::GiveUp("the node was not looked at and kept in time".into()),
        Some(Outcome::NotYet(why)) if rolling.error.as_ref() != Some(why) => Decision::Explain(why.clone()),
        _ => Decision::Ask(Work::Prepare),
    }
}

fn checked(rolling: &RolloutNode, sights: &Sights<'_>, outcome: Option<&Outcome>, times: &RolloutTimes) -> Decision {
    match outcome {
        Some(Outcome::AsBefore) => return Decision::To(RolloutStep::Bake, Effect::Nothing),
        Some(Outcome::OtherWallet(why)) => return Decision::Quarantine(why.clone()),
        _ => {}
    }
    let why = match outcome {
        Some(Outcome::NotYet(why) | Outcome::Refused(why)) => why.clone(),
        _ => format!("no new replica serves as the old one did: {}", sights.words()),
    };
    if rolling.is_late {
        return Decision::GiveUp(why);
    }
    match sights.serving() {
        Some((url, served)) if served >= times.ready && sights.is_covered() => match outcome {
            Some(Outcome::NotYet(_)) if rolling.error.as_ref() != Some(&why) => Decision::Explain(why),
            _ => Decision::Ask(Work::Compare { base_url: url.to_owned() }),
        },
        _ => Decision::Stay,
    }
}
