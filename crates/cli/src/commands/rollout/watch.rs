//! A roll-out as it goes: a line for each step of each node.

use std::time::Duration;

use anyhow::Result;
use linkpool_api::operator::rollout_types::{RolloutNodeView, RolloutView};
use linkpool_db::fleet::{RolloutState, RolloutStep};
use tokio::time::{Instant, sleep};

use super::{super::operator::Operator, print};
use crate::{
    failure::{self, Exit, Failure},
    output::answer,
};

const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// Returns when nothing moves any more without a person.
pub async fn until_over(operator: &Operator, begun: &RolloutView, limit_seconds: u64, is_silent: bool) -> Result<()> {
    let (began, mut seen) = (Instant::now(), Vec::<RolloutNodeView>::new());
    loop {
        let latest: Result<RolloutView> = operator.get(&["rollout"]).await;
        match latest {
            // The listener may be starting again: the roll-out goes on all the same.
            Err(error) if failure::exit(&error) == Exit::Unreachable => {}
            Err(error) => return Err(error),
            Ok(rollout) if rollout.id != begun.id => {
                return Err(Failure::refused(format!("roll-out {} has superseded this one", rollout.id)));
            }
            Ok(rollout) => {
                for node in rollout.nodes.iter().filter(|node| !seen.contains(node) && !is_silent) {
                    answer!("{:>6} s  {}", began.elapsed().as_secs(), print::line(node));
                }
                if is_over(&rollout) {
                    return verdict(&rollout);
                }
                seen = rollout.nodes;
            }
        }
        if began.elapsed() >= Duration::from_secs(limit_seconds) {
            return Err(Failure::timed_out(format!("not over after {limit_seconds} s; see `linkpool rollout status`")));
        }
        sleep(LOOK_INTERVAL).await;
    }
}

/// Whether only a person moves it on, and no node is on its way.
fn is_over(rollout: &RolloutView) -> bool {
    let moves = |node: &RolloutNodeView| !node.step.0.is_over() && node.step.0 != RolloutStep::Queued;
    match rollout.state.0 {
        RolloutState::Running => false,
        // What waits before its switch waits for the person, too.
        RolloutState::Paused | RolloutState::Halted => {
            !rollout.nodes.iter().any(|node| moves(node) && node.step.0 != RolloutStep::Wait)
        }
        RolloutState::Aborted | RolloutState::Superseded | RolloutState::Done => !rollout.nodes.iter().any(moves),
    }
}

/// Whether all is well.
pub fn verdict(rollout: &RolloutView) -> Result<()> {
    let failed = rollout.nodes.iter().filter(|node| node.step.0 == RolloutStep::Failed).count();
    let why = rollout.why.as_deref().unwrap_or("see its nodes");
    match rollout.state.0 {
        RolloutState::Halted => Err(Failure::refused(format!("roll-out {} is halted: {why}", rollout.id))),
        RolloutState::Aborted => Err(Failure::refused(format!("roll-out {} was aborted: {why}", rollout.id))),
        _ if failed > 0 => {
            Err(Failure::refused(format!("{failed} nodes need another roll-out: `linkpool rollout status` says why")))
        }
        _ => Ok(()),
    }
}
