//! What is written down of a node whose database was restored.

use linkpool_db::fleet::{Effect, RestoredNode, RolloutStep};
use linkpool_primitives::{ItemKind, ItemState};
use serde_json::json;
use std::time::Duration;

use crate::rollout::{change, fleet, nodes, start};

const STEP_TIMEOUT: Duration = Duration::from_secs(600);

#[tokio::test]
async fn every_job_that_there_ever_was_is_looked_for_and_nothing_counts_as_provided() {
    let (_server, database) = fleet(1).await;
    let id = database.fleet_nodes().await.unwrap().remove(0).id;
    for set in [json!({ "bridges": { "prices": {} }, "jobs": { "old": {} } }), json!({ "jobs": { "new": {} } })] {
        database.store_job_set(None, &set, "a test", None).await.unwrap();
    }
    database.note_job_item(&id, ItemKind::Job, "new", ItemState::Given, &[7; 32]).await.unwrap();
    let detail = json!({ "reason": "a drill" });
    let restored = RestoredNode { node_id: &id, version: Some("2.31.0"), release: None, detail: &detail };
    database.node_restored(&restored).await.unwrap();
    let items = database.job_items(&id, 120).await.unwrap();
    let shown: Vec<_> = items.iter().map(|item| (item.kind, item.name.as_str(), item.state, item.is_recent)).collect();
    let unknown = |kind, name| (kind, name, ItemState::Updating, false);
    assert_eq!(shown, [unknown(ItemKind::Bridge, "prices"), unknown(ItemKind::Job, "new"), unknown(ItemKind::Job, "old")]);
    assert!(items.iter().all(|item| item.digest == [0; 32]));
    let node = database.fleet_node(&id).await.unwrap().unwrap();
    assert_eq!((node.version.as_deref(), node.generation, node.release_number), (Some("2.31.0"), 1, None));
    assert_eq!(database.release_before(&id).await.unwrap(), None);
}

#[tokio::test]
async fn one_that_goes_back_to_another_release_does_so_under_a_generation_of_its_own() {
    let (_server, database) = fleet(1).await;
    start(&database, "one", "2.32.0", false).await;
    let id = nodes(&database).await.remove(0).node_id;
    assert!(database.begin_rolling(&nodes(&database).await[0], STEP_TIMEOUT).await.unwrap());
    assert_eq!(database.release_before(&id).await.unwrap(), None, "it has not passed its switch");
    assert!(change(&database, &nodes(&database).await[0], RolloutStep::Stop, Effect::Switched).await);
    let before = database.fleet_node(&id).await.unwrap().unwrap();
    assert_eq!((before.generation, before.release_number), (2, Some(1)));
    assert_eq!(database.release_before(&id).await.unwrap(), Some(None), "it ran what the settings say");
    let restored = RestoredNode { node_id: &id, version: None, release: Some(None), detail: &json!({}) };
    database.node_restored(&restored).await.unwrap();
    let after = database.fleet_node(&id).await.unwrap().unwrap();
    assert_eq!((after.generation, after.release_number), (3, None));
}
