//! How often AWS is asked by a fleet at an operator's times: at AWS's own pace, against its buckets.

use std::{
    collections::{BTreeMap, HashMap},
    time::{Duration, Instant},
};

use linkpool_db::fleet::{PairHealth, RolloutState};
use linkpool_fleet::FleetConfig;
use linkpool_fleet_ecs::EcsTimes;
use linkpool_standin_aws::{Behaviour, StandinAws, calls_a_minute};
use tokio::time::interval;

use super::{number, row};
use crate::{
    fixture::seal_key,
    rollout::fixture::{NEW, Nodes},
};

const NODES: u64 = 110;
/// What the operator's API takes at once.
const NODES_OF_A_CALL: u16 = 50;
/// Of each bucket, of which others of the account have something left, too.
const MAX_PERCENT: f64 = 60.0;
/// A definition a second is what AWS takes; and all of them boot on one machine.
const MADE_TIMEOUT: Duration = Duration::from_secs(900);
const REST_TIME: Duration = Duration::from_secs(60);
const IDLE_TIME: Duration = Duration::from_secs(120);
/// The first node alone, and two waves of five.
const ROLLED_TIME: Duration = Duration::from_secs(300);
const SAMPLE_INTERVAL: Duration = Duration::from_secs(1);
const SAMPLES_OF_A_MINUTE: usize = 60;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "cargo xtask bench fleet --backend ecs"]
async fn how_often_aws_is_asked_while_nothing_happens_and_while_nodes_are_rolled() {
    let mut nodes = Nodes::set().await;
    nodes.parallel = 5;
    let aws = nodes.fixture.surroundings.aws.clone();
    aws.behave(|it| *it = Behaviour { pace: 1, lag: it.lag, ..Behaviour::default() });
    let (account, mut config) = nodes.fixture.usual();
    config.times = EcsTimes::default();
    // Nobody dies here, and a lease that is renewed less often leaves two hundred processes room on one machine.
    (config.lease_duration, config.lease_refresh) = (Duration::from_secs(30), Duration::from_secs(5));
    let begin = Instant::now();
    let fleet = nodes.fixture.fleet_with(FleetConfig::new(seal_key()), (account, config)).await;
    make(&nodes, u16::try_from(number("LINKPOOL_BENCH_NODES", NODES)).unwrap()).await;
    row("made_s", begin.elapsed().as_secs_f64(), "s");
    watched(&aws, REST_TIME).await;
    let idle = watched(&aws, IDLE_TIME).await;
    nodes.start("all", NEW).await;
    let rolled = watched(&aws, ROLLED_TIME).await;
    let rollout = nodes.rollout().await;
    assert!(matches!(rollout.state, RolloutState::Running | RolloutState::Done), "{rollout:#?}");
    fleet.stop().await;
    let most = tell("idle", &idle).max(tell("rolled", &rolled));
    assert!(most <= MAX_PERCENT, "{most:.0} % of a bucket: {idle:?} {rolled:?}");
}

async fn make(nodes: &Nodes, count: u16) {
    let begin = Instant::now();
    let mut left = count;
    while left > 0 {
        let call = left.min(NODES_OF_A_CALL);
        nodes.fixture.request(&format!("{left} are left"), call).await;
        left -= call;
    }
    loop {
        let all = nodes.fixture.database.fleet_nodes().await.unwrap();
        let healthy = all.iter().filter(|node| node.health == PairHealth::Healthy).count();
        if healthy == usize::from(count) {
            return;
        }
        assert!(begin.elapsed() < MADE_TIMEOUT, "{healthy} of {count} nodes are healthy");
        tokio::time::sleep(SAMPLE_INTERVAL).await;
    }
}

/// The most calls of a minute, by bucket.
async fn watched(aws: &StandinAws, length: Duration) -> BTreeMap<&'static str, u64> {
    let (mut samples, mut ticks, begin) = (Vec::<HashMap<&str, u64>>::new(), interval(SAMPLE_INTERVAL), Instant::now());
    while begin.elapsed() < length {
        ticks.tick().await;
        samples.push(aws.counted().0);
    }
    let mut most = BTreeMap::new();
    for (before, after) in samples.iter().zip(samples.iter().skip(SAMPLES_OF_A_MINUTE)) {
        for (bucket, count) in after {
            let calls = count - before.get(bucket).copied().unwrap_or_default();
            let known = most.entry(*bucket).or_insert(calls);
            *known = calls.max(*known);
        }
    }
    most
}

/// The largest part of a bucket that was used, in percent.
fn tell(when: &str, most: &BTreeMap<&str, u64>) -> f64 {
    let mut largest = 0.0_f64;
    for (bucket, calls) in most {
        let (calls, limit) = (*calls as f64, calls_a_minute(bucket).expect("one of AWS's buckets"));
        let percent = calls * 100.0 / limit;
        println!("row {when}_{bucket} {calls} {percent:.1}_%_of_{limit}_a_minute");
        largest = largest.max(percent);
    }
    largest
}
