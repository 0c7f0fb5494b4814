//! `linkpool-replay`: serves a generated chain to whatever wants to follow it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow};
use clap::{Parser, Subcommand};
use linkpool_primitives::EventKind;
use linkpool_replay::{
    Behaviour, Node, Server, Workload,
    chain::{CHAIN_ID, DEPLOY_BLOCK, POOL},
    generate,
    server::mine_every,
};
use serde_json::json;

/// A chain made by the staking pool's own arithmetic, served over JSON-RPC faster than any node serves one.
#[derive(Debug, Parser)]
#[command(name = "linkpool-replay")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve a chain on a port of this machine until Ctrl-C; one line of JSON says where and what.
    Serve(Serve),
}

#[derive(Debug, clap::Args)]
struct Serve {
    /// zipf: 600,000 events of 20,000 stakers on 200 nodes; uniform: 10,000,000 events of 1,000,000 positions; sparse: 2,000,000
    /// blocks, one in a hundred with an event; small: 20,000 events; clock: the same in blocks of four seconds.
    #[arg(long, default_value = "zipf")]
    workload: String,
    /// So many events instead.
    #[arg(long)]
    events: Option<u64>,
    /// 0 for one that is free.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Blocks at the end that are not there yet, to be mined by the method `replay_mine` or one every `--mine-every-ms`.
    #[arg(long, default_value_t = 0)]
    hold: u64,
    /// Mines a held block so often.
    #[arg(long)]
    mine_every_ms: Option<u64>,
    #[command(flatten)]
    behaviour: Behaviour,
}

#[tokio::main]
async fn main() -> Result<()> {
    match Arguments::parse().command {
        Command::Serve(options) => serve(options).await,
    }
}

async fn serve(options: Serve) -> Result<()> {
    let workload = Workload::named(&options.workload)
        .ok_or_else(|| anyhow!("there is no workload `{}`: there are zipf, uniform, sparse, clock, small", options.workload))?;
    let workload = Workload { events: options.events.unwrap_or(workload.events), ..workload };
    let start = Instant::now();
    let replay = Arc::new(tokio::task::spawn_blocking(move || generate(&workload)).await.context("making the chain")?);
    let head = replay.last().saturating_sub(options.hold);
    let server =
        Server::start(Node::new(replay.clone(), head, options.behaviour), options.port).await.context("opening the port")?;
    println!(
        "{}",
        json!({
            "http": server.http_url(), "ws": server.ws_url(), "chainId": CHAIN_ID, "pool": POOL, "deployBlock": DEPLOY_BLOCK,
            "workload": replay.workload.name, "head": head, "lastBlock": replay.last(), "events": replay.events_until(head),
            "positions": replay.history.positions(), "tickets": replay.history.tickets(), "mix": mix(&replay.mix),
            "madeInSeconds": start.elapsed().as_secs_f64(),
        })
    );
    if let Some(interval) = options.mine_every_ms {
        tokio::spawn(mine_every(server.node().clone(), Duration::from_millis(interval.max(1))));
    }
    tokio::signal::ctrl_c().await.context("waiting for Ctrl-C")
}

fn mix(mix: &[(EventKind, u64)]) -> serde_json::Map<String, serde_json::Value> {
    mix.iter().map(|(kind, count)| (kind.to_string(), (*count).into())).collect()
}
