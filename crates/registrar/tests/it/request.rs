//! What an operator asks of a node that is there.

use linkpool_db::fleet::{NodeAction, OperatorRequest, OperatorRequestOutcome, Phase};

use crate::fixture::Fixture;

#[tokio::test(flavor = "multi_thread")]
async fn what_the_contract_would_refuse_is_refused_at_once() {
    let fixture = Fixture::set().await;
    let node = fixture.node("").await;
    let operator_request = |node_id| OperatorRequest { node_id, actor: "a test", reason: "maintenance", dry_run: false };
    let ask = async |node_id| fixture.database.request_action(NodeAction::Close, &operator_request(node_id)).await.unwrap();
    assert_eq!(ask("0123456789ab").await, OperatorRequestOutcome::NoSuchNode);
    assert!(matches!(ask(&node.id).await, OperatorRequestOutcome::Refused(sentence) if sentence.contains("has no wallet yet")));
    let registrar = fixture.registrar().await;
    fixture.phase(&node.id, Phase::Open).await;
    // Nobody indexes here.
    assert!(
        matches!(ask(&node.id).await, OperatorRequestOutcome::Refused(sentence) if sentence.contains("as far as it is indexed"))
    );
    assert_eq!(fixture.database.open_node_requests().await.unwrap(), []);
    registrar.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quarantined_node_is_left_alone_and_goes_on_where_it_was_when_it_is_released() {
    let fixture = Fixture::set().await;
    let node = fixture.node("").await;
    let operator_request = OperatorRequest { node_id: &node.id, actor: "a test", reason: "a look", dry_run: false };
    assert_eq!(fixture.database.quarantine_by_hand(&operator_request).await.unwrap(), OperatorRequestOutcome::Done);
    assert_eq!(fixture.database.quarantine_by_hand(&operator_request).await.unwrap(), OperatorRequestOutcome::Repeated);
    let registrar = fixture.registrar().await;
    let other = fixture.node("").await;
    fixture.phase(&other.id, Phase::Open).await;
    assert_eq!(fixture.row(&node.id).await.phase, Phase::Quarantined);
    assert_eq!(fixture.database.release_node(&operator_request).await.unwrap(), OperatorRequestOutcome::Done);
    // No fleet runs here: what it would have seen.
    fixture.database.advance_node(&node.id, &[Phase::Requested], Phase::Healthy, &serde_json::json!({})).await.unwrap();
    fixture.phase(&node.id, Phase::Open).await;
    // Of a registered node, the contract decides what follows.
    assert_eq!(fixture.database.quarantine_by_hand(&operator_request).await.unwrap(), OperatorRequestOutcome::Done);
    assert_eq!(fixture.database.release_node(&operator_request).await.unwrap(), OperatorRequestOutcome::Done);
    fixture.phase(&node.id, Phase::Open).await;
    assert_eq!((fixture.registered().await, fixture.sent().await), (2, 4));
    registrar.stop().await;
}
