//! What gas a transaction gets, and what it costs, on chains whose prices and methods differ.

use std::time::Duration;

use linkpool_db::tx::RequestState;
use linkpool_testkit::{Fault, Rule, When};
use linkpool_tx_manager::{Outcome, TransactionConfig};
use serde_json::json;

use super::mining_fixture::MiningFixture;

const ESTIMATE: &str = "eth_estimateGas";

fn lacks(method: &'static str) -> Rule {
    Fault::error(-32601, &format!("the method {method} does not exist/is not available")).on(method)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_signed_anew_gets_the_gas_that_it_takes_by_then() {
    let mining = MiningFixture::set(1).await;
    // Nothing but the endpoint's answer makes it sign anew.
    let sender = mining.sender_with(TransactionConfig { replace_after_blocks: 1_000, ..mining.config() }).await;
    let (_, registration) = mining.registration().await;
    // What a registration takes before an upgrade of the chain, and after it.
    mining.proxies[0].set(Fault::Answer(json!("0x186a0")).on(ESTIMATE).when(When::First(1)));
    mining.proxies[0].set(Fault::Answer(json!("0x55730")).on(ESTIMATE).when(When::After(1)));
    mining.proxies[0].set(Fault::replacement_underpriced().on("eth_sendRawTransaction").when(When::First(1)));
    let id = sender.submit(&mining.key(), &registration).await.unwrap();
    let outcome = mining.drive(&sender, id).await;
    assert!(matches!(outcome, Outcome::Mined(_)), "{outcome:?}");
    let signed = mining.fixture.database.attempts_of(id).await.unwrap();
    let limits: Vec<u64> = signed.iter().map(|(_, attempt)| attempt.gas_limit).collect();
    assert_eq!(limits, [135_000, 447_500], "with a quarter and 10,000 more than the estimate");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_estimate_that_falls_or_fails_leaves_the_limit_as_it_was() {
    let mining = MiningFixture::set(1).await;
    let sender = mining.sender_with(TransactionConfig { replace_after_blocks: 1_000, ..mining.config() }).await;
    let later = [Fault::Answer(json!("0x5208")), Fault::error(-32603, "Internal error")];
    for fault in later {
        let (_, registration) = mining.registration().await;
        mining.proxies[0].set(Fault::Answer(json!("0x55730")).on(ESTIMATE).when(When::First(1)));
        mining.proxies[0].set(fault.on(ESTIMATE).when(When::After(1)));
        mining.proxies[0].set(Fault::replacement_underpriced().on("eth_sendRawTransaction").when(When::First(1)));
        let id = sender.submit(&mining.key(), &registration).await.unwrap();
        assert!(matches!(mining.drive(&sender, id).await, Outcome::Mined(_)));
        let signed = mining.fixture.database.attempts_of(id).await.unwrap();
        assert!(signed.len() == 2 && signed.iter().all(|(_, attempt)| attempt.gas_limit == 447_500), "{signed:#?}");
        mining.proxies[0].clear();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_method_for_the_tip_it_is_sent_all_the_same_and_without_any_price_it_says_so() {
    let mining = MiningFixture::set(1).await;
    let sender = mining.sender().await;
    mining.proxies[0].set(lacks("eth_maxPriorityFeePerGas"));
    let outcome = mining.send(&sender, &mining.key(), &mining.payment().1).await;
    assert!(matches!(outcome, Outcome::Mined(_)), "{outcome:?}");
    mining.proxies[0].set(lacks("eth_feeHistory"));
    mining.proxies[0].set(lacks("eth_gasPrice"));
    let role = mining.role(mining.config()).await;
    let id = sender.submit(&mining.key(), &mining.payment().1).await.unwrap();
    let told = |reason: &str| reason.contains("does not tell what gas costs") && reason.contains("transactions.tip_gwei");
    let view = mining.until(id, "a sentence", |view| view.last_error.as_deref().is_some_and(told)).await;
    assert_eq!((view.state, view.nonce), (RequestState::Queued, None), "it holds up nothing");
    role.stop().await;
    // A tip of ours is enough.
    let sender = mining.sender_with(TransactionConfig { usual_tip_wei: Some(1_000_000_000), ..mining.config() }).await;
    let outcome = tokio::time::timeout(Duration::from_secs(60), mining.drive(&sender, id)).await.unwrap();
    assert!(matches!(outcome, Outcome::Mined(_)), "{outcome:?}");
    let (_, attempt) = mining.fixture.database.attempts_of(id).await.unwrap().remove(0);
    assert_eq!(attempt.tip_wei, 1_000_000_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_chain_without_a_base_fee_a_transaction_of_the_old_kind_is_mined() {
    let mining = MiningFixture::set(1).await;
    mining.proxies[0].set(Fault::HeadersWithout("baseFeePerGas"));
    let (wallet, payment) = mining.payment();
    let outcome = mining.send(&mining.sender().await, &mining.key(), &payment).await;
    let Outcome::Mined(mined) = outcome else { panic!("{outcome:?}") };
    assert_eq!(mining.fixture.chain.balance(wallet).await.unwrap(), 1_000_000_000);
    let sent = mining.fixture.control("eth_getTransactionByHash", json!([mined.transaction_hash])).await;
    assert_eq!(sent["type"], "0x0", "{sent}");
    assert_eq!(mining.chain().await.endpoints()[0].contradictions, 0);
}
