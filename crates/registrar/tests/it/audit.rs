//! The nodes here against those of the contract.

use std::time::{Duration, Instant};

use alloy::{primitives::U256, sol_types::SolCall};
use linkpool_chain::EndpointState;
use linkpool_contracts::pool::{closeNodeCall, nodeAtCall, retireNodeCall, setRolesCall};
use linkpool_db::fleet::{Audit, Phase, Wish, WishOutcome};
use linkpool_registrar::RegistrarConfig;
use linkpool_testkit::AnvilOptions;
use serde_json::json;

use crate::fixture::{PATIENCE, Scene};

fn config(scene: &Scene) -> RegistrarConfig {
    RegistrarConfig { audit_interval: Duration::from_millis(100), ..scene.config() }
}

async fn until(scene: &Scene, what: &str, holds: impl Fn(&Audit) -> bool) -> Audit {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let audit = scene.database.last_audit().await.unwrap();
        if let Some(audit) = audit.filter(&holds) {
            return audit;
        }
        assert!(Instant::now() < deadline, "{what} did not come: {:#?}", scene.database.last_audit().await);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn kinds(audit: &Audit) -> Vec<&str> {
    audit.findings.iter().map(|finding| finding.kind.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_did_to_nodes_is_found_with_what_to_do() {
    let scene = Scene::set().await;
    let registrar = scene.registrar_with(config(&scene), Default::default()).await;
    let nodes = [scene.node("").await, scene.node("").await];
    let mut wallets = Vec::new();
    for node in &nodes {
        wallets.push(scene.phase(&node.id, Phase::Open).await.wallet.unwrap());
    }
    scene.chain.mine(4).await.unwrap();
    let audit = until(&scene, "agreement", |audit| audit.nodes_on_chain == 2).await;
    assert_eq!((kinds(&audit), audit.nodes_known), (vec![], 2));
    let close = closeNodeCall { node: wallets[0] }.abi_encode();
    scene.chain.send_now(scene.people.guardian, Some(scene.contracts.pool), close).await.unwrap();
    let at = |index| nodeAtCall { index: U256::from(index) };
    let first = scene.chain.call(scene.contracts.pool, &at(0)).await.unwrap().wallet;
    let index = U256::from(u8::from(first != wallets[1]));
    scene.as_owner(&retireNodeCall { node: wallets[1], index }).await;
    scene.chain.mine(4).await.unwrap();
    let audit = until(&scene, "both findings", |audit| audit.findings.len() == 2).await;
    assert_eq!(kinds(&audit), ["closed", "retired"]);
    assert!(audit.findings[0].sentence.contains("linkpool node reopen"), "{audit:?}");
    registrar.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_only_the_contract_knows_is_named_until_it_is_adopted() {
    let scene = Scene::set().await;
    let node = scene.node("").await;
    let data = scene.registration_by_hand(&node).await;
    scene.chain.send_unlocked(scene.people.registrar, Some(scene.contracts.pool), data).await.unwrap();
    // A database that has lost the node: its row is taken out of every automatic step before the registrar starts.
    let wish = |node_id| Wish { node_id, actor: "a test", reason: "the row was lost", dry_run: false };
    assert_eq!(scene.database.quarantine_by_hand(&wish(&node.id)).await.unwrap(), WishOutcome::Done);
    scene.chain.mine(4).await.unwrap();
    let registrar = scene.registrar_with(config(&scene), Default::default()).await;
    let audit = until(&scene, "the stranger", |audit| audit.findings.len() == 1).await;
    assert_eq!(kinds(&audit), ["unknown"]);
    let wallet = audit.findings[0].wallet;
    assert!(audit.findings[0].sentence.contains("linkpool node adopt 0x"), "{audit:?}");
    // The contract's table is empty here: nobody indexes.
    let (outcome, _) = scene.database.adopt_node(&wallet, None, &wish("")).await.unwrap();
    assert!(matches!(outcome, WishOutcome::Refused(sentence) if sentence.contains("as far as it is indexed")));
    scene.indexed(wallet);
    let adopted = scene.database.adopt_node(&wallet, Some(&node.id), &wish("")).await.unwrap();
    assert_eq!(adopted, (WishOutcome::Done, Some(node.id.clone())));
    let row = scene.phase(&node.id, Phase::Open).await;
    assert_eq!(row.wallet, Some(wallet));
    until(&scene, "agreement", |audit| audit.findings.is_empty() && audit.nodes_known == 1).await;
    assert_eq!((scene.registered().await, scene.sent().await), (1, 1), "the registration by hand was all");
    registrar.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_final_node_that_the_contract_has_lost_is_registered_again_though_we_had_not_sent_anything_for_it() {
    let scene = Scene::set().await;
    scene.as_owner(&setRolesCall { account: scene.people.operator, roles: 1 }).await;
    let node = scene.node("").await;
    let data = scene.registration_by_hand(&node).await;
    let before = scene.control("evm_snapshot", json!([])).await;
    scene.chain.send_unlocked(scene.people.operator, Some(scene.contracts.pool), data).await.unwrap();
    let registrar = scene.registrar_with(config(&scene), Default::default()).await;
    scene.phase(&node.id, Phase::Open).await;
    scene.chain.mine(4).await.unwrap();
    scene.until(&node.id, "finality", |row| row.is_final).await;
    assert_eq!((scene.registered().await, scene.sent().await), (1, 1));
    scene.control("evm_revert", json!([before])).await;
    scene.chain.mine(20).await.unwrap();
    scene.until(&node.id, "the way back", |row| !row.is_final).await;
    scene.phase(&node.id, Phase::Open).await;
    assert_eq!((scene.registered().await, scene.sent().await), (1, 2), "its funding, and its registration by us");
    registrar.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_deployment_is_final_the_audit_waits_and_no_endpoint_is_called_a_liar() {
    // Finality is far behind, as for a quarter of an hour after every deployment.
    let scene = Scene::with(AnvilOptions { slots_in_epoch: 20, ..AnvilOptions::default() }).await;
    assert!(scene.chain.heads().await.unwrap().finalized < 5);
    let before = scene.chain.endpoints()[0].requests;
    let registrar = scene.registrar_with(config(&scene), Default::default()).await;
    let deadline = Instant::now() + PATIENCE;
    while scene.chain.endpoints()[0].requests < before + 100 {
        assert!(Instant::now() < deadline, "the registrar asks nothing");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let endpoint = scene.chain.endpoints().remove(0);
    assert_eq!((endpoint.state, endpoint.contradictions), (EndpointState::Ok, 0), "{:?}", endpoint.last_error);
    assert_eq!(scene.database.last_audit().await.unwrap(), None);
    scene.chain.mine(60).await.unwrap();
    until(&scene, "the first audit", |audit| audit.nodes_on_chain == 0).await;
    registrar.stop().await;
}
