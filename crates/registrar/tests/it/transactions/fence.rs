//! A registrar that was paused for longer than its lease: no node is registered twice.

use std::time::Duration;

use linkpool_db::fleet::Phase;

use super::{crash::order, process::Process};
use crate::fixture::Fixture;

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_paused_beyond_its_lease_and_wakes_does_no_harm() {
    let fixture = Fixture::set().await;
    let order = order(&fixture, true, 600);
    let (first, second) = (Process::start(&order), Process::start(&order));
    let mut nodes = Vec::new();
    for round in 0..6u64 {
        let sleeper = if round % 2 == 0 { &first } else { &second };
        nodes.push(fixture.node("").await);
        // Somewhere in the work on the node, each time elsewhere.
        tokio::time::sleep(Duration::from_millis(13 * round)).await;
        sleeper.pause();
        nodes.push(fixture.node("").await);
        fixture.phase(&nodes.last().unwrap().id, Phase::Open).await;
        sleeper.go_on();
    }
    for node in &nodes {
        fixture.phase(&node.id, Phase::Open).await;
    }
    let count = nodes.len() as u64;
    assert_eq!((fixture.registered().await, fixture.sent().await), (count, 2 * count));
    first.kill();
    second.kill();
}
