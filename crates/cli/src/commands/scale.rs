//! `linkpool scale`: one call makes nodes, and `--wait` shows them on their way; how the guard and automatic scaling stand.

mod standing;

use std::{
    collections::{BTreeMap, HashSet},
    time::Duration,
};

use anyhow::Result;
use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use linkpool_api::operator::types::{CreateNodes, EventView, NodeSummary, OperationView};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, timeout_at};

use super::operator::Operator;
use crate::{
    config::Config,
    failure::{self, Exit, Failure},
    flags::Json,
    output::answer,
};

const RECONNECT_DELAY: Duration = Duration::from_millis(500);

#[derive(Debug, Subcommand)]
pub enum Scale {
    /// Ask for new nodes, each with a brand-new wallet
    Up(Up),
    /// Ask for as many new nodes as bring the fleet to this number; it never makes it smaller
    To(To),
    /// Show the guard's sum, and what automatic scaling has decided from what
    Status(Json),
    /// Lift hysteresis, dwell and budgets of automatic scaling for a time; never the contract's own sum
    Override(standing::Override),
    /// Have automatic scaling go on after it has stopped
    Resume(standing::Resume),
}

#[derive(Debug, Args)]
pub struct Up {
    /// How many
    #[arg(default_value_t = 1)]
    count: u16,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, Args)]
pub struct To {
    /// How many nodes there are to be in all, but for those that end
    total: u16,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, Args)]
struct How {
    /// Why, for the record
    #[arg(long)]
    reason: Option<String>,
    /// Show how many would be made and the guard's sum, and make none
    #[arg(long, conflicts_with = "wait")]
    dry_run: bool,
    /// Show each step until all are open to stake
    #[arg(long)]
    wait: bool,
    /// How long to wait, in seconds
    #[arg(long, default_value_t = 600, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,
    /// The call's name: the same name asks only once [default: a new one]
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub async fn run(config: &Config, command: &Scale) -> Result<()> {
    match command {
        Scale::Up(up) => ask(config, (Some(up.count), None), &up.how).await,
        Scale::To(to) => ask(config, (None, Some(to.total)), &to.how).await,
        Scale::Status(options) => standing::status(config, options).await,
        Scale::Override(options) => standing::lift(config, options).await,
        Scale::Resume(options) => standing::resume(config, options).await,
    }
}

async fn ask(config: &Config, (count, to): (Option<u16>, Option<u16>), up: &How) -> Result<()> {
    let operator = Operator::new(config)?;
    let key = up.idempotency_key.clone().unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
    let asked = CreateNodes { count, to, reason: up.reason.clone(), dry_run: up.dry_run };
    if up.dry_run {
        return standing::plan(&operator.post_once(&["nodes"], &key, &asked).await?, up.json);
    }
    let operation = operator.create_nodes(&key, &asked).await?;
    if up.wait {
        let watched = OpenProgress::new(&operation, up.json)
            .until_open(&operator, &operation.operation_id, Duration::from_secs(up.timeout))
            .await;
        if up.json {
            match operator.get(&["operations", &operation.operation_id]).await {
                Ok(latest) => answer!("{}", shown(&latest)),
                // Why the wait ended says more than why its end can't be shown.
                Err(error) => return watched.and(Err(error)),
            }
        }
        return watched;
    }
    if up.json {
        answer!("{}", shown(&operation));
    } else if operation.nodes.is_empty() {
        answer!("there are as many already");
    } else {
        for node in &operation.nodes {
            answer!("{}  {}", node.id, node.phase.0);
        }
    }
    Ok(())
}

/// What `--json` prints.
fn shown(operation: &OperationView) -> Value {
    let node = |node: &NodeSummary| {
        let NodeSummary { id, phase, wallet, last_error, .. } = node;
        json!({ "id": id, "phase": phase, "wallet": wallet, "last_error": last_error })
    };
    json!({ "operation_id": operation.operation_id, "nodes": operation.nodes.iter().map(node).collect::<Vec<_>>() })
}

/// The nodes of one call, as their events come in.
struct OpenProgress {
    silent: bool,
    pending: HashSet<String>,
    seen: HashSet<(String, u32)>,
    requested: BTreeMap<String, DateTime<Utc>>,
    quarantined: Vec<String>,
}

impl OpenProgress {
    fn new(operation: &OperationView, silent: bool) -> Self {
        Self {
            silent,
            pending: operation.nodes.iter().map(|node| node.id.clone()).collect(),
            seen: HashSet::new(),
            requested: BTreeMap::new(),
            quarantined: Vec::new(),
        }
    }

    async fn until_open(mut self, operator: &Operator, operation: &str, limit: Duration) -> Result<()> {
        let deadline = Instant::now() + limit;
        let mut lost = String::new();
        while !self.pending.is_empty() {
            // A stream that breaks is opened again; it begins with what was seen already.
            match timeout_at(deadline, self.read_stream(operator, operation)).await {
                // The listener may be starting again: the nodes are made all the same.
                Ok(Err(error)) if failure::exit(&error) == Exit::Unreachable => lost = format!(" ({error:#})"),
                Ok(read) => {
                    read?;
                    lost.clear();
                }
                Err(_) => {}
            }
            if Instant::now() >= deadline {
                let waiting: Vec<&str> = self.pending.iter().map(String::as_str).collect();
                let (nodes, seconds) = (waiting.join(", "), limit.as_secs());
                return Err(Failure::timed_out(format!(
                    "not open after {seconds} s: {nodes}{lost}; see `linkpool node show {}`",
                    waiting[0]
                )));
            }
            if !self.pending.is_empty() {
                sleep(RECONNECT_DELAY).await;
            }
        }
        match self.quarantined.as_slice() {
            [] => Ok(()),
            [first, ..] => {
                Err(Failure::refused(format!("node {first} is quarantined and needs a person: see `linkpool node show {first}`")))
            }
        }
    }

    /// Reads until all are open, or the stream ends.
    async fn read_stream(&mut self, operator: &Operator, operation: &str) -> Result<()> {
        let mut stream = operator.stream(operation).await?;
        let mut text = Vec::new();
        while let Ok(Some(chunk)) = stream.chunk().await {
            text.extend_from_slice(&chunk);
            while let Some(end) = text.windows(2).position(|pair| pair == b"\n\n") {
                let block: Vec<u8> = text.drain(..end + 2).collect();
                if let Some(event) = parse(&String::from_utf8_lossy(&block)) {
                    self.take(event);
                }
            }
            if self.pending.is_empty() {
                break;
            }
        }
        Ok(())
    }

    fn take(&mut self, event: EventView) {
        if !self.seen.insert((event.node_id.clone(), event.number)) {
            return;
        }
        let requested = *self.requested.entry(event.node_id.clone()).or_insert(event.happened_at);
        if let Some(words) = describe(&event)
            && !self.silent
        {
            let after_ms = (event.happened_at - requested).num_milliseconds().max(0);
            answer!("{:>4}.{} s  {}  {words}", after_ms / 1_000, after_ms % 1_000 / 100, event.node_id);
        }
        if event.kind == "quarantined" {
            self.quarantined.push(event.node_id.clone());
        }
        if event.kind == "open" || event.kind == "quarantined" {
            self.pending.remove(&event.node_id);
        }
    }
}

fn parse(block: &str) -> Option<EventView> {
    let data: Vec<&str> = block.lines().filter_map(|line| line.strip_prefix("data:")).map(str::trim_start).collect();
    serde_json::from_str(&data.join("\n")).ok()
}

/// The line for an event; none for those that say nothing to who waits.
fn describe(event: &EventView) -> Option<String> {
    let text = |key: &str| event.detail[key].as_str().unwrap_or_default().to_owned();
    let registers = event.detail["transaction_kind"] == "register";
    Some(match event.kind.as_str() {
        "wallet_known" if event.detail["wallet"].is_string() => format!("wallet {}", text("wallet")),
        "signed" if registers => format!("transaction {}", text("transaction")),
        "mined" if registers => format!("mined in block {}", event.detail["block"]),
        "reorged" => format!("removed by a reorg: {}", text("why")),
        "error" => format!("not yet: {}", text("error")),
        "quarantined" => format!("quarantined: {}", text("error")),
        "health" | "signed" | "mined" | "replica" => return None,
        phase => phase.replace('_', " "),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: &str, detail: Value) -> EventView {
        EventView { node_id: "0123456789ab".into(), number: 1, happened_at: DateTime::UNIX_EPOCH, kind: kind.into(), detail }
    }

    fn check(kind: &str, detail: Value, expect: Option<&str>) {
        assert_eq!(describe(&event(kind, detail)).as_deref(), expect, "{kind}");
    }

    #[test]
    fn each_step_is_one_line_and_the_funding_is_none() {
        check("requested", json!({}), Some("requested"));
        check("wallet_known", json!({ "wallet": "0xAb" }), Some("wallet 0xAb"));
        check("wallet_known", json!({ "reason": "it reverted" }), Some("wallet known"));
        check("signed", json!({ "transaction_kind": "register", "transaction": "0x01" }), Some("transaction 0x01"));
        check("signed", json!({ "transaction_kind": "fund", "transaction": "0x01" }), None);
        check("mined", json!({ "transaction_kind": "register", "block": 7 }), Some("mined in block 7"));
        check("error", json!({ "error": "the node is late" }), Some("not yet: the node is late"));
        check("health", json!({}), None);
    }

    #[test]
    fn an_event_is_read_from_its_block_and_comments_are_not() {
        let block = "id: 0123456789ab-3\nevent: node\ndata: {\"node_id\":\"0123456789ab\",\"number\":3,\"happened_at\":\"2026-11-22T11:00:00Z\",\"kind\":\"open\",\"detail\":{}}\n\n";
        assert_eq!(parse(block).map(|event| event.number), Some(3));
        assert!(parse(": keep-alive\n\n").is_none());
    }

    #[test]
    fn a_node_is_waited_for_until_it_is_open_however_often_its_events_come() {
        let operation: OperationView = serde_json::from_value(json!({
            "operation_id": "one",
            "nodes": [{
                "id": "0123456789ab", "phase": "requested", "phase_since": "2026-11-22T11:00:00Z", "is_final": false, "health": "down",
                "wallet": null, "registered_block": null, "contract_status": null, "source": "fleet", "name": null,
                "proof_mode": "signature", "created_at": "2026-11-22T11:00:00Z", "attempts": 0, "retry_at": null, "last_error": null,
            }],
        }))
        .unwrap();
        let mut watch = OpenProgress::new(&operation, true);
        watch.take(event("requested", json!({})));
        watch.take(event("open", json!({})));
        assert!(!watch.pending.is_empty(), "number 1 was seen before");
        watch.take(EventView { number: 2, ..event("open", json!({})) });
        assert!(watch.pending.is_empty());
    }
}
