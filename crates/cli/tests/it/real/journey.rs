//! From one call to a node that stands open, is staked on, has its jobs, and answers who pays. The figures go to standard output.

use std::time::Duration;

use super::{
    requests::{ask, consumer, percentile},
    world::World,
};

const NODES: usize = 3;
const REQUESTS: usize = 100;
/// Before which of them the process that serves is killed; in between a node is whole again.
const KILLS: [usize; 4] = [10, 35, 60, 85];

fn statistic(name: &str, value: impl std::fmt::Display) {
    println!("statistic {name} {value}");
}

fn texts(times: &[Duration]) -> String {
    times.iter().map(|time| format!("{:.1}", time.as_secs_f64())).collect::<Vec<_>>().join(",")
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the node's program: cargo xtask prove chainlink"]
async fn real_nodes_are_made_proven_registered_staked_on_given_jobs_and_answer_through_kills() {
    let mut world = World::begin().await;
    let (mut nodes, mut times) = (Vec::new(), Vec::new());
    for _ in 0..NODES {
        let (node, time) = world.scale().await;
        nodes.push(node);
        times.push(time);
    }
    times.sort_unstable();
    statistic("scale_to_open_s", texts(&times));
    statistic("first_stake_s", texts(&[world.stake(&nodes[0], 1_000).await]));

    let mut operators = Vec::new();
    for node in &nodes {
        operators.push(world.operator(node).await);
    }
    statistic("jobs_everywhere_s", texts(&[world.jobs().await]));
    let before = world.adapter.asked();
    world.until("runs of the cron jobs", async || world.adapter.asked() >= before + 2 * NODES).await;

    let calm = ask(&world, &consumer(&world, REQUESTS).await, (&nodes[0], operators[0]), REQUESTS, &[]).await;
    statistic("answer_p50_s", format!("{:.1}", percentile(&calm, 50)));
    statistic("answer_p95_s", format!("{:.1}", percentile(&calm, 95)));
    let killed = ask(&world, &consumer(&world, REQUESTS).await, (&nodes[0], operators[0]), REQUESTS, &KILLS).await;
    statistic("answer_killed_p50_s", format!("{:.1}", percentile(&killed, 50)));
    statistic("answer_killed_max_s", format!("{:.1}", percentile(&killed, 100)));
    world.roles.end();
}

/// Rows for `cargo xtask bench fleet`, by whatever program is named.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "cargo xtask bench fleet"]
async fn how_long_it_takes_from_the_call_to_an_open_node_and_from_a_request_to_its_answer() {
    let mut world = World::begin().await;
    let (mut node, first) = world.scale().await;
    let mut times = vec![first];
    for _ in 1..5 {
        let (next, time) = world.scale().await;
        (node, times) = (next, [times, vec![time]].concat());
    }
    let seconds: Vec<f64> = times.iter().map(Duration::as_secs_f64).collect();
    println!("row scale_to_open_s {:.2} s", seconds.iter().copied().fold(0.0, f64::max));
    let operator = world.operator(&node).await;
    world.jobs().await;
    let answered = ask(&world, &consumer(&world, REQUESTS).await, (&node, operator), REQUESTS, &[]).await;
    println!("row answer_p95_s {:.2} s", percentile(&answered, 95));
    world.roles.end();
}
