//! Consumers go on asking while the nodes that answer them are rolled and replaced.

use std::{
    fs,
    time::{Duration, Instant},
};

use linkpool_db::fleet::RolloutState;

use super::{
    requests::{ask, consumer, percentile},
    world::World,
};

const NODES: usize = 3;
/// One a block at each node: 1,000 in all.
const REQUESTS: [usize; NODES] = [334, 333, 333];
/// Before which of them the process that serves is killed.
const KILLS: [usize; 5] = [20, 90, 160, 230, 300];
/// After which an Operator lets a consumer take its payment back.
const EXPIRY_TIME: Duration = Duration::from_secs(300);
const ROLLOUT_TIMEOUT: Duration = Duration::from_secs(600);
const LOOK_INTERVAL: Duration = Duration::from_millis(500);

/// One roll-out after the other, at the times that an operator has, until `over`.
async fn keep_rolling(world: &World, over: &std::cell::Cell<bool>) -> usize {
    let mut count = 0;
    while !over.get() {
        let level = ["debug", "info"][count % 2];
        let file = format!("level-{count}.toml");
        fs::write(world.roles.fixture.path(&file), format!("[Log]\nLevel = '{level}'\n")).unwrap();
        world.roles.fixture.succeed(&format!("rollout start --node-config {file} --bake-seconds 1 --reason proof"));
        let begin = Instant::now();
        loop {
            let state = world.roles.database.last_rollout().await.unwrap().unwrap().state;
            if state == RolloutState::Done {
                break;
            }
            assert!(state == RolloutState::Running && begin.elapsed() < ROLLOUT_TIMEOUT, "the roll-out is {state}");
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
        count += 1;
    }
    count
}

/// Rows for `cargo xtask bench fleet`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "cargo xtask bench fleet"]
async fn how_many_requests_are_lost_while_their_nodes_are_rolled_and_replaced() {
    let mut world = World::begin().await;
    let (mut nodes, mut operators) = (Vec::new(), Vec::new());
    for _ in 0..NODES {
        nodes.push(world.scale().await.0);
    }
    for node in &nodes {
        operators.push(world.operator(node).await);
    }
    world.jobs().await;
    let mut consumers = Vec::new();
    for (count, payer) in REQUESTS.iter().zip(&world.accounts.holders) {
        consumers.push(consumer(&world, *count).await.called_by(*payer));
    }
    let over = std::cell::Cell::new(false);
    let asking = async {
        // Each waits until it has all its answers, and each of them once.
        let answers = tokio::join!(
            ask(&world, &consumers[0], (&nodes[0], operators[0]), REQUESTS[0], &KILLS),
            ask(&world, &consumers[1], (&nodes[1], operators[1]), REQUESTS[1], &[]),
            ask(&world, &consumers[2], (&nodes[2], operators[2]), REQUESTS[2], &KILLS[1..4]),
        );
        over.set(true);
        [answers.0, answers.1, answers.2].concat()
    };
    let (mut seconds, rollouts) = tokio::join!(asking, keep_rolling(&world, &over));
    seconds.sort_by(f64::total_cmp);
    let late = seconds.iter().filter(|time| **time > EXPIRY_TIME.as_secs_f64()).count();
    println!("row requests {:.0} count", seconds.len() as f64);
    println!("row requests_lost {late:.0} count");
    println!("row rollouts_meanwhile {rollouts:.0} count");
    println!("row requests_answer_p95_s {:.2} s", percentile(&seconds, 95));
    println!("row requests_answer_max_s {:.2} s", percentile(&seconds, 100));
    world.roles.end();
}
