//! What a node's next step is, from the stored one and from what is observed. Pure.

use std::time::Duration;

use linkpool_db::fleet::{Effect, RolloutNode, RolloutState, RolloutStep};

use super::{
    errand::{Outcome, Work},
    sights::{Sights, generation},
    times::RolloutTimes,
};
use crate::SetKey;

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
    let from = generation(rolling, rolling.from_generation);
    // One that goes back goes on whatever has become of the roll-out.
    let is_withdrawn = !rolling.is_back && matches!(rolling.state, RolloutState::Aborted | RolloutState::Superseded);
    let may_switch = rolling.is_back || rolling.state == RolloutState::Running;
    let is_abandoned = is_withdrawn || (rolling.is_late && may_switch);
    let withdrawn = || Decision::GiveUp(format!("the roll-out was {}", rolling.state));
    match rolling.step {
        RolloutStep::Snapshot if is_withdrawn => withdrawn(),
        RolloutStep::Snapshot => prepared(rolling, outcome),
        // Its predecessor died: what it runs now has passed the door, and nothing older may wait beside it.
        RolloutStep::Create | RolloutStep::Wait if sights.is_taken() => Decision::To(RolloutStep::Stop, Effect::Switched),
        RolloutStep::Create | RolloutStep::Wait if is_abandoned && rolling.is_door && sights.is_unclear() => Decision::Stay,
        RolloutStep::Create | RolloutStep::Wait if is_withdrawn => withdrawn(),
        RolloutStep::Create | RolloutStep::Wait if is_abandoned => {
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
        RolloutStep::Undo => undone(rolling, sights, outcome),
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

/// One that was the first to take the lease may have died before anybody saw it with that. So the new ones end first, which nobody who waits
/// for the lease notices, and their database is asked.
fn undone(rolling: &RolloutNode, sights: &Sights<'_>, outcome: Option<&Outcome>) -> Decision {
    let end = if rolling.is_back { RolloutStep::Failed } else { RolloutStep::Aborted };
    let Some(to) = generation(rolling, rolling.to_generation) else { return Decision::To(end, Effect::Nothing) };
    if !rolling.is_door {
        return Decision::Give(to, end);
    }
    match outcome {
        _ if sights.new_lives() => Decision::End(to),
        // An older one finds that out with the lease in its hands, and ends: nobody would serve until a person comes.
        Some(Outcome::Door { is_passed: true }) => Decision::To(RolloutStep::Stop, Effect::Switched),
        Some(Outcome::Door { is_passed: false }) => Decision::Give(to, end),
        Some(Outcome::NotYet(why)) if rolling.error.as_ref() != Some(why) => Decision::Explain(why.clone()),
        _ => Decision::Ask(Work::Door),
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
