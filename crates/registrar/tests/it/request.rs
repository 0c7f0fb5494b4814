//! What an operator asks of a node that is there.

use linkpool_db::fleet::{NodeAction, Phase, Wish, WishOutcome};

use crate::fixture::Scene;

#[tokio::test(flavor = "multi_thread")]
async fn what_the_contract_would_refuse_is_refused_at_once() {
    let scene = Scene::set().await;
    let node = scene.node("").await;
    let wish = |node_id| Wish { node_id, actor: "a test", reason: "maintenance", dry_run: false };
    let ask = async |node_id| scene.database.request_action(NodeAction::Close, &wish(node_id)).await.unwrap();
    assert_eq!(ask("0123456789ab").await, WishOutcome::NoSuchNode);
    assert!(matches!(ask(&node.id).await, WishOutcome::Refused(sentence) if sentence.contains("has no wallet yet")));
    let registrar = scene.registrar().await;
    scene.phase(&node.id, Phase::Open).await;
    // Nobody indexes here.
    assert!(matches!(ask(&node.id).await, WishOutcome::Refused(sentence) if sentence.contains("as far as it is indexed")));
    assert_eq!(scene.database.open_node_requests().await.unwrap(), []);
    registrar.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quarantined_node_is_left_alone_and_goes_on_where_it_was_when_it_is_released() {
    let scene = Scene::set().await;
    let node = scene.node("").await;
    let wish = Wish { node_id: &node.id, actor: "a test", reason: "a look", dry_run: false };
    assert_eq!(scene.database.quarantine_by_hand(&wish).await.unwrap(), WishOutcome::Done);
    assert_eq!(scene.database.quarantine_by_hand(&wish).await.unwrap(), WishOutcome::Repeated);
    let registrar = scene.registrar().await;
    let other = scene.node("").await;
    scene.phase(&other.id, Phase::Open).await;
    assert_eq!(scene.row(&node.id).await.phase, Phase::Quarantined);
    assert_eq!(scene.database.release_node(&wish).await.unwrap(), WishOutcome::Done);
    // No fleet runs here: what it would have seen.
    scene.database.advance_node(&node.id, &[Phase::Requested], Phase::Healthy, &serde_json::json!({})).await.unwrap();
    scene.phase(&node.id, Phase::Open).await;
    // Of a registered node, the contract decides what follows.
    assert_eq!(scene.database.quarantine_by_hand(&wish).await.unwrap(), WishOutcome::Done);
    assert_eq!(scene.database.release_node(&wish).await.unwrap(), WishOutcome::Done);
    scene.phase(&node.id, Phase::Open).await;
    assert_eq!((scene.registered().await, scene.sent().await), (2, 4));
    registrar.stop().await;
}
