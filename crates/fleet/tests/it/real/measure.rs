//! Rows for `cargo xtask bench fleet`, by whatever program is named.

use std::{
    env,
    path::PathBuf,
    time::{Duration, Instant},
};

use rustix::process::Signal;

use super::{
    pairs::{stop_the_chain, take_over},
    world::World,
};

fn row(name: &str, value: f64, unit: &str) {
    println!("row {name} {value:.2} {unit}");
}

/// Of five, the longest.
fn longest(times: &[Duration]) -> f64 {
    times.iter().map(Duration::as_secs_f64).fold(0.0, f64::max)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "cargo xtask bench fleet"]
async fn how_long_a_pair_takes_to_boot_and_to_take_over_and_what_it_holds() {
    let of = |name: &str| env::var(name).unwrap_or_else(|_| panic!("{name} is set by `cargo xtask bench fleet`"));
    let world = World::set(&PathBuf::from(of("LINKPOOL_NODE_POSTGRES"))).await;
    let fleet = world.fleet(&of("LINKPOOL_CHAINLINK")).await;
    let begin = Instant::now();
    let id = world.fixture.request("one", 1).await.nodes.remove(0).id;
    world.healthy(&id).await;
    row("boot_s", begin.elapsed().as_secs_f64(), "s");
    world.stays(&id, Duration::from_secs(60)).await;
    let memory = world.memory(&id).await;
    row("rss_mb_per_node", memory.resident_mb as f64, "MB");
    row("pss_mb_per_node", memory.proportional_mb as f64, "MB");
    row("takeover_kill_s", longest(&take_over(&world, &id, Signal::KILL).await), "s");
    row("takeover_term_s", longest(&take_over(&world, &id, Signal::TERM).await), "s");
    // The stand-in looks at its chain only when it works.
    if env::var_os("LINKPOOL_STANDIN").is_none() {
        row("hung_rpc_noticed_s", stop_the_chain(&world, &id).await.as_secs_f64(), "s");
        world.signal_chain(Signal::CONT);
    }
    fleet.stop().await;
    linkpool_fleet::local::stop_nodes(&world.fixture.path().join("fleet"), Duration::from_secs(10)).await.unwrap();
}
