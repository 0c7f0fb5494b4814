//! The guard in the transaction that asks for nodes, and automatic scaling: one decision a finalized block, by what that block has.

use std::{sync::Arc, time::Duration};

use linkpool_db::{
    Connect, Database,
    fleet::{Count, DecisionKind, ProofMode, ScaleDecision, ScaleOutcome, ScaleReading, ScaleRequest},
};
use linkpool_testkit::TestDatabase;
use serde_json::json;

const PROVISION_TIMEOUT: Duration = Duration::from_secs(3_600);

struct Pool {
    database: Database,
    server: TestDatabase,
}

impl Pool {
    /// With so many nodes of others, in a network of 1,000 of which it may be a tenth.
    async fn of(live_nodes: u32) -> Self {
        let server = TestDatabase::create().await.unwrap();
        let database = Database::connect(&Connect { max_connections: 30, ..Connect::new(server.url()).patient() }).await.unwrap();
        database.migrate().await.unwrap();
        let pool = Self { database, server };
        pool.sql(&format!(
            "insert into cursor (block_number, block_hash, block_time, head_block, safe_block, finalized_block)
                 values (1000, decode(repeat('11', 32), 'hex'), 2000, 1000, 1000, 1000);
             insert into pool (accounted, fees_owed, sink_owed, fee_bps, fee_recipient, default_cap_link, paused_until, live_nodes, registration_level,
                 registration_at, network_reported, network_reported_at, network_ceiling, proofless_allowed, owner, pending_owner, block_number, block_hash)
                 values (0, 0, 0, 0, decode(repeat('00', 20), 'hex'), 100000, 0, {live_nodes}, 0, 0, 1000, 1000, 25000, true,
                 decode(repeat('00', 20), 'hex'), decode(repeat('00', 20), 'hex'), 1, decode(repeat('11', 32), 'hex'))"
        ));
        pool.database.set_guard_terms(1_000, 604_800).await.unwrap();
        pool
    }

    fn sql(&self, text: &str) -> Vec<String> {
        self.server.server().run(self.server.name(), text).unwrap()
    }

    /// The indexer comes to this finalized block; the head is fifteen minutes ahead.
    fn finalized(&self, block: u64) {
        self.sql(&format!(
            "update cursor set finalized_block = {block}, safe_block = {block}, block_number = {0}, head_block = {0}, seen_at = now()",
            block + 75
        ));
    }

    /// Registers the fleet's oldest node that has no wallet, in this block, full.
    fn register(&self, block: u64, index: u32) {
        let wallet = format!("decode(lpad('{index:x}', 40, '0'), 'hex')");
        self.sql(&format!(
            "update fleet_node set wallet = {wallet}, phase = 'open' where fleet_node_id =
                 (select fleet_node_id from fleet_node where wallet is null order by created_at limit 1);
             insert into node values ({wallet}, {index}, 1, 1, 1, 100000, 0, 0, 100000 * 10::numeric ^ 18, 100000 * 10::numeric ^ 18,
                 100000 * 10::numeric ^ 18, 0, 0, 0, 0, 0, 0, 0, 0, {block}, decode(repeat('11', 32), 'hex'));
             update pool set live_nodes = live_nodes + 1"
        ));
    }

    /// Decides as the reading says, by a rule of the test's.
    async fn decide(&self, rule: impl FnOnce(&ScaleReading) -> ScaleDecision + Send) -> Option<ScaleDecision> {
        self.database.autoscale(ProofMode::Signature, PROVISION_TIMEOUT, rule).await.unwrap()
    }
}

fn request(key: &str, count: u16) -> ScaleRequest {
    ScaleRequest { idempotency_key: key.into(), actor: "a test".into(), count, reason: None, proof_mode: ProofMode::Signature }
}

fn decision(kind: DecisionKind) -> ScaleDecision {
    ScaleDecision { kind, count: u16::from(kind == DecisionKind::Add), why: "a test".into(), reopens: false }
}

/// One where none takes any, as with a low-water mark of 0.
fn where_none_is_left(reading: &ScaleReading) -> ScaleDecision {
    decision(if reading.stakable_nodes + reading.in_flight == 0 { DecisionKind::Add } else { DecisionKind::Hold })
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_calls_at_once_at_the_edge_exactly_those_that_are_allowed_get_through() {
    let pool = Arc::new(Pool::of(93).await);
    let calls = (0..20).map(|call| {
        let pool = pool.clone();
        tokio::spawn(async move { pool.database.request_nodes(&request(&call.to_string(), 1)).await.unwrap() })
    });
    let (mut accepted, mut refused) = (0, 0);
    for call in calls.collect::<Vec<_>>() {
        match call.await.unwrap() {
            ScaleOutcome::Accepted(operation) => accepted += operation.nodes.len(),
            ScaleOutcome::Refused(why) => {
                assert!(
                    why.contains(
                        "(93 registered + 7 on their way + 1 asked for) * 10000 = 1010000 > 1000000 = 1000 * min(1000 reported"
                    ),
                    "{why}"
                );
                refused += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((accepted, refused, pool.database.fleet_nodes().await.unwrap().len()), (7, 13, 7));
    // What was refused may be asked again under its name, once the network has grown.
    pool.sql("update pool set network_reported = 1010");
    let again = pool.database.request_nodes(&request("again", 1)).await.unwrap();
    assert!(matches!(again, ScaleOutcome::Accepted(_)), "{again:?}");
}

#[tokio::test]
async fn a_call_of_several_gets_all_or_none_and_a_dry_run_says_so_and_makes_none() {
    let pool = Pool::of(98).await;
    let refused = pool.database.request_nodes(&request("a", 3)).await.unwrap();
    assert!(matches!(&refused, ScaleOutcome::Refused(why) if why.ends_with("2 more are allowed")), "{refused:?}");
    let planned = pool.database.scale(&request("a", 2), Count::More, true).await.unwrap();
    assert!(matches!(&planned, ScaleOutcome::Planned(2, Some(numbers)) if numbers.available() == Some(2)), "{planned:?}");
    assert_eq!(pool.database.fleet_nodes().await.unwrap().len(), 0);
    // Neither has used its name up.
    assert!(matches!(pool.database.request_nodes(&request("a", 2)).await.unwrap(), ScaleOutcome::Accepted(_)));
    assert!(matches!(pool.database.request_nodes(&request("a", 2)).await.unwrap(), ScaleOutcome::Repeated(_)));
}

#[tokio::test]
async fn a_number_in_all_counts_what_is_there_and_never_makes_the_fleet_smaller() {
    let pool = Pool::of(0).await;
    let to = async |key: &str, total| pool.database.scale(&request(key, total), Count::InAll, false).await.unwrap();
    let ScaleOutcome::Accepted(three) = to("a", 3).await else { panic!("not accepted") };
    let ScaleOutcome::Accepted(two) = to("b", 5).await else { panic!("not accepted") };
    let ScaleOutcome::Accepted(none) = to("c", 1).await else { panic!("not accepted") };
    assert_eq!([three.nodes.len(), two.nodes.len(), none.nodes.len()], [3, 2, 0]);
    assert!(matches!(to("d", 60).await, ScaleOutcome::Refused(_)), "more than one call asks for");
}

#[tokio::test]
async fn where_nothing_is_known_of_the_contract_a_person_is_let_through_and_an_old_report_refuses() {
    let pool = Pool::of(500).await;
    pool.sql("delete from guard_terms");
    assert!(
        matches!(pool.database.request_nodes(&request("a", 1)).await.unwrap(), ScaleOutcome::Accepted(_)),
        "the terms are not known"
    );
    pool.database.set_guard_terms(10_000, 604_800).await.unwrap();
    pool.sql("update cursor set block_time = 700000");
    let refused = pool.database.request_nodes(&request("b", 1)).await.unwrap();
    assert!(matches!(&refused, ScaleOutcome::Refused(why) if why.contains("linkpool guard report")), "{refused:?}");
}

#[tokio::test]
async fn with_finality_fifteen_minutes_behind_a_node_is_in_flight_until_the_finalized_block_has_it_and_once() {
    let pool = Pool::of(0).await;
    pool.finalized(1_000);
    assert_eq!(pool.decide(where_none_is_left).await.unwrap().kind, DecisionKind::Add);
    assert_eq!(pool.decide(where_none_is_left).await, None, "two decisions of one block");
    // It is registered and full at the head, and the finalized block does not have it: it is on its way still.
    pool.register(1_060, 1);
    for block in [1_001, 1_030, 1_059] {
        pool.finalized(block);
        let decided = pool.decide(|reading| {
            assert_eq!((reading.in_flight, reading.stakable_nodes), (1, 0), "at {block}");
            where_none_is_left(reading)
        });
        assert_eq!(decided.await.unwrap().kind, DecisionKind::Hold, "a second node at {block}");
    }
    pool.finalized(1_060);
    let decided = pool.decide(|reading| {
        assert_eq!((reading.in_flight, reading.stakable_nodes, reading.available_juels), (0, 0, 0));
        where_none_is_left(reading)
    });
    assert_eq!(decided.await.unwrap().kind, DecisionKind::Add, "it is full, and there is no other");
    assert_eq!(pool.database.fleet_nodes().await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_block_stays_until_a_decision_opens_it_and_a_stop_until_a_person_does_whoever_reads_it_next() {
    let pool = Pool::of(100).await;
    pool.finalized(1_000);
    pool.decide(|_| decision(DecisionKind::Block)).await.unwrap();
    pool.finalized(1_001);
    pool.decide(|reading| {
        assert_eq!(reading.blocked_network, Some(1_000));
        assert!(reading.blocked_for.is_some());
        ScaleDecision { reopens: true, ..decision(DecisionKind::Hold) }
    })
    .await
    .unwrap();
    pool.finalized(1_002);
    pool.decide(|reading| {
        assert_eq!((reading.blocked_network, reading.is_overridden), (None, false));
        decision(DecisionKind::Stop)
    })
    .await
    .unwrap();
    pool.database.override_guard(PROVISION_TIMEOUT, "a test", "a test").await.unwrap();
    pool.finalized(1_003);
    pool.decide(|reading| {
        assert_eq!((reading.stopped_why.as_deref(), reading.is_overridden), (Some("a test"), true));
        decision(DecisionKind::Hold)
    })
    .await
    .unwrap();
    assert!(pool.database.resume_autoscale("a test", "a test").await.unwrap());
    assert!(!pool.database.resume_autoscale("a test", "a test").await.unwrap());
    let (state, decisions) = pool.database.autoscale_state().await.unwrap();
    assert_eq!((state.stopped_why, state.override_reason.as_deref()), (None, Some("a test")));
    let kinds: Vec<DecisionKind> = decisions.iter().rev().map(|it| it.kind).collect();
    assert_eq!(kinds, [DecisionKind::Block, DecisionKind::Hold, DecisionKind::Stop, DecisionKind::Hold, DecisionKind::Hold]);
    assert_eq!(decisions.last().unwrap().inputs["guard"]["live_nodes"], json!(100));
}

#[tokio::test]
async fn what_did_not_open_in_time_is_failed_and_what_was_added_counts_in_its_hour_and_its_day() {
    let pool = Pool::of(0).await;
    for (block, age) in [(1_001, "30 hours"), (1_002, "2 hours"), (1_003, "10 minutes")] {
        pool.finalized(block);
        pool.decide(|_| decision(DecisionKind::Add)).await.unwrap();
        pool.sql(&format!(
            "update fleet_node set created_at = now() - interval '{age}' where created_at > now() - interval '1 minute'"
        ));
    }
    pool.finalized(1_004);
    pool.decide(|reading| {
        assert_eq!((reading.added_last_hour, reading.added_last_day, reading.failed, reading.in_flight), (1, 2, 2, 1));
        decision(DecisionKind::Stop)
    })
    .await
    .unwrap();
    pool.database.resume_autoscale("a test", "a test").await.unwrap();
    pool.finalized(1_005);
    pool.decide(|reading| {
        assert_eq!(reading.failed, 0, "what failed before a person looked");
        decision(DecisionKind::Hold)
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn that_the_index_follows_no_longer_is_said_once_of_a_block_that_was_decided_and_makes_no_node() {
    let pool = Pool::of(0).await;
    pool.finalized(1_000);
    pool.decide(|_| ScaleDecision { why: "enough".into(), ..decision(DecisionKind::Hold) }).await.unwrap();
    pool.sql("update cursor set seen_at = now() - interval '61 seconds'");
    assert_eq!(pool.decide(|_| decision(DecisionKind::Add)).await, None, "a second decision of one block makes a node");
    let unknown = || ScaleDecision { why: "not known".into(), ..decision(DecisionKind::Hold) };
    assert_eq!(pool.decide(|_| unknown()).await, Some(unknown()));
    assert_eq!(pool.decide(|_| unknown()).await, None, "it is said again and again");
    let (_, decisions) = pool.database.autoscale_state().await.unwrap();
    let said: Vec<&str> = decisions.iter().rev().map(|it| it.why.as_str()).collect();
    assert_eq!((said, pool.database.fleet_nodes().await.unwrap().len()), (vec!["enough", "not known"], 0));
}

#[tokio::test]
async fn an_index_that_nobody_has_moved_for_a_minute_is_not_fresh() {
    let pool = Pool::of(0).await;
    pool.finalized(1_001);
    pool.sql("update cursor set seen_at = now() - interval '61 seconds'");
    pool.decide(|reading| {
        assert!(!reading.is_fresh);
        decision(DecisionKind::Hold)
    })
    .await
    .unwrap();
    pool.finalized(1_002);
    pool.sql("update cursor set state = 'stalled'");
    pool.decide(|reading| {
        assert!(!reading.is_fresh);
        decision(DecisionKind::Hold)
    })
    .await
    .unwrap();
}
