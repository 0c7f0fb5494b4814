//! A node's Operator contract: one serves one node.

use linkpool_db::fleet::{OperatorRequest, OperatorRequestOutcome, ProofMode, ScaleOutcome, ScaleRequest};
use linkpool_primitives::{Address, checksum};

use crate::registration::with_account;

const CONTRACT: Address = Address::repeat_byte(0x0e);

#[tokio::test]
async fn an_operator_serves_one_node_and_goes_to_another_only_when_it_is_free() {
    let (_test_database, database) = with_account().await;
    let request = ScaleRequest {
        idempotency_key: "two".into(),
        actor: "a test".into(),
        count: 2,
        reason: None,
        proof_mode: ProofMode::Signature,
    };
    let ScaleOutcome::Accepted(made) = database.request_nodes(&request).await.unwrap() else { panic!("not accepted") };
    let [first, second] = made.nodes.as_slice() else { panic!("{made:?}") };
    let name = async |node_id: &str, contract: Option<&Address>, dry_run: bool| {
        let asked = OperatorRequest { node_id, actor: "a test", reason: "work", dry_run };
        database.set_operator_contract(contract, &asked).await.unwrap()
    };
    let shown = async |node_id: &str| database.fleet_node(node_id).await.unwrap().unwrap().operator;

    assert_eq!(name("0123456789ab", Some(&CONTRACT), false).await, OperatorRequestOutcome::NoSuchNode);
    assert_eq!(name(&first.id, Some(&CONTRACT), true).await, OperatorRequestOutcome::Done);
    assert_eq!(shown(&first.id).await, None, "a dry run names nothing");
    assert_eq!(name(&first.id, Some(&CONTRACT), false).await, OperatorRequestOutcome::Done);
    assert_eq!(name(&first.id, Some(&CONTRACT), false).await, OperatorRequestOutcome::Repeated);
    assert_eq!(shown(&first.id).await, Some(CONTRACT));

    for dry_run in [true, false] {
        let OperatorRequestOutcome::Refused(sentence) = name(&second.id, Some(&CONTRACT), dry_run).await else {
            panic!("one Operator was given to two nodes")
        };
        assert!(sentence.contains(&checksum(&CONTRACT)) && sentence.contains(&format!("serves node {}", first.id)), "{sentence}");
    }
    assert_eq!(shown(&second.id).await, None);

    assert_eq!(name(&first.id, None, false).await, OperatorRequestOutcome::Done);
    assert_eq!(name(&second.id, Some(&CONTRACT), false).await, OperatorRequestOutcome::Done);
    assert_eq!((shown(&first.id).await, shown(&second.id).await), (None, Some(CONTRACT)));
    let events = database.fleet_events(&[(first.id.clone(), 0)]).await.unwrap();
    let named: Vec<_> =
        events.iter().filter(|event| event.kind == "operator").map(|event| event.detail["operator"].clone()).collect();
    assert_eq!(named, [serde_json::json!(checksum(&CONTRACT)), serde_json::Value::Null]);
}
