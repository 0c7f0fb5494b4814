//! What only a fleet on ECS is asked for: a roll-out, and a node's end.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use alloy::primitives::U256;
use anyhow::{Context, Result, ensure};
use linkpool_contracts::pool::{nodeCountCall, retireNodeCall};
use linkpool_db::fleet::{Ending, Phase};
use linkpool_primitives::Address;
use serde_json::json;

use super::{journey::Journey, step::Step};

pub const STEPS: [Step; 3] = [
    Step("its service has two tasks in two zones", |journey| Box::pin(tasks(journey))),
    Step("a roll-out gives every node another configuration", |journey| Box::pin(roll_out(journey))),
    Step("a node without stake is drained, retired, and has no task left", |journey| Box::pin(end(journey))),
];

/// Four nodes, one after the other in three waves, each with two new tasks.
const ROLLOUT_TIMEOUT: Duration = Duration::from_secs(240);
const WAIT_TIMEOUT: Duration = Duration::from_secs(60);
const POLL_INTERVAL: Duration = Duration::from_millis(100);
const BAKE_SECONDS: u64 = 2;

async fn tasks(journey: &mut Journey) -> Result<String> {
    let (running, zones) = running(journey, &journey.scaled.id)?;
    ensure!(running == 2 && zones == 2, "it has {running} tasks in {zones} zones");
    Ok(format!("{running} tasks in {zones} zones"))
}

/// Tasks of the node that are to run, and their zones.
fn running(journey: &Journey, id: &str) -> Result<(usize, usize)> {
    let aws = journey.aws.as_ref().context("no node is on ECS")?;
    let group = format!("service:dev-{id}-g");
    let zones: Vec<&str> = aws.world(|world| {
        let tasks = world.view.tasks.values().filter(|task| task.is_wanted && task.group.starts_with(&group));
        tasks.map(|task| task.zone).collect()
    });
    let distinct: std::collections::BTreeSet<&&str> = zones.iter().collect();
    Ok((zones.len(), distinct.len()))
}

async fn roll_out(journey: &mut Journey) -> Result<String> {
    let start = tokio::time::Instant::now();
    let body = json!({ "config": "[Log]\nLevel = 'debug'\n", "bake_seconds": BAKE_SECONDS, "parallel": 4, "reason": "linkpool dev --check" });
    journey.post_operator("rollouts", &body).await?;
    loop {
        let told = journey.get_operator("rollout").await?;
        let (state, why) = (&told["data"]["state"], &told["data"]["why"]);
        let nodes = told["data"]["nodes"].as_array().map_or(0, Vec::len);
        if state == "done" {
            let generations = journey.database.replicas_of(&journey.scaled.id).await?;
            ensure!(generations.iter().all(|replica| replica.generation == 2), "old replicas are left: {generations:?}");
            return Ok(format!("{nodes} nodes in {:.0} s", start.elapsed().as_secs_f64()));
        }
        ensure!(state == "running", "it is {state}: {why}");
        ensure!(start.elapsed() < ROLLOUT_TIMEOUT, "it is not done in {} s: {told}", ROLLOUT_TIMEOUT.as_secs());
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

async fn end(journey: &mut Journey) -> Result<String> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos();
    let made = journey.scale_up(&format!("check the end {now}")).await?;
    let id = made["data"]["nodes"][0]["id"].as_str().context("the call made no node")?.to_owned();
    until(journey, &id, "it is open", |node| node.phase == Phase::Open).await?;
    let start = tokio::time::Instant::now();
    journey.post_operator(&format!("nodes/{id}/drain"), &json!({ "reason": "linkpool dev --check" })).await?;
    let wallet = until(journey, &id, "it waits to be retired", |node| node.ending == Some(Ending::Retiring)).await?;
    // It was the last to be registered.
    let count = journey.chain.call(journey.contracts.pool, &nodeCountCall {}).await?;
    let retire = retireNodeCall { node: wallet, index: count - U256::ONE };
    journey.send(journey.accounts.guardian, journey.contracts.pool, &retire).await?;
    until(journey, &id, "it is stopped", |node| node.ending == Some(Ending::Stopped)).await?;
    while running(journey, &id)?.0 > 0 {
        ensure!(start.elapsed() < WAIT_TIMEOUT, "its tasks go on");
        tokio::time::sleep(POLL_INTERVAL).await;
    }
    Ok(format!("node {id} in {:.1} s", start.elapsed().as_secs_f64()))
}

async fn until(
    journey: &Journey,
    id: &str,
    what: &str,
    holds: impl Fn(&linkpool_db::fleet::FleetNode) -> bool,
) -> Result<Address> {
    let start = tokio::time::Instant::now();
    loop {
        let node = journey.database.fleet_node(id).await?.context("the node is gone")?;
        if holds(&node) {
            return node.wallet.context("the node has no wallet");
        }
        ensure!(start.elapsed() < WAIT_TIMEOUT, "`{what}` did not come in {} s: {node:?}", WAIT_TIMEOUT.as_secs());
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}
