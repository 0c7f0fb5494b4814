//! What a load balancer and a supervisor see.

use crate::fixture::Fixture;

#[tokio::test]
async fn health_follows_the_indexer() {
    let fixture = Fixture::start().await;
    assert_eq!(fixture.get("/health").await.body, serde_json::json!({ "state": "ok", "detail": null }));
    fixture.story.database.set_state("stalled", Some("the RPC does not answer")).await.unwrap();
    let health = fixture.get("/health").await;
    assert_eq!((health.status.as_u16(), &health.body["detail"]), (503, &"the RPC does not answer".into()));
    assert_eq!(fixture.data("/api/v1/status").await["state"], "stalled");
}

#[tokio::test]
async fn it_is_ready_once_the_head_was_reached_and_stays_so() {
    let fixture = Fixture::start().await;
    let far = linkpool_db::cursor::Tags { head: 5_000, safe: 0, finalized: 0 };
    fixture.story.database.set_tags(far).await.unwrap();
    let ready = fixture.get("/ready").await;
    assert_eq!((ready.status.as_u16(), ready.problem(), ready.header("retry-after")), (503, "not-ready", "2"));
    assert_eq!(fixture.data("/api/v1/status").await["state"], "backfilling");
    assert_eq!(fixture.get("/health").await.body["state"], "backfilling");
    let near = linkpool_db::cursor::Tags { head: 12, safe: 0, finalized: 0 };
    fixture.story.database.set_tags(near).await.unwrap();
    assert_eq!(fixture.get("/ready").await.status, 200);
    fixture.story.database.set_tags(far).await.unwrap();
    assert_eq!(fixture.get("/ready").await.status, 200);
}
