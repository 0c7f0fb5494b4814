//! Nodes that a fleet runs: what the registrar waits for the fleet to do, and shows as waiting.

use linkpool_chainlink::{
    SealKey, Secret,
    client::{Credentials, Limits, NodeClient, NodeConfig, Transfer, Transport},
};
use linkpool_contracts::pool::setProoflessCall;
use linkpool_db::fleet::{JobProgress, Phase, SecretKind};
use linkpool_registrar::RegistrarConfig;
use linkpool_testkit::until;
use serde_json::json;

use crate::fixture::{Fixture, Node, WAIT_TIMEOUT};

fn seal_key() -> SealKey {
    SealKey::parse(&"5e".repeat(32)).unwrap()
}

fn config(fixture: &Fixture) -> RegistrarConfig {
    RegistrarConfig { seal_key: Some(seal_key()), ..fixture.config() }
}

/// A client of the node's admin, whom the fleet alone has.
async fn admin(fixture: &Fixture, node: &Node) -> NodeClient {
    let base_url = fixture.database.replicas_of(&node.id).await.unwrap().remove(0).base_url.unwrap();
    let credentials =
        Credentials::Password { email: format!("{}@node.local", node.id), password: Secret::new("correct horse battery") };
    let config = NodeConfig { base_url: base_url.parse().unwrap(), credentials };
    NodeClient::new(&Transport::new(Limits::default()).unwrap(), config).unwrap()
}

/// The fleet's own nodes have no file with a login.
fn without_file(fixture: &Fixture) {
    fixture.sql("update fleet_replica set credentials_file = null");
}

async fn give_token(fixture: &Fixture, node: &Node) {
    let token = admin(fixture, node).await.create_api_token().await.unwrap();
    let text = Secret::new(format!("{}\n{}\n", token.key.expose(), token.secret.expose()));
    let sealed = seal_key().seal_secret(&node.id, SecretKind::RegistrarToken.as_str(), &text);
    fixture.database.keep_secret(&node.id, SecretKind::RegistrarToken, &sealed).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_registrar_waits_for_its_token_and_says_what_keeps_the_fleet_from_making_it() {
    let fixture = Fixture::set().await;
    let node = fixture.prepared().await;
    without_file(&fixture);
    fixture.healthy(&node).await;
    let registrar = fixture.registrar_with(config(&fixture), Default::default()).await;
    fixture.waits(&node.id, "waiting for the fleet to make the registrar's token").await;
    // The admin's login is nothing that it reads.
    let login = seal_key().seal_secret(&node.id, SecretKind::AdminLogin.as_str(), &Secret::new("a@b\nhunter2hunter2hunter2\n"));
    fixture.database.keep_secret(&node.id, SecretKind::AdminLogin, &login).await.unwrap();
    fixture.database.set_access_error(&node.id, Some("the node says no")).await.unwrap();
    fixture.error(&node.id, "the fleet can't make the registrar's token at the node: the node says no").await;
    fixture.database.set_access_error(&node.id, None).await.unwrap();
    fixture.waits(&node.id, "waiting for the fleet to make the registrar's token").await;
    give_token(&fixture, &node).await;
    fixture.phase(&node.id, Phase::Open).await;
    registrar.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_of_the_fleet_has_its_bridges_and_jobs_before_it_is_proven() {
    let fixture = Fixture::set().await;
    let node = fixture.prepared().await;
    fixture.database.store_job_set(None, &json!({}), "a test", None).await.unwrap();
    let progress = |version, is_complete, error: Option<&str>| JobProgress {
        version,
        is_complete,
        error: error.map(str::to_owned),
        detail: json!({}),
    };
    fixture.healthy(&node).await;
    let registrar = fixture.registrar().await;
    fixture.waits(&node.id, "waiting for the fleet to give the node its bridges and jobs").await;
    fixture.database.set_job_progress(&node.id, &progress(1, false, Some("job tick: no"))).await.unwrap();
    fixture.error(&node.id, "the node does not take its bridges and jobs: job tick: no").await;
    // All of an older set is not all.
    fixture.database.store_job_set(None, &json!({ "jobs": {} }), "a test", None).await.unwrap();
    fixture.database.set_job_progress(&node.id, &progress(1, true, None)).await.unwrap();
    fixture.waits(&node.id, "waiting for the fleet to give").await;
    assert_eq!((fixture.row(&node.id).await.phase, fixture.sent().await), (Phase::WalletKnown, 0));
    fixture.database.set_job_progress(&node.id, &progress(2, true, None)).await.unwrap();
    fixture.phase(&node.id, Phase::Open).await;
    registrar.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_fleet_sends_the_payment_that_the_registrar_asks_for_and_a_balance_that_the_node_does_not_see_yet_is_waiting() {
    let fixture = Fixture::set().await;
    fixture.as_owner(&setProoflessCall { allowed: true }).await;
    let node = fixture.prepared().await;
    fixture.sql("update fleet_node set proof_mode = 'transfer'");
    let fleet = admin(&fixture, &node).await;
    give_token(&fixture, &node).await;
    without_file(&fixture);
    fixture.healthy(&node).await;
    let registrar = fixture.registrar_with(config(&fixture), Default::default()).await;
    fixture.waits(&node.id, "waiting for the fleet to have the wallet pay").await;
    let wallet = fixture.row(&node.id).await.wallet.unwrap();
    let low = "http://x answered 422, which this call never should: \"balance is too low: <nil>\"";
    let take = async || fixture.database.take_transfer(&node.id).await.unwrap();
    let first = take().await.expect("it is wanted");
    assert_eq!((first.wallet, first.recipient), (wallet, fixture.accounts.registrar));
    assert_eq!(take().await, None, "one request is taken up once");
    fixture.database.transfer_refused(&node.id, Some(first.ask), low).await.unwrap();
    fixture.waits(&node.id, "waiting for the node to see its wallet's new balance").await;
    let mut second = None;
    until("the next request", WAIT_TIMEOUT, async || {
        second = take().await;
        second.is_some()
    })
    .await;
    let second = second.unwrap();
    assert_eq!((second.amount_wei, second.ask), (first.amount_wei, first.ask + 1), "the same amount, asked for again");
    // A refusal of the first request, heard late, is not one of the second.
    fixture.database.transfer_refused(&node.id, Some(first.ask), "late").await.unwrap();
    let transfer = Transfer { chain_id: 31_337, from: wallet, recipient: second.recipient, amount_wei: second.amount_wei };
    // The node goes by the balance that it saw a head ago.
    until("the payment", WAIT_TIMEOUT, async || match fleet.send_transfer(&transfer).await {
        Ok(_) => true,
        Err(error) => {
            assert!(error.to_string().contains("balance is too low"), "{error}");
            false
        }
    })
    .await;
    fixture.phase(&node.id, Phase::Open).await;
    assert_eq!(fixture.chain.nonce(wallet).await.unwrap(), 1);
    assert_eq!(take().await, None);
    registrar.stop().await;
}
