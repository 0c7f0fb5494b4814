//! What befalls a pair, one thing after the other, and how long each took. The statistics go to standard output.

use std::{
    env,
    path::PathBuf,
    time::{Duration, Instant},
};

use linkpool_db::fleet::{PairHealth, Replica, ReplicaState};
use linkpool_fleet::local::stop_nodes;
use rustix::process::Signal;

use super::world::World;

const ROUNDS: usize = 5;
const NODES: u16 = 10;

fn statistic(name: &str, value: impl std::fmt::Display) {
    println!("statistic {name} {value}");
}

fn seconds(times: &mut [Duration]) -> String {
    times.sort_unstable();
    times.iter().map(|time| format!("{:.1}", time.as_secs_f64())).collect::<Vec<_>>().join(",")
}

fn has(replicas: &[Replica], id: &str, holds: impl Fn(&Replica) -> bool) -> bool {
    replicas.iter().any(|replica| replica.replica_id == id && holds(replica))
}

async fn starts(world: &World, id: &str) -> Vec<u64> {
    world.replicas(id).await.iter().map(|replica| replica.starts).collect()
}

/// The active replica is sent `signal`; how long until the standby answers as ready, in each round.
pub async fn take_over(world: &World, id: &str, signal: Signal) -> Vec<Duration> {
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let (active, standby) = world.pair(id).await;
        world.send(&active, signal);
        times.push(world.serves(&standby).await);
        world
            .until(id, "the change", |_, replicas| has(replicas, &standby.replica_id, |it| it.state == ReplicaState::Serving))
            .await;
        world.healthy(id).await;
    }
    times
}

/// One replica of the pair is paused: it is noticed, replaced, and the pair is whole again.
async fn pause(world: &World, id: &str, name: &str, is_active: bool) {
    let (active, standby) = world.pair(id).await;
    let paused = if is_active { &active } else { &standby };
    let (pid, begin) = (world.pid(paused), Instant::now());
    world.send(paused, Signal::STOP);
    if is_active {
        statistic(&format!("{name}_served_s"), format!("{:.1}", world.serves(&standby).await.as_secs_f64()));
    }
    world.until(id, "its notice", |_, replicas| has(replicas, &paused.replica_id, |it| it.state == ReplicaState::Failing)).await;
    statistic(&format!("{name}_noticed_s"), format!("{:.1}", begin.elapsed().as_secs_f64()));
    let next = paused.starts + 1;
    world.until(id, "its successor", |_, replicas| has(replicas, &paused.replica_id, |it| it.starts == next)).await;
    world.healthy(id).await;
    statistic(&format!("{name}_whole_s"), format!("{:.1}", begin.elapsed().as_secs_f64()));
    assert!(!PathBuf::from(format!("/proc/{pid}")).exists(), "the paused process was left behind");
    let other = if is_active { &standby } else { &active };
    let is_same = has(&world.replicas(id).await, &other.replica_id, |it| it.starts == other.starts);
    assert!(is_same, "the other one was disturbed");
}

/// Nothing is restarted, however long it lasts.
async fn restart_postgres(world: &World, id: &str) {
    world.healthy(id).await;
    let before = starts(world, id).await;
    world.postgres.restart().unwrap();
    // Longer than the fleet is patient with a process that is not connected.
    world.stays(id, Duration::from_secs(45)).await;
    assert_eq!(starts(world, id).await, before, "a replica was replaced because Postgres was restarted");
    world.healthy(id).await;
}

/// How long until the node is shown as degraded.
pub async fn stop_the_chain(world: &World, id: &str) -> Duration {
    world.signal_chain(Signal::STOP);
    world.until(id, "degraded", |health, _| health == PairHealth::Degraded).await
}

async fn hang_the_chain(world: &World, id: &str) {
    world.healthy(id).await;
    let before = starts(world, id).await;
    let noticed = stop_the_chain(world, id).await;
    statistic("hung_rpc_noticed_s", format!("{:.1}", noticed.as_secs_f64()));
    // Which the node itself notices after 44 s, past any patience of the fleet's.
    let is_named = |replica: &Replica| replica.detail.as_deref().is_some_and(|said| said.contains("HeadListener"));
    world.until(id, "what its head listener says", |_, replicas| replicas.iter().any(is_named)).await;
    world.signal_chain(Signal::CONT);
    statistic("rpc_back_s", format!("{:.1}", world.healthy(id).await.as_secs_f64()));
    assert_eq!(starts(world, id).await, before, "a hung chain was answered by a replacement");
}

/// The newer program takes the node over; the older one is refused before it runs.
async fn upgrade(world: &World, id: &str, (older, newer): (&str, &str)) {
    let fleet = world.fleet(newer).await;
    world.taken_over(id).await;
    let (active, standby) = world.pair(id).await;
    world.send(&standby, Signal::TERM);
    world.until(id, "the newer standby", |_, replicas| has(replicas, &standby.replica_id, |it| it.starts > standby.starts)).await;
    let (_, standby) = world.pair(id).await;
    world.send(&active, Signal::TERM);
    statistic("upgrade_served_s", format!("{:.1}", world.serves(&standby).await.as_secs_f64()));
    world.until(id, "the newer pair", |_, replicas| has(replicas, &active.replica_id, |it| it.starts > active.starts)).await;
    let (_, standby) = world.pair(id).await;
    fleet.stop().await;
    let fleet = world.fleet(older).await;
    world.taken_over(id).await;
    world.send(&standby, Signal::TERM);
    let says =
        |replica: &Replica| replica.detail.as_deref().is_some_and(|said| said.contains("its database was last run by Chainlink"));
    world.until(id, "the refusal", |_, replicas| has(replicas, &standby.replica_id, says)).await;
    fleet.stop().await;
    let fleet = world.fleet(newer).await;
    world.healthy(id).await;
    fleet.stop().await;
}

async fn ten_at_once(world: &World, program: &str) {
    let fleet = world.fleet(program).await;
    let begin = Instant::now();
    let nodes = world.fixture.request("ten", NODES).await.nodes;
    for node in &nodes {
        world.healthy(&node.id).await;
    }
    let healthy = begin.elapsed();
    statistic("ten_at_once_s", format!("{:.1}", healthy.as_secs_f64()));
    let mut total = 0;
    for node in &nodes {
        world.stays(&node.id, Duration::from_secs(75).saturating_sub(begin.elapsed().saturating_sub(healthy))).await;
        total += world.memory(&node.id).await.resident_mb;
    }
    statistic("ten_rss_mb", total);
    let connected = "select count(*) from pg_stat_activity where application_name like 'Chainlink%'";
    statistic("connections", world.postgres.sql("postgres", connected).unwrap());
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the node's program: cargo xtask prove chainlink"]
async fn pairs_of_the_real_node_outlive_what_befalls_them() {
    let of = |name: &str| env::var(name).unwrap_or_else(|_| panic!("{name} is set by `cargo xtask prove chainlink`"));
    let (program, newer) = (of("LINKPOOL_CHAINLINK"), env::var("LINKPOOL_CHAINLINK_NEWER").ok());
    let world = World::set(&PathBuf::from(of("LINKPOOL_NODE_POSTGRES"))).await;
    statistic("postgres", world.postgres.sql("postgres", "show server_version").unwrap());
    let fleet = world.fleet(&program).await;
    let begin = Instant::now();
    let id = world.fixture.request("one", 1).await.nodes.remove(0).id;
    world.healthy(&id).await;
    statistic("boot_s", format!("{:.1}", begin.elapsed().as_secs_f64()));
    world.stays(&id, Duration::from_secs(60)).await;
    let memory = world.memory(&id).await;
    statistic("rss_mb_per_node", memory.resident_mb);
    statistic("pss_mb_per_node", memory.proportional_mb);
    statistic("takeover_kill_s", seconds(&mut take_over(&world, &id, Signal::KILL).await));
    statistic("takeover_term_s", seconds(&mut take_over(&world, &id, Signal::TERM).await));
    pause(&world, &id, "stop_active", true).await;
    pause(&world, &id, "stop_standby", false).await;
    restart_postgres(&world, &id).await;
    hang_the_chain(&world, &id).await;
    fleet.stop().await;
    if let Some(newer) = &newer {
        upgrade(&world, &id, (&program, newer)).await;
    }
    ten_at_once(&world, newer.as_deref().unwrap_or(&program)).await;
    let ended = stop_nodes(&world.fixture.path().join("fleet"), Duration::from_secs(10)).await.unwrap();
    assert_eq!(ended, 2 * (usize::from(NODES) + 1), "replicas that a stop has to end");
}
