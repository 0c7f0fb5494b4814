//! How scaling stands, and what an operator lifts or lets go on.

use anyhow::Result;
use clap::Args;
use linkpool_api::operator::scale_types::{GuardView, OverrideGuard, ResumeScaling, ScaleAnswer, ScalePlan, ScaleView};
use serde_json::json;

use super::super::operator::Operator;
use crate::{config::Config, failure::Failure, flags::Json, output::answer};

#[derive(Debug, Args)]
pub struct Override {
    /// For how long
    #[arg(long, value_name = "MINUTES")]
    minutes: u32,
    /// Why, for the audit
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    json: Json,
}

#[derive(Debug, Args)]
pub struct Resume {
    /// Why, for the audit
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    json: Json,
}

pub fn plan(plan: &ScalePlan, as_json: bool) -> Result<()> {
    if as_json {
        answer!("{}", json!(plan));
    } else {
        answer!("{} nodes would be made", plan.count);
        guard(plan.guard.as_ref());
    }
    Ok(())
}

pub async fn status(config: &Config, options: &Json) -> Result<()> {
    let view: ScaleView = Operator::new(config)?.get(&["scale"]).await?;
    if options.json {
        answer!("{}", json!(view));
    } else {
        print(&view);
    }
    match &view.stopped_why {
        Some(why) => Err(Failure::refused(format!("automatic scaling is stopped: {why}"))),
        None => Ok(()),
    }
}

pub async fn lift(config: &Config, options: &Override) -> Result<()> {
    let body = OverrideGuard { minutes: options.minutes, reason: options.reason.clone() };
    let answer: ScaleAnswer = Operator::new(config)?.post(&["scale", "override"], &body).await?;
    if options.json.json {
        answer!("{}", json!(answer));
    } else {
        answer!("hysteresis, dwell and budgets are lifted for {} minutes; the contract's own sum is not", options.minutes);
    }
    Ok(())
}

pub async fn resume(config: &Config, options: &Resume) -> Result<()> {
    let body = ResumeScaling { reason: options.reason.clone() };
    let answer: ScaleAnswer = Operator::new(config)?.post(&["scale", "resume"], &body).await?;
    if options.json.json {
        answer!("{}", json!(answer));
    } else {
        answer!("{}", if answer.changed { "automatic scaling goes on" } else { "automatic scaling had not stopped" });
    }
    Ok(())
}

fn print(view: &ScaleView) {
    guard(view.guard.as_ref());
    answer!("automatic scaling: {}", if view.is_automatic { "on" } else { "off ([autoscale] in the settings)" });
    if let Some(network) = view.blocked_network {
        answer!("blocked by the guard since the network had {network} nodes");
    }
    if let Some(ends_at) = &view.override_ends_at {
        answer!("lifted until {ends_at}: {}", view.override_reason.as_deref().unwrap_or_default());
    }
    for decision in &view.decisions {
        answer!("  {}  block {}  {:<5}  {}", decision.decided_at, decision.block, decision.decision.0, decision.why);
    }
}

fn guard(guard: Option<&GuardView>) {
    match guard {
        None => answer!("guard: no contract is indexed yet"),
        Some(guard) => {
            answer!("guard: {}", guard.arithmetic);
            if let Some(refusal) = &guard.refusal {
                answer!("guard: {refusal}");
            }
        }
    }
}
