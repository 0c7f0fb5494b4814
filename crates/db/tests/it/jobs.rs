//! The set of bridges and jobs, and what is written down of each node.

use linkpool_db::{
    Connect, Database,
    fleet::{JobProgress, JobSetOutcome, ProofMode, ScaleOutcome, ScaleRequest},
};
use linkpool_primitives::{ItemKind, ItemState};
use linkpool_testkit::TestDatabase;
use serde_json::{Value, json};
use tokio::task::JoinSet;

async fn database() -> (TestDatabase, Database) {
    let test_database = TestDatabase::create().await.unwrap();
    let database = Database::connect(&Connect::new(test_database.url()).patient()).await.unwrap();
    database.migrate().await.unwrap();
    (test_database, database)
}

async fn node(database: &Database) -> String {
    let request = ScaleRequest {
        idempotency_key: "one".into(),
        actor: "a test".into(),
        count: 1,
        reason: None,
        proof_mode: ProofMode::Transfer,
    };
    let ScaleOutcome::Accepted(mut operation) = database.request_nodes(&request).await.unwrap() else { panic!("refused") };
    assert_eq!(operation.nodes[0].proof_mode, ProofMode::Transfer);
    operation.nodes.remove(0).id
}

fn set(name: &str) -> Value {
    json!({ "bridges": {}, "jobs": { name: { "toml": "x" } } })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_set_that_says_the_same_is_no_new_version_and_of_two_made_from_one_version_one_is_refused() {
    let (_test_database, database) = database().await;
    let store = async |expected, set: &Value| database.store_job_set(expected, set, "a test", Some("why")).await.unwrap();
    assert_eq!((database.job_set_version().await.unwrap(), database.job_set().await.unwrap()), (0, None));
    assert_eq!(store(None, &set("a")).await, JobSetOutcome::Stored(1));
    assert_eq!(store(Some(0), &set("a")).await, JobSetOutcome::Unchanged(1));
    assert_eq!(store(Some(0), &set("b")).await, JobSetOutcome::Moved(1));
    assert_eq!(store(Some(1), &set("b")).await, JobSetOutcome::Stored(2));
    let newest = database.job_set().await.unwrap().unwrap();
    assert_eq!((newest.version, newest.content, newest.reason.as_deref()), (2, set("b"), Some("why")));
    let mut callers = JoinSet::new();
    for caller in 0..8 {
        let database = database.clone();
        callers.spawn(async move { database.store_job_set(Some(2), &set(&format!("c{caller}")), "a test", None).await.unwrap() });
    }
    let outcomes = callers.join_all().await;
    let stored = outcomes.iter().filter(|outcome| **outcome == JobSetOutcome::Stored(3)).count();
    assert_eq!((stored, outcomes.iter().filter(|outcome| **outcome == JobSetOutcome::Moved(3)).count()), (1, 7), "{outcomes:?}");
}

#[tokio::test]
async fn a_node_lacks_jobs_until_it_has_all_of_the_newest_set() {
    let (_test_database, database) = database().await;
    let node = node(&database).await;
    let lacks = async || database.lacks_jobs(&node).await.unwrap();
    let progress = |version, is_complete, error: Option<&str>| JobProgress {
        version,
        is_complete,
        error: error.map(str::to_owned),
        detail: json!({ "waiting": [] }),
    };
    assert_eq!(lacks().await, (false, None), "there is no set");
    database.store_job_set(None, &set("a"), "a test", None).await.unwrap();
    assert_eq!(lacks().await, (true, None));
    database.set_access_error(&node, Some("no")).await.unwrap();
    assert_eq!((lacks().await, database.access_error(&node).await.unwrap().as_deref()), ((true, None), Some("no")));
    database.set_job_progress(&node, &progress(1, false, Some("job a: no"))).await.unwrap();
    assert_eq!(lacks().await, (true, Some("job a: no".into())));
    database.set_job_progress(&node, &progress(1, true, None)).await.unwrap();
    assert_eq!(lacks().await, (false, None));
    database.store_job_set(None, &set("b"), "a test", None).await.unwrap();
    assert_eq!(lacks().await, (true, None), "another set counts now");
}

#[tokio::test]
async fn what_is_written_down_of_an_item_is_its_last_state_until_it_is_forgotten() {
    let (test_database, database) = database().await;
    let node = node(&database).await;
    let note = async |state, digest: u8| {
        database.note_job_item(&node, ItemKind::Job, "tick", state, &[digest; 32]).await.unwrap();
    };
    note(ItemState::Creating, 1).await;
    database.note_job_item(&node, ItemKind::Bridge, "tick", ItemState::Given, &[9; 32]).await.unwrap();
    note(ItemState::Given, 2).await;
    let items = database.job_items(&node, 120).await.unwrap();
    let shown: Vec<_> = items.iter().map(|it| (it.kind, it.name.as_str(), it.state, it.digest[0], it.is_recent)).collect();
    assert_eq!(
        shown,
        [(ItemKind::Bridge, "tick", ItemState::Given, 9, true), (ItemKind::Job, "tick", ItemState::Given, 2, true)]
    );
    test_database.server().run(test_database.name(), "update job_item set changed_at = now() - interval '3 minutes'").unwrap();
    assert!(database.job_items(&node, 120).await.unwrap().iter().all(|it| !it.is_recent));
    database.forget_job_item(&node, ItemKind::Job, "tick").await.unwrap();
    assert_eq!(database.job_items(&node, 120).await.unwrap().len(), 1);
}
