//! The nodes here against those of the contract.

use std::time::{Duration, Instant};

use alloy::{primitives::U256, sol_types::SolCall};
use linkpool_chain::EndpointState;
use linkpool_contracts::pool::{closeNodeCall, nodeAtCall, retireNodeCall, setRolesCall};
use linkpool_db::fleet::{Audit, OperatorRequest, OperatorRequestOutcome, Phase};
use linkpool_registrar::RegistrarConfig;
use linkpool_testkit::AnvilOptions;
use serde_json::json;

use crate::fixture::{Fixture, WAIT_TIMEOUT};

fn config(fixture: &Fixture) -> RegistrarConfig {
    RegistrarConfig { audit_interval: Duration::from_millis(100), ..fixture.config() }
}

async fn until(fixture: &Fixture, what: &str, holds: impl Fn(&Audit) -> bool) -> Audit {
    let deadline = Instant::now() + WAIT_TIMEOUT;
    loop {
        let audit = fixture.database.last_audit().await.unwrap();
        if let Some(audit) = audit.filter(&holds) {
            return audit;
        }
        assert!(Instant::now() < deadline, "{what} did not come: {:#?}", fixture.database.last_audit().await);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn kinds(audit: &Audit) -> Vec<&str> {
    audit.findings.iter().map(|finding| finding.kind.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_did_to_nodes_is_found_with_what_to_do() {
    let fixture = Fixture::set().await;
    let registrar = fixture.registrar_with(config(&fixture), Default::default()).await;
    let nodes = [fixture.node("").await, fixture.node("").await];
    let mut wallets = Vec::new();
    for node in &nodes {
        wallets.push(fixture.phase(&node.id, Phase::Open).await.wallet.unwrap());
    }
    fixture.chain.mine(4).await.unwrap();
    let audit = until(&fixture, "agreement", |audit| audit.nodes_on_chain == 2).await;
    assert_eq!((kinds(&audit), audit.nodes_known), (vec![], 2));
    let close = closeNodeCall { node: wallets[0] }.abi_encode();
    fixture.chain.send_now(fixture.accounts.guardian, Some(fixture.contracts.pool), close).await.unwrap();
    let at = |index| nodeAtCall { index: U256::from(index) };
    let first = fixture.chain.call(fixture.contracts.pool, &at(0)).await.unwrap().wallet;
    let index = U256::from(u8::from(first != wallets[1]));
    fixture.as_owner(&retireNodeCall { node: wallets[1], index }).await;
    fixture.chain.mine(4).await.unwrap();
    let audit = until(&fixture, "both findings", |audit| audit.findings.len() == 2).await;
    assert_eq!(kinds(&audit), ["closed", "retired"]);
    assert!(audit.findings[0].sentence.contains("linkpool node reopen"), "{audit:?}");
    registrar.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_only_the_contract_knows_is_named_until_it_is_adopted() {
    let fixture = Fixture::set().await;
    let node = fixture.node("").await;
    let data = fixture.registration_by_hand(&node).await;
    fixture.chain.send_unlocked(fixture.accounts.registrar, Some(fixture.contracts.pool), data).await.unwrap();
    // A database that has lost the node: its row is taken out of every automatic step before the registrar starts.
    let operator_request = |node_id| OperatorRequest { node_id, actor: "a test", reason: "the row was lost", dry_run: false };
    assert_eq!(fixture.database.quarantine_by_hand(&operator_request(&node.id)).await.unwrap(), OperatorRequestOutcome::Done);
    fixture.chain.mine(4).await.unwrap();
    let registrar = fixture.registrar_with(config(&fixture), Default::default()).await;
    let audit = until(&fixture, "the stranger", |audit| audit.findings.len() == 1).await;
    assert_eq!(kinds(&audit), ["unknown"]);
    let wallet = audit.findings[0].wallet;
    assert!(audit.findings[0].sentence.contains("linkpool node adopt 0x"), "{audit:?}");
    // The contract's table is empty here: nobody indexes.
    let (outcome, _) = fixture.database.adopt_node(&wallet, None, &operator_request("")).await.unwrap();
    assert!(matches!(outcome, OperatorRequestOutcome::Refused(sentence) if sentence.contains("as far as it is indexed")));
    fixture.indexed(wallet);
    let adopted = fixture.database.adopt_node(&wallet, Some(&node.id), &operator_request("")).await.unwrap();
    assert_eq!(adopted, (OperatorRequestOutcome::Done, Some(node.id.clone())));
    let row = fixture.phase(&node.id, Phase::Open).await;
    assert_eq!(row.wallet, Some(wallet));
    until(&fixture, "agreement", |audit| audit.findings.is_empty() && audit.nodes_known == 1).await;
    assert_eq!((fixture.registered().await, fixture.sent().await), (1, 1), "the registration by hand was all");
    registrar.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_final_node_that_the_contract_has_lost_is_registered_again_though_we_had_not_sent_anything_for_it() {
    let fixture = Fixture::set().await;
    fixture.as_owner(&setRolesCall { account: fixture.accounts.operator, roles: 1 }).await;
    let node = fixture.node("").await;
    let data = fixture.registration_by_hand(&node).await;
    let before = fixture.control("evm_snapshot", json!([])).await;
    fixture.chain.send_unlocked(fixture.accounts.operator, Some(fixture.contracts.pool), data).await.unwrap();
    let registrar = fixture.registrar_with(config(&fixture), Default::default()).await;
    fixture.phase(&node.id, Phase::Open).await;
    fixture.chain.mine(4).await.unwrap();
    fixture.until(&node.id, "finality", |row| row.is_final).await;
    assert_eq!((fixture.registered().await, fixture.sent().await), (1, 1));
    fixture.control("evm_revert", json!([before])).await;
    fixture.chain.mine(20).await.unwrap();
    fixture.until(&node.id, "the way back", |row| !row.is_final).await;
    fixture.phase(&node.id, Phase::Open).await;
    assert_eq!((fixture.registered().await, fixture.sent().await), (1, 2), "its funding, and its registration by us");
    registrar.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_deployment_is_final_the_audit_waits_and_no_endpoint_is_called_a_liar() {
    // Finality is far behind, as for a quarter of an hour after every deployment.
    let fixture = Fixture::with(AnvilOptions { slots_in_epoch: 20, ..AnvilOptions::default() }).await;
    assert!(fixture.chain.heads().await.unwrap().finalized < 5);
    let before = fixture.chain.endpoints()[0].requests;
    let registrar = fixture.registrar_with(config(&fixture), Default::default()).await;
    let deadline = Instant::now() + WAIT_TIMEOUT;
    while fixture.chain.endpoints()[0].requests < before + 100 {
        assert!(Instant::now() < deadline, "the registrar asks nothing");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let endpoint = fixture.chain.endpoints().remove(0);
    assert_eq!((endpoint.state, endpoint.contradictions), (EndpointState::Ok, 0), "{:?}", endpoint.last_error);
    assert_eq!(fixture.database.last_audit().await.unwrap(), None);
    fixture.chain.mine(60).await.unwrap();
    until(&fixture, "the first audit", |audit| audit.nodes_on_chain == 0).await;
    registrar.stop().await;
}
