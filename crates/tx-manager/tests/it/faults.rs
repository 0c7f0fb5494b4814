//! Two roles at once, on two endpoints that fail in every known way: each transaction happens once.

use std::time::Duration;

use linkpool_chain::{Chain, Endpoint};
use linkpool_db::tx::{NonceState, RequestState, TransactionView};
use linkpool_testkit::{Anvil, AnvilOptions, Fault, Rule, Tools, When};
use linkpool_tx_manager::{NonceAction, Outcome, TransactionConfig, Until};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::mining_fixture::MiningFixture;

const SEND: &str = "eth_sendRawTransaction";

/// On every endpoint, for the first sends.
fn sending_fails() -> Vec<(&'static str, Rule)> {
    let first = |fault: Fault, count| fault.on(SEND).when(When::First(count));
    vec![
        ("no answer, and it did not arrive", first(Fault::TimeoutBefore, 2)),
        ("no answer, and it did arrive", first(Fault::TimeoutAfter, 2)),
        ("the connection breaks before", first(Fault::CloseBefore, 2)),
        ("the connection breaks after", first(Fault::CloseAfter, 2)),
        ("429", first(Fault::Status(429), 3)),
        ("a rate limit in words", first(Fault::rate_limited(), 2)),
        ("500", first(Fault::Status(500), 2)),
        ("503", first(Fault::Status(503), 2)),
        ("a page instead of JSON", first(Fault::Malformed, 2)),
        ("half of the JSON", first(Fault::Truncated, 2)),
        ("already known", first(Fault::already_known(), 2)),
        ("nonce too low, wrongly", first(Fault::nonce_too_low(), 2)),
        ("replacement underpriced", first(Fault::replacement_underpriced(), 1)),
        ("insufficient funds", first(Fault::insufficient_funds(), 2)),
        ("too little gas", first(Fault::error(-32000, "intrinsic gas too low: gas 100, minimum needed 21000"), 1)),
        ("too cheap", first(Fault::error(-32000, "max fee per gas less than block base fee: address 0x0, maxFeePerGas: 1"), 1)),
        ("the pool is full", first(Fault::error(-32000, "txpool is full"), 2)),
        ("words that nobody knows", first(Fault::error(-32000, "the moon is in the wrong house"), 2)),
        ("taken and forgotten", first(Fault::ForgetsTransactions, 2)),
    ]
}

/// For every request, for a while.
fn everything_fails() -> Vec<(&'static str, Fault)> {
    vec![
        ("429 for everything", Fault::Status(429)),
        ("503 for everything", Fault::Status(503)),
        ("pages for everything", Fault::Malformed),
        ("broken connections", Fault::CloseBefore),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_send_meets_two_roles_send_each_transaction_once() {
    let mining = MiningFixture::set(2).await;
    let (first, second) = (mining.role(mining.config()).await, mining.role(mining.config()).await);
    let sender = mining.sender().await;
    for (what, rule) in sending_fails() {
        mining.proxies.iter().for_each(|proxy| proxy.set(rule.clone()));
        let (wallet, registration) = mining.registration().await;
        let id = sender.submit(&mining.key(), &registration).await.unwrap();
        let view = settled(&mining, id, what).await;
        assert_eq!(view.state, RequestState::Done, "{what}: {view:?}");
        assert!(mining.fixture.is_registered(wallet).await, "{what}");
        mining.proxies.iter().for_each(|proxy| proxy.clear());
    }
    mining.assert_no_gap().await;
    assert_eq!(mining.fixture.registered().await, mining.fixture.sent().await, "each is one transaction");
    first.stop().await;
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_good_endpoint_is_enough_whatever_the_other_does() {
    let mining = MiningFixture::set(2).await;
    // Older than the lag: where the contract is not there yet, gas can't be estimated.
    mining.fixture.chain.mine(60).await.unwrap();
    let (first, second) = (mining.role(mining.config()).await, mining.role(mining.config()).await);
    let sender = mining.sender().await;
    let contradictions = [
        ("a head that lags by 50 blocks", Fault::LagsBehind(50)),
        ("another chain's id", Fault::ChainId(1)),
        ("429 for everything", Fault::Status(429)),
        ("pages for everything", Fault::Malformed),
        ("transactions that it forgets", Fault::ForgetsTransactions),
        ("no answer at all", Fault::TimeoutBefore),
    ];
    for (what, fault) in contradictions {
        mining.proxies[0].set(fault);
        let (wallet, registration) = mining.registration().await;
        let id = sender.submit(&mining.key(), &registration).await.unwrap();
        // An endpoint that lags has not seen the receipt, and two must agree: then it is waited for.
        mining.until(id, what, |view| view.attempts > 0).await;
        mined(&mining, what, wallet).await;
        mining.proxies[0].clear();
        assert_eq!(settled(&mining, id, what).await.state, RequestState::Done, "{what}");
    }
    mining.assert_no_gap().await;
    assert_eq!(mining.fixture.registered().await, mining.fixture.sent().await, "each is one transaction");
    first.stop().await;
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_no_endpoint_answers_nothing_happens_and_afterwards_it_goes_on() {
    let mining = MiningFixture::set(2).await;
    let (first, second) = (mining.role(mining.config()).await, mining.role(mining.config()).await);
    let sender = mining.sender().await;
    for (what, fault) in everything_fails() {
        let (wallet, registration) = mining.registration().await;
        mining.proxies.iter().for_each(|proxy| proxy.set(fault.clone().when(When::First(30))));
        let key = mining.key();
        let id = loop {
            // Handing in asks for the nonce.
            if let Ok(id) = sender.submit(&key, &registration).await {
                break id;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        assert_eq!(settled(&mining, id, what).await.state, RequestState::Done, "{what}");
        assert!(mining.fixture.is_registered(wallet).await, "{what}");
        mining.proxies.iter().for_each(|proxy| proxy.clear());
    }
    mining.assert_no_gap().await;
    first.stop().await;
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_an_endpoint_does_not_take_are_built_anew_on_the_same_nonce_and_pay_more() {
    let mining = MiningFixture::set(1).await;
    // Only the answer can be why anything is signed again.
    let sender = mining.sender_with(TransactionConfig { replace_after_blocks: 1_000, ..mining.config() }).await;
    let answers = [
        ("replacement underpriced", Fault::replacement_underpriced()),
        ("too cheap", Fault::error(-32000, "max fee per gas less than block base fee: address 0x0, maxFeePerGas: 1")),
        ("too little gas", Fault::error(-32000, "intrinsic gas too low: gas 100, minimum needed 21000")),
    ];
    for (nonce, (what, answer)) in (0..).zip(answers) {
        mining.proxies[0].set(answer.on(SEND).when(When::First(1)));
        let id = sender.submit(&mining.key(), &mining.payment().1).await.unwrap();
        let outcome = mining.drive(&sender, id).await;
        assert!(matches!(&outcome, Outcome::Mined(mined) if mined.nonce == nonce), "{what}: {outcome:?}");
        let signed = mining.fixture.database.attempts_of(id).await.unwrap();
        let [(_, first), (_, second)] = signed.as_slice() else { panic!("{what}: {signed:#?}") };
        assert!(
            second.max_fee_wei * 8 >= first.max_fee_wei * 9 && second.tip_wei * 8 >= first.tip_wei * 9,
            "{what}: {signed:#?}"
        );
        mining.proxies[0].clear();
    }
    mining.assert_no_gap().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_of_another_chain_is_believed_in_nothing() {
    let mining = MiningFixture::set(2).await;
    let options = AnvilOptions { chain_id: 1, ..AnvilOptions::default() };
    let other = Anvil::start(&Tools::find().unwrap(), &options).await.unwrap();
    let there = Chain::connect(&Endpoint::new(other.http_url()).unwrap().patient(), Some(1)).await.unwrap();
    // Whoever took that nonce for ours would leave three out.
    let accounts = &mining.fixture.accounts;
    for _ in 0..3 {
        there.send_unlocked(accounts.registrar, Some(accounts.operator), Vec::new()).await.unwrap();
    }
    mining.proxies[0].set(Fault::Fork(other.port()));
    let role = mining.role(mining.config()).await;
    let (wallet, registration) = mining.registration().await;
    let id = mining.sender().await.submit(&mining.key(), &registration).await.unwrap();
    assert_eq!(settled(&mining, id, "the block").await.nonce, Some(0));
    assert!(mining.fixture.is_registered(wallet).await);
    assert_eq!((mining.fixture.sent().await, there.nonce(accounts.registrar).await.unwrap()), (1, 3));
    role.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn endpoints_that_disagree_about_the_chain_are_waited_for_and_nothing_is_sent_twice() {
    let mining = MiningFixture::set(2).await;
    let sender = mining.sender().await;
    let first_id = sender.submit(&mining.key(), &mining.payment().1).await.unwrap();
    let (first, second) = (mining.role(mining.config()).await, mining.role(mining.config()).await);
    mining.until(first_id, "finality", |view| view.nonce_state == Some(NonceState::Final)).await;
    // Signed, and with nobody yet.
    mining.proxies.iter().for_each(|proxy| proxy.set(Fault::ForgetsTransactions.on(SEND)));
    let (wallet, registration) = mining.registration().await;
    let id = sender.submit(&mining.key(), &registration).await.unwrap();
    mining.until(id, "an attempt", |view| view.attempts > 0).await;
    // The same chain id, the same account, as many blocks, and a history in which nothing has happened.
    let options = AnvilOptions { block_time: Some(Duration::from_millis(150)), ..AnvilOptions::default() };
    let other = Anvil::start(&Tools::find().unwrap(), &options).await.unwrap();
    let there = Chain::connect(&Endpoint::new(other.http_url()).unwrap().patient(), None).await.unwrap();
    there.mine(mining.fixture.chain.heads().await.unwrap().head.number).await.unwrap();
    mining.proxies.iter().for_each(|proxy| proxy.clear());
    mining.proxies[0].set(Fault::Fork(other.port()));
    mined(&mining, "two branches", wallet).await;
    // Longer than the patience with strange nonces: neither side's word alone makes a nonce strange, or a transaction done.
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(mining.view(id).await.state, RequestState::Assigned);
    mining.proxies[0].clear();
    assert_eq!(settled(&mining, id, "agreement").await.state, RequestState::Done);
    mining.assert_no_gap().await;
    assert_eq!(mining.fixture.sent().await, 2);
    first.stop().await;
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_reorg_that_nobody_saw_and_a_forgetful_pool_the_same_bytes_are_mined_again() {
    let mining = MiningFixture::set(2).await;
    let sender = mining.sender().await;
    let (wallet, payment) = mining.payment();
    let id = sender.submit(&mining.key(), &payment).await.unwrap();
    let stop = CancellationToken::new();
    let Outcome::Mined(mined) = sender.drive(id, Until::Mined, &stop).await.unwrap() else { panic!("not mined") };
    let chain = &mining.fixture.chain;
    // Again, if a block came in between and kept the transaction's out of reach.
    while chain.header(mined.block_number).await.unwrap().is_some_and(|header| header.block.hash == mined.block_hash) {
        chain.reorg(chain.heads().await.unwrap().head.number - mined.block_number + 1).await.unwrap();
        mining.fixture.control("anvil_dropAllTransactions", json!([])).await;
    }
    // Nobody saw it happen, and whoever comes has all the patience there is.
    let role = mining.role(TransactionConfig { replace_after_blocks: 1_000, ..mining.config() }).await;
    let again =
        mining.until(id, "another block", |view| view.receipt.is_some_and(|receipt| receipt.block_hash != mined.block_hash));
    again.await;
    let signed = mining.fixture.database.attempts_of(id).await.unwrap();
    let [(_, only)] = signed.as_slice() else { panic!("other bytes were signed: {signed:#?}") };
    assert!(only.hash == mined.transaction_hash && only.sends > 1, "{signed:#?}");
    assert_eq!(mining.fixture.chain.balance(wallet).await.unwrap(), 1_000_000_000);
    assert_eq!(mining.fixture.sent().await, 1);
    // Nothing is left to be done about it.
    let late = sender.request_nonce_action(mined.nonce, NonceAction::Bump, "a test", &stop).await;
    assert!(late.is_err_and(|error| error.to_string().contains("is not open")));
    role.stop().await;
}

async fn settled(mining: &MiningFixture, id: i64, what: &str) -> TransactionView {
    mining.until(id, what, |view| !matches!(view.state, RequestState::Queued | RequestState::Assigned)).await
}

async fn mined(mining: &MiningFixture, what: &str, wallet: linkpool_primitives::Address) {
    let deadline = std::time::Instant::now() + crate::fixture::WAIT_TIMEOUT;
    while !mining.fixture.is_registered(wallet).await {
        assert!(std::time::Instant::now() < deadline, "{what}: the good endpoint did not get it: {:#?}", mining.all().await);
        tokio::time::sleep(super::mining_fixture::POLL_INTERVAL).await;
    }
}
