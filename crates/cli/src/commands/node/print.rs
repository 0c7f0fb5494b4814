//! Nodes for people.

use serde_json::Value;

use crate::output::answer;

pub fn list(nodes: &[Value]) {
    if nodes.is_empty() {
        answer!("there are no nodes; `linkpool scale up 1` makes one");
        return;
    }
    answer!("{:<12}  {:<10}  {:<12}  {:<8}  {:<8}  {:<42}  LAST ERROR", "NODE", "FROM", "PHASE", "CONTRACT", "HEALTH", "WALLET");
    for node in nodes {
        let wallet = or_dash(node, "wallet");
        let (phase, health, error) = (text(node, "phase"), text(node, "health"), text(node, "last_error"));
        let (from, contract) = (from(node), or_dash(node, "contract_status"));
        let id = text(node, "id");
        answer!("{}", format!("{id:<12}  {from:<10}  {phase:<12}  {contract:<8}  {health:<8}  {wallet:<42}  {error}").trim_end());
    }
}

pub fn node(node: &Value) {
    let line = |name: &str, value: &str| answer!("{name:<12} {value}");
    line("node", text(node, "id"));
    line("from", from(node));
    let finality = if node["is_final"] == true { ", final" } else { "" };
    line("phase", &format!("{}{finality} since {}", text(node, "phase"), text(node, "phase_since")));
    line("contract", or_dash(node, "contract_status"));
    line("health", text(node, "health"));
    line("wallet", or_dash(node, "wallet"));
    line("proof", text(node, "proof_mode"));
    if node["last_error"].is_string() {
        line("last error", text(node, "last_error"));
    }
    if node["retry_at"].is_string() {
        line("tried again", text(node, "retry_at"));
    }
    for replica in items(node, "replicas") {
        let address = if replica["base_url"].is_string() { text(replica, "base_url") } else { text(replica, "detail") };
        let state = text(replica, "state").replace('_', " ");
        line(
            &format!("replica {}", replica["ordinal"]),
            format!("{state}, started {} time(s)  {address}", replica["starts"]).trim_end(),
        );
    }
    for event in items(node, "events") {
        let detail = if event["detail"].as_object().is_some_and(|detail| !detail.is_empty()) {
            event["detail"].to_string()
        } else {
            String::new()
        };
        answer!("{}", format!("  {}  {}  {detail}", text(event, "happened_at"), text(event, "kind")).trim_end());
    }
}

pub fn audit(audit: &Value) {
    let (on_chain, known) = (&audit["nodes_on_chain"], &audit["nodes_known"]);
    let (block, at) = (&audit["block_number"], text(audit, "audited_at"));
    answer!("block {block} at {at}: {on_chain} nodes on the contract, {known} with a wallet here");
    for finding in items(audit, "findings") {
        answer!("  {:<11}  {}", text(finding, "kind"), text(finding, "sentence"));
    }
}

/// The name in a list, or who else says that there is such a node.
fn from(node: &Value) -> &str {
    if node["name"].is_string() { text(node, "name") } else { text(node, "source") }
}

fn or_dash<'a>(node: &'a Value, key: &str) -> &'a str {
    if node[key].is_string() { text(node, key) } else { "-" }
}

pub fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

pub fn items<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value[key].as_array().into_iter().flatten()
}
