//! Automatic scaling by a fleet that runs, where what it would count by is there and where it is not.

use linkpool_db::fleet::{DecisionKind, ProofMode, StoredDecision};
use linkpool_fleet::{AutoscaleRules, FleetConfig};
use linkpool_health::Heartbeat;
use linkpool_testkit::until;

use crate::fixture::{Fixture, PATIENCE_TIME, fleet_config, local_config, passes};

/// A pool without a node in a network of 1,000, of which it may be a tenth, whose index has come to block 1,000 and follows no longer.
const POOL: &str = "insert into cursor (block_number, block_hash, block_time, head_block, safe_block, finalized_block, seen_at)
         values (1000, decode(repeat('11', 32), 'hex'), 2000, 1000, 1000, 1000, now() - interval '1 hour');
     insert into pool (accounted, fees_owed, sink_owed, fee_bps, fee_recipient, default_cap_link, paused_until, live_nodes, registration_level,
         registration_at, network_reported, network_reported_at, network_ceiling, proofless_allowed, owner, pending_owner, block_number)
         values (0, 0, 0, 0, decode(repeat('00', 20), 'hex'), 100000, 0, 0, 0, 0, 1000, 1000, 25000, true,
         decode(repeat('00', 20), 'hex'), decode(repeat('00', 20), 'hex'), 1)";

/// The index is moved all the time, as far as anybody sees within this test.
const FOLLOWS: &str = "seen_at = now() + interval '1 hour'";
const STOPPED: &str = "seen_at = now() - interval '1 hour'";

async fn newest(fixture: &Fixture) -> Option<StoredDecision> {
    fixture.database.autoscale_state().await.unwrap().1.into_iter().next()
}

async fn until_said(fixture: &Fixture, kind: DecisionKind, part: &str) {
    let what = format!("{kind}: {part}");
    until(&what, PATIENCE_TIME, async || newest(fixture).await.is_some_and(|it| it.kind == kind && it.why.contains(part))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_index_does_not_follow_no_node_is_made_and_that_is_said_whatever_was_said_before() {
    let fixture = Fixture::set().await;
    fixture.sql(POOL);
    fixture.database.set_guard_terms(1_000, 604_800).await.unwrap();
    let heartbeat = Heartbeat::default();
    let autoscale = Some(AutoscaleRules::new(ProofMode::Signature));
    let config = FleetConfig { autoscale, heartbeat: heartbeat.clone(), ..fleet_config() };
    let fleet = fixture.fleet_with(config, local_config(fixture.path(), &fixture.url)).await;
    until_said(&fixture, DecisionKind::Hold, "the index does not follow the chain").await;
    passes(&heartbeat, 3).await;
    assert_eq!(fixture.database.fleet_nodes().await.unwrap().len(), 0, "a node was made by what nobody knows");
    fixture.sql(&format!("update cursor set finalized_block = 1001, block_number = 1001, {FOLLOWS}"));
    until_said(&fixture, DecisionKind::Add, "(0 registered + 0 on their way + 1 asked for)").await;
    // What it said last is of a block after which nothing is known any more.
    fixture.sql(&format!("update cursor set {STOPPED}"));
    until_said(&fixture, DecisionKind::Hold, "the index does not follow the chain").await;
    assert_eq!(fixture.database.fleet_nodes().await.unwrap().len(), 1);
    fleet.stop().await;
}
