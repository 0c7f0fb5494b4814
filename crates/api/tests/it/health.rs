//! What a load balancer and a supervisor see.

use std::time::Duration;

use linkpool_db::{cursor::Tags, endpoint::EndpointReport, verification::NewVerification};
use linkpool_primitives::{EndpointState, IndexerState};

use crate::fixture::{Answer, Fixture, WAIT_TIMEOUT};

/// The first answer that is as wanted; one may be a second old.
async fn until(fixture: &Fixture, path: &str, wanted: impl Fn(&Answer) -> bool) -> Answer {
    let look = async {
        loop {
            let answer = fixture.get(path).await;
            if wanted(&answer) {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(WAIT_TIMEOUT, look).await.expect("the answer comes")
}

fn verification(fixture: &Fixture, differences: u64) -> NewVerification {
    NewVerification {
        block: fixture.chain.at,
        is_whole: false,
        endpoint: "main".into(),
        nodes: 2,
        positions: 3,
        tickets: 1,
        events: 6,
        differences,
        first_bad_block: (differences > 0).then_some(11),
        examples: vec!["pool, accounted: the database has 1, the chain 2".into()],
        elapsed: Duration::from_millis(190),
    }
}

#[tokio::test]
async fn health_follows_the_indexer_and_says_what_to_do() {
    let fixture = Fixture::start().await;
    assert_eq!(
        fixture.get("/health").await.body,
        serde_json::json!({ "state": "ok", "severity": "ok", "detail": null, "action": null })
    );
    for (state, severity) in [
        (IndexerState::Stalled, "fatal"),
        (IndexerState::ReorgBelowFinality, "fatal"),
        (IndexerState::Backfilling, "ok"),
        (IndexerState::BlockTooLarge, "fatal"),
        (IndexerState::CannotLoad, "fatal"),
        (IndexerState::CannotWrite, "fatal"),
        (IndexerState::CannotServe, "fatal"),
        // Blocks are written all the same.
        (IndexerState::CannotRecheck, "degraded"),
    ] {
        let status = if severity == "fatal" { 503 } else { 200 };
        fixture.chain.database.set_state(None, state, Some("the reason")).await.unwrap();
        let health = until(&fixture, "/health", |answer| answer.body["state"] == state.as_str()).await;
        assert_eq!((health.status.as_u16(), &health.body["detail"]), (status, &"the reason".into()), "{state}");
        assert_eq!(
            (&health.body["severity"], health.body["action"].is_string()),
            (&severity.into(), severity != "ok"),
            "{state}"
        );
        assert_eq!(fixture.data("/api/v1/status").await["state"], state.as_str());
    }
}

#[tokio::test]
async fn answers_are_marked_stale_while_the_indexer_stands_still() {
    let fixture = Fixture::start().await;
    let tag = fixture.get("/api/v1/nodes").await.header("etag").to_owned();
    fixture.chain.database.set_state(None, IndexerState::ReorgBelowFinality, Some("block 7 is gone")).await.unwrap();
    let answer = fixture.get("/api/v1/nodes").await;
    assert_eq!((answer.status.as_u16(), &answer.body["meta"]["stale"]), (200, &true.into()));
    assert_ne!(answer.header("etag"), tag, "whoever holds the answer of before is told");
}

#[tokio::test]
async fn a_difference_degrades_health_and_stands_in_the_status() {
    let fixture = Fixture::start().await;
    fixture.chain.database.record_verification(&verification(&fixture, 0)).await.unwrap();
    assert_eq!(fixture.data("/api/v1/status").await["verification"]["differences"], 0);
    fixture.chain.database.record_verification(&verification(&fixture, 4)).await.unwrap();
    let health = until(&fixture, "/health", |answer| answer.body["severity"] == "degraded").await;
    assert_eq!((health.status.as_u16(), &health.body["state"]), (200, &"ok".into()));
    assert!(health.body["action"].as_str().unwrap().contains("verify --repair"), "{}", health.body);
    let found = fixture.data("/api/v1/status").await["verification"].clone();
    assert_eq!(
        (&found["differences"], &found["first_bad_block"], &found["endpoint"], &found["positions"], &found["scope"]),
        (&4.into(), &11.into(), &"main".into(), &3.into(), &"sample".into())
    );
}

#[tokio::test]
async fn the_endpoint_that_lied_is_named() {
    let fixture = Fixture::start().await;
    let report = |name: &str, contradictions, what: Option<&str>| EndpointReport {
        name: name.into(),
        state: if contradictions > 0 { EndpointState::Faulty } else { EndpointState::Ok },
        detail: None,
        head_block: Some(11),
        contradictions,
        last_contradiction: what.map(str::to_owned),
    };
    let reports = [report("honest", 0, None), report("liar", 1, Some("two hashes for block 11"))];
    fixture.chain.database.report_endpoints(None, &reports).await.unwrap();
    let endpoints = fixture.data("/api/v1/status").await["endpoints"].clone();
    assert_eq!((&endpoints[0]["name"], &endpoints[0]["contradictions"]), (&"honest".into(), &0.into()));
    assert_eq!((&endpoints[1]["name"], &endpoints[1]["contradictions"]), (&"liar".into(), &1.into()));
    assert_eq!((&endpoints[0]["state"], &endpoints[1]["state"]), (&"ok".into(), &"faulty".into()));
    assert_eq!(endpoints[1]["last_contradiction"], "two hashes for block 11");
}

#[tokio::test]
async fn it_is_ready_once_the_head_was_reached_and_stays_so() {
    let fixture = Fixture::start().await;
    let far = Tags { head: 5_000, safe: 0, finalized: 0 };
    fixture.chain.database.set_tags(None, far).await.unwrap();
    let ready = fixture.get("/ready").await;
    assert_eq!((ready.status.as_u16(), ready.problem(), ready.header("retry-after")), (503, "not-ready", "2"));
    assert_eq!(fixture.data("/api/v1/status").await["state"], "backfilling");
    assert_eq!(fixture.get("/health").await.body["state"], "backfilling");
    let near = Tags { head: 12, safe: 0, finalized: 0 };
    fixture.chain.database.set_tags(None, near).await.unwrap();
    until(&fixture, "/ready", |answer| answer.status == 200).await;
    fixture.chain.database.set_tags(None, far).await.unwrap();
    until(&fixture, "/health", |answer| answer.body["state"] == "backfilling").await;
    assert_eq!(fixture.get("/ready").await.status, 200);
}

#[tokio::test]
async fn an_index_that_stands_still_says_why_it_is_not_ready_and_counts_no_blocks() {
    let fixture = Fixture::start().await;
    fixture.chain.database.set_state(None, IndexerState::CannotServe, Some("it gives no logs")).await.unwrap();
    let ready = fixture.get("/ready").await;
    assert_eq!((ready.status.as_u16(), ready.problem()), (503, "not-ready"));
    assert_eq!(ready.body["detail"], "the index stands still (cannot-serve): it gives no logs");
}
