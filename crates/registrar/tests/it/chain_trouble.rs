//! A chain that forgets, reorganises, becomes dear, or holds a stranger's transaction.

use linkpool_db::fleet::Phase;
use linkpool_health::Heartbeat;
use linkpool_testkit::{AnvilOptions, until};
use linkpool_tx_manager::FailPoints;
use serde_json::json;

use crate::fixture::{Fixture, WAIT_TIMEOUT, passes};

/// Mines until the node is open: a block, with `before` each, whenever the registrar has looked at the one before.
async fn open_in_blocks(fixture: &Fixture, heartbeat: &Heartbeat, id: &str, before: impl AsyncFn()) {
    until("the node's block", WAIT_TIMEOUT, async || {
        before().await;
        fixture.chain.mine(1).await.unwrap();
        passes(heartbeat, 2).await;
        fixture.row(id).await.phase == Phase::Open
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reorg_takes_an_open_node_back_and_the_same_bytes_open_it_again() {
    let fixture = Fixture::with(AnvilOptions { slots_in_epoch: 32, ..AnvilOptions::default() }).await;
    let node = fixture.node("").await;
    let registrar = fixture.registrar().await;
    let wallet = fixture.phase(&node.id, Phase::Open).await.wallet.unwrap();
    fixture.chain.reorg(2).await.unwrap();
    fixture.until(&node.id, "the way back", |row| row.phase != Phase::Open).await;
    fixture.phase(&node.id, Phase::Open).await;
    assert!(fixture.is_registered(wallet).await);
    assert_eq!((fixture.registered().await, fixture.sent().await), (1, 2));
    let events = fixture.database.fleet_events(&[(node.id.clone(), 0)]).await.unwrap();
    assert_eq!(events.iter().filter(|event| event.kind == "signed").count(), 2, "nothing was signed again");
    registrar.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_that_lost_even_final_blocks_gets_the_same_bytes_again_in_order() {
    let fixture = Fixture::set().await;
    let before = fixture.control("evm_snapshot", json!([])).await;
    let nodes = [fixture.node("").await, fixture.node("").await];
    let registrar = fixture.registrar().await;
    for node in &nodes {
        fixture.phase(&node.id, Phase::Open).await;
    }
    fixture.chain.mine(4).await.unwrap();
    for node in &nodes {
        fixture.until(&node.id, "finality", |row| row.is_final).await;
    }
    fixture.control("evm_revert", json!([before])).await;
    assert_eq!((fixture.registered().await, fixture.sent().await), (0, 0));
    fixture.chain.mine(20).await.unwrap();
    for node in &nodes {
        fixture.until(&node.id, "the way back", |row| !row.is_final).await;
        fixture.phase(&node.id, Phase::Open).await;
    }
    assert_eq!((fixture.registered().await, fixture.sent().await), (2, 4));
    registrar.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn transactions_that_the_pool_forgot_are_sent_again() {
    let fixture = Fixture::set().await;
    fixture.control("evm_setAutomine", json!([false])).await;
    let node = fixture.node("").await;
    let config = fixture.config();
    let heartbeat = config.heartbeat.clone();
    let registrar = fixture.registrar_with(config, FailPoints::default()).await;
    fixture.phase(&node.id, Phase::Registering).await;
    fixture.control("anvil_dropAllTransactions", json!([])).await;
    open_in_blocks(&fixture, &heartbeat, &node.id, async || ()).await;
    assert_eq!((fixture.registered().await, fixture.sent().await), (1, 2));
    let events = fixture.database.fleet_events(&[(node.id.clone(), 0)]).await.unwrap();
    assert_eq!(events.iter().filter(|event| event.kind == "signed").count(), 2, "the same bytes would have done");
    registrar.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_gas_becomes_dear_a_transaction_is_replaced_and_one_of_them_counts() {
    let fixture = Fixture::set().await;
    fixture.control("evm_setAutomine", json!([false])).await;
    let node = fixture.node("").await;
    let config = fixture.config();
    let heartbeat = config.heartbeat.clone();
    let registrar = fixture.registrar_with(config, FailPoints::default()).await;
    fixture.phase(&node.id, Phase::Registering).await;
    // 20 gwei: ten times what the first attempts offered.
    let dear = async || drop(fixture.control("anvil_setNextBlockBaseFeePerGas", json!(["0x4a817c800"])).await);
    open_in_blocks(&fixture, &heartbeat, &node.id, dear).await;
    let events = fixture.database.fleet_events(&[(node.id.clone(), 0)]).await.unwrap();
    assert!(events.iter().filter(|event| event.kind == "signed").count() > 2, "nothing was replaced");
    assert_eq!((fixture.registered().await, fixture.sent().await), (1, 2));
    registrar.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strangers_transaction_from_our_account_stops_us_with_a_reason() {
    let fixture = Fixture::set().await;
    let first = fixture.node("").await;
    let registrar = fixture.registrar().await;
    fixture.phase(&first.id, Phase::Open).await;
    fixture.chain.send_unlocked(fixture.accounts.registrar, Some(fixture.accounts.operator), Vec::new()).await.unwrap();
    let second = fixture.node("").await;
    fixture.error(&second.id, "somebody else sends from it").await;
    assert_eq!((fixture.registered().await, fixture.sent().await), (1, 3));
    registrar.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contract_that_refuses_is_waited_for_with_its_sentence_and_costs_nothing() {
    let fixture = Fixture::set().await;
    let until = linkpool_contracts::pool::pauseCall {
        until: alloy::primitives::aliases::U40::from(fixture.chain.heads().await.unwrap().head.timestamp + 3_600),
    };
    let data = alloy::sol_types::SolCall::abi_encode(&until);
    fixture.chain.send_unlocked(fixture.accounts.guardian, Some(fixture.contracts.pool), data).await.unwrap();
    let node = fixture.node("").await;
    let registrar = fixture.registrar().await;
    fixture.error(&node.id, "New stake and new nodes are paused until").await;
    assert_eq!((fixture.registered().await, fixture.sent().await), (0, 1), "only the funding was sent");
    let over = linkpool_contracts::pool::pauseCall { until: alloy::primitives::aliases::U40::ZERO };
    let data = alloy::sol_types::SolCall::abi_encode(&over);
    fixture.chain.send_unlocked(fixture.accounts.guardian, Some(fixture.contracts.pool), data).await.unwrap();
    fixture.phase(&node.id, Phase::Open).await;
    registrar.stop().await;
}
