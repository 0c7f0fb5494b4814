//! Nodes for people.

use chrono::{DateTime, SecondsFormat, Utc};
use linkpool_api::operator::{
    types::{AuditView, NodeDetail, NodeSummary},
    work_types::NodeWork,
};
use linkpool_db::fleet::Ending;
use linkpool_primitives::Juels;

use crate::{money::ether, output::answer};

pub fn list(nodes: &[NodeSummary]) {
    if nodes.is_empty() {
        answer!("there are no nodes; `linkpool scale up 1` makes one");
        return;
    }
    answer!(
        "{:<12}  {:<10}  {:<12}  {:<8}  {:<8}  {:<42}  LAST ERROR, OR WHAT IT WAITS FOR",
        "NODE",
        "FROM",
        "PHASE",
        "CONTRACT",
        "HEALTH",
        "WALLET"
    );
    for node in nodes {
        let (id, from, contract, wallet) = (&node.id, from(node), contract(node), wallet(node));
        let (phase, health, error) = (node.phase.0, node.health.0, said(node));
        answer!("{}", format!("{id:<12}  {from:<10}  {phase:<12}  {contract:<8}  {health:<8}  {wallet:<42}  {error}").trim_end());
    }
}

/// What keeps it from its next step, or what becomes of it.
fn said(node: &NodeSummary) -> &str {
    let ending = node.ending.map(|ending| ending.0.as_str());
    ending.or(node.last_error.as_deref()).or(node.waiting_for.as_deref()).unwrap_or_default()
}

/// What a person does about it.
fn describe_ending(ending: Ending, node: &NodeSummary) -> String {
    match ending {
        Ending::Closing => "closing: the registrar closes it on chain".into(),
        Ending::Preparing => "preparing: the hook of the settings runs (fleet.retire_hook)".into(),
        Ending::Retiring => format!("retiring: now `linkpool node retire {}`, by the owner or the guardian", wallet(node)),
        Ending::Draining => "draining: its stakers leave; it is stopped once nobody has stake on it".into(),
        Ending::Stopped => "stopped: its keys and its database are kept; `linkpool node start` runs it again".into(),
    }
}

fn describe_answers(work: &NodeWork) -> String {
    let due = work.requests - work.open.min(work.requests);
    let parts = [
        (work.missing, "missing"),
        (work.refunded, "taken back"),
        (work.late, "late"),
        (work.open, "still open"),
        (work.others, "others"),
    ];
    let parts: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    let rest = if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) };
    format!("{} of {due} in 30 days{rest}", work.answered)
}

fn describe_earnings(work: &NodeWork) -> String {
    let diverted =
        if work.is_safe { "nobody can divert it" } else { "somebody can divert it, or it is not known yet (`linkpool doctor`)" };
    let [earned, passed_on, waiting] = [work.earned_juels, work.passed_on_juels, work.waiting_juels].map(Juels::to_link);
    let spent = work.spent_wei.parse().map_or_else(|_| work.spent_wei.clone(), ether);
    format!("{earned} LINK, {passed_on} passed on, {waiting} waiting, for {spent} ether of gas; {diverted}")
}

pub fn node(node: &NodeDetail, operator: &str) {
    let line = |name: &str, value: &str| answer!("{name:<12} {value}");
    let NodeDetail { summary, replicas, events, .. } = node;
    line("node", &summary.id);
    line("from", from(summary));
    let finality = if summary.is_final { ", final" } else { "" };
    line("phase", &format!("{}{finality} since {}", summary.phase.0, time(&summary.phase_since)));
    line("contract", contract(summary));
    line("health", summary.health.0.as_str());
    line("wallet", wallet(summary));
    line("operator", operator);
    if let Some(work) = &node.work {
        line("answered", &describe_answers(work));
        line("earned", &describe_earnings(work));
    }
    if let Some(name) = &summary.public_name {
        line("name", name);
    }
    if let Some(version) = &summary.version {
        line("version", version);
    }
    if let Some(ending) = &summary.ending {
        line("ending", &describe_ending(ending.0, summary));
    }
    line("proof", summary.proof_mode.0.as_str());
    if let Some(waiting_for) = &summary.waiting_for {
        line("waits", waiting_for);
    }
    if let Some(error) = &summary.last_error {
        line("last error", error);
    }
    if let Some(retry_at) = &summary.retry_at {
        line("tried again", &time(retry_at));
    }
    for replica in replicas {
        let told = [&replica.base_url, &replica.detail].into_iter().flatten().map(String::as_str);
        let told = told.collect::<Vec<_>>().join("  ");
        let state = replica.state.0.as_str().replace('_', " ");
        line(
            &format!("replica {}", replica.replica_id),
            format!("{state}, started {} time(s)  {told}", replica.starts).trim_end(),
        );
    }
    for event in events {
        let has_detail = event.detail.as_object().is_some_and(|detail| !detail.is_empty());
        let detail = if has_detail { event.detail.to_string() } else { String::new() };
        answer!("{}", format!("  {}  {}  {detail}", time(&event.happened_at), event.kind).trim_end());
    }
}

pub fn audit(audit: &AuditView) {
    let AuditView { block_number, audited_at, nodes_on_chain, nodes_known, .. } = audit;
    let at = time(audited_at);
    answer!("block {block_number} at {at}: {nodes_on_chain} nodes on the contract, {nodes_known} with a wallet here");
    for finding in &audit.findings {
        answer!("  {:<11}  {}", finding.kind, finding.sentence);
    }
}

/// The name in a list, or who else says that there is such a node.
fn from(node: &NodeSummary) -> &str {
    node.name.as_deref().unwrap_or(node.source.0.as_str())
}

fn contract(node: &NodeSummary) -> &'static str {
    node.contract_status.map_or("-", |status| status.0.as_str())
}

fn wallet(node: &NodeSummary) -> &str {
    node.wallet.as_deref().unwrap_or("-")
}

/// As JSON has it.
fn time(time: &DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}
