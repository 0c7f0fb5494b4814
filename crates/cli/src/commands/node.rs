//! `linkpool node list` and `linkpool node show`

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::Value;

use super::operator::Operator;
use crate::{arguments::Json, config::Config};

#[derive(Debug, Subcommand)]
pub enum Node {
    /// List the fleet's nodes
    List(Json),
    /// Show one node: phase, health, replicas, history
    Show(Show),
}

#[derive(Debug, Args)]
pub struct Show {
    /// The node's id, from `linkpool node list`
    id: String,
    #[command(flatten)]
    json: Json,
}

pub async fn run(config: &Config, command: &Node) -> Result<()> {
    let operator = Operator::new(config)?;
    match command {
        Node::List(options) => {
            let nodes: Vec<Value> = operator.get(&["nodes"]).await?;
            if options.json {
                println!("{}", Value::from(nodes));
            } else {
                print_list(&nodes);
            }
        }
        Node::Show(options) => {
            let node: Value = operator.get(&["nodes", &options.id]).await?;
            if options.json.json {
                println!("{node}");
            } else {
                print_node(&node);
            }
        }
    }
    Ok(())
}

fn print_list(nodes: &[Value]) {
    if nodes.is_empty() {
        println!("the fleet has no nodes; `linkpool scale up 1` makes one");
        return;
    }
    println!("{:<12}  {:<12}  {:<8}  {:<42}  LAST ERROR", "NODE", "PHASE", "HEALTH", "WALLET");
    for node in nodes {
        let wallet = if node["wallet"].is_string() { text(node, "wallet") } else { "-" };
        let (phase, health, error) = (text(node, "phase"), text(node, "health"), text(node, "last_error"));
        println!("{}", format!("{:<12}  {phase:<12}  {health:<8}  {wallet:<42}  {error}", text(node, "id")).trim_end());
    }
}

fn print_node(node: &Value) {
    let line = |name: &str, value: &str| println!("{name:<12} {value}");
    line("node", text(node, "id"));
    let finality = if node["is_final"] == true { ", final" } else { "" };
    line("phase", &format!("{}{finality} since {}", text(node, "phase"), text(node, "phase_since")));
    line("health", text(node, "health"));
    line("wallet", if node["wallet"].is_string() { text(node, "wallet") } else { "-" });
    if node["last_error"].is_string() {
        line("last error", text(node, "last_error"));
    }
    if node["retry_at"].is_string() {
        line("tried again", text(node, "retry_at"));
    }
    for replica in items(node, "replicas") {
        let place = if replica["base_url"].is_string() { text(replica, "base_url") } else { text(replica, "detail") };
        let state = text(replica, "state").replace('_', " ");
        line(
            &format!("replica {}", replica["slot"]),
            format!("{state}, started {} time(s)  {place}", replica["starts"]).trim_end(),
        );
    }
    for event in items(node, "events") {
        let detail = if event["detail"].as_object().is_some_and(|detail| !detail.is_empty()) {
            event["detail"].to_string()
        } else {
            String::new()
        };
        println!("{}", format!("  {}  {}  {detail}", text(event, "happened_at"), text(event, "kind")).trim_end());
    }
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn items<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value[key].as_array().into_iter().flatten()
}
