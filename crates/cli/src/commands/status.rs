//! `linkpool status`: the fleet on one page, once or for as long as somebody watches.

use std::{collections::BTreeMap, io::IsTerminal, time::Duration};

use anyhow::Result;
use clap::Args;
use linkpool_api::operator::{
    rollout_types::RolloutView,
    scale_types::ScaleView,
    types::{NodeDetail, NodeSummary},
};
use linkpool_db::fleet::{PairHealth, Phase, RolloutStep, Source};
use serde_json::json;
use tokio::time::sleep;

use super::operator::Operator;
use crate::{
    config::Config,
    failure::{self, Exit},
    output::answer,
};

/// Most nodes whose replicas are shown one by one: those that are not well come first.
const MAX_SHOWN: usize = 20;
const CLEAR: &str = "\u{1b}[H\u{1b}[2J";

#[derive(Debug, Args)]
pub struct Status {
    /// Show it again every two seconds, until interrupted
    #[arg(long, conflicts_with = "json")]
    watch: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// All that is shown.
struct Page {
    nodes: Vec<NodeSummary>,
    /// Of those that are shown one by one.
    details: Vec<NodeDetail>,
    rollout: Option<RolloutView>,
    scale: ScaleView,
}

pub async fn run(config: &Config, options: &Status) -> Result<()> {
    let operator = Operator::new(config)?;
    if !options.watch {
        let page = Page::read(&operator).await?;
        if options.json {
            answer!("{}", json!({ "nodes": page.nodes, "rollout": page.rollout, "scale": page.scale }));
        } else {
            answer!("{}", page.text());
        }
        return Ok(());
    }
    // A file or a pipe gets one page after the other.
    let clear = if std::io::stdout().is_terminal() { CLEAR } else { "" };
    loop {
        match Page::read(&operator).await {
            Ok(page) => answer!("{clear}{}", page.text()),
            // The fleet may be starting again.
            Err(error) if failure::exit(&error) == Exit::Unreachable => answer!("{clear}{error:#}"),
            Err(error) => return Err(error),
        }
        sleep(Duration::from_secs(2)).await;
    }
}

impl Page {
    async fn read(operator: &Operator) -> Result<Self> {
        let nodes: Vec<NodeSummary> = operator.get(&["nodes"]).await?;
        let mut shown: Vec<&NodeSummary> = nodes.iter().filter(|node| node.source.0 == Source::Fleet).collect();
        shown.sort_by_key(|node| (node.health.0 == PairHealth::Healthy, node.created_at));
        let mut details = Vec::new();
        for node in shown.into_iter().take(MAX_SHOWN) {
            details.push(operator.get(&["nodes", &node.id]).await?);
        }
        let rollout = match operator.get(&["rollout"]).await {
            Ok(rollout) => Some(rollout),
            // There was none yet.
            Err(error) if failure::exit(&error) == Exit::BadInput => None,
            Err(error) => return Err(error),
        };
        Ok(Self { rollout, scale: operator.get(&["scale"]).await?, nodes, details })
    }

    fn text(&self) -> String {
        let mut lines = vec![counts(&self.nodes)];
        lines.extend(self.details.iter().map(node));
        if let Some(rollout) = &self.rollout {
            lines.push(rollout_line(rollout));
        }
        if let Some(guard) = &self.scale.guard {
            lines.push(format!("guard     {}", guard.arithmetic));
        }
        let newest = self.scale.decisions.first();
        lines.extend(newest.map(|it| format!("autoscale block {}: {}, {}", it.block, it.decision.0, it.why)));
        lines.join("\n")
    }
}

fn counts(nodes: &[NodeSummary]) -> String {
    let mut by_phase = BTreeMap::<Phase, usize>::new();
    for node in nodes {
        *by_phase.entry(node.phase.0).or_default() += 1;
    }
    let healthy = nodes.iter().filter(|node| node.health.0 == PairHealth::Healthy).count();
    let phases: Vec<String> = by_phase.iter().map(|(phase, count)| format!("{count} {phase}")).collect();
    format!("nodes     {}, {healthy} healthy: {}", nodes.len(), phases.join(", "))
}

/// A node's pair: who serves, and what the others do.
fn node(node: &NodeDetail) -> String {
    let replica = |it: &linkpool_api::operator::types::ReplicaView| {
        let detail = it.detail.as_deref().map(|detail| format!(" ({detail})")).unwrap_or_default();
        format!("{} {}{detail}", it.replica_id, it.state.0.as_str().replace('_', " "))
    };
    let replicas: Vec<String> = node.replicas.iter().map(replica).collect();
    let summary = &node.summary;
    let version = summary.version.as_deref().unwrap_or("-");
    format!("  {}  {:<12}  {:<8}  {version:<8}  {}", summary.id, summary.phase.0, summary.health.0, replicas.join(", "))
}

fn rollout_line(rollout: &RolloutView) -> String {
    let mut by_step = BTreeMap::<&str, usize>::new();
    for node in &rollout.nodes {
        *by_step.entry(node.step.0.as_str()).or_default() += 1;
    }
    let in_order = RolloutStep::WORDS.iter().filter_map(|step| Some(format!("{} {step}", by_step.get(step)?)));
    let steps: Vec<String> = in_order.collect();
    let why = rollout.why.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
    format!("roll-out  {} {}{why}: {}", rollout.id, rollout.state.0, steps.join(", "))
}
