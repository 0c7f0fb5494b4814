use std::time::{Duration, Instant};

use alloy::{
    primitives::{Address, B256, TxKind, U256},
    signers::{SignerSync, local::PrivateKeySigner},
};
use alloy_consensus::{SignableTransaction, TxEip1559};
use linkpool_chain::{Error, Policy, SendAnswer};
use linkpool_testkit::Fault;
use serde_json::{Value, json};

use crate::fixture::{EMITTER, Fixture};

/// What an endpoint takes that hangs.
const HANG_TIME: Duration = Duration::from_secs(30);

/// A payment of nothing by an account that has ether.
async fn payment(fixture: &Fixture) -> (Address, Vec<u8>, B256) {
    let signer = PrivateKeySigner::random();
    fixture.anvil.request("anvil_setBalance", json!([signer.address(), "0xde0b6b3a7640000"])).await.unwrap();
    let transaction = TxEip1559 {
        chain_id: 31337,
        gas_limit: 100_000,
        max_fee_per_gas: 10_000_000_000,
        max_priority_fee_per_gas: 1,
        to: TxKind::Call(EMITTER),
        value: U256::ZERO,
        ..Default::default()
    };
    let signature = signer.sign_hash_sync(&transaction.signature_hash()).unwrap();
    let signed = transaction.into_signed(signature);
    let mut raw = Vec::new();
    signed.eip2718_encode(&mut raw);
    (signer.address(), raw, *signed.hash())
}

#[tokio::test]
async fn a_transaction_goes_to_every_endpoint_and_one_that_takes_it_is_enough() {
    let fixture = Fixture::with(3).await;
    let chain = fixture.chain().await;
    let (_, raw, hash) = payment(&fixture).await;
    fixture.proxies[0].set(Fault::insufficient_funds().on("eth_sendRawTransaction"));
    fixture.proxies[1].set(Fault::CloseBefore.on("eth_sendRawTransaction"));
    let sent = chain.broadcast(&raw).await.unwrap();
    assert_eq!((sent.answer, &*sent.endpoint, sent.each.len()), (SendAnswer::Accepted, "gamma", 3));
    assert!(fixture.proxies.iter().all(|proxy| proxy.calls("eth_sendRawTransaction") == 1));
    fixture.mine(1).await;
    assert_eq!(chain.receipts(&[hash]).await.unwrap()[0].unwrap().block_number, 11);
    // Sent again it is known, or its nonce is used: never an error.
    let (answer, _) = chain.send_raw(&raw).await.unwrap();
    assert!(matches!(answer, SendAnswer::NonceUsed | SendAnswer::AlreadyKnown), "{answer:?}");
}

#[tokio::test]
async fn an_endpoint_that_hangs_does_not_hold_up_one_that_took_the_transaction() {
    let fixture = Fixture::with(2).await;
    let chain = fixture.chain().await;
    let (_, raw, _) = payment(&fixture).await;
    fixture.proxies[0].set(Fault::Latency(HANG_TIME).on("eth_sendRawTransaction"));
    let asked = Instant::now();
    assert_eq!(chain.send_raw(&raw).await.unwrap().0, SendAnswer::Accepted);
    assert!(asked.elapsed() < HANG_TIME, "{:?}", asked.elapsed());
}

#[tokio::test]
async fn what_all_refuse_is_refused_in_the_words_that_say_most() {
    let fixture = Fixture::with(2).await;
    let chain = fixture.chain().await;
    let (_, raw, _) = payment(&fixture).await;
    fixture.proxies[0].set(Fault::error(-32000, "txpool is full").on("eth_sendRawTransaction"));
    for (fault, expect) in [
        (Fault::already_known(), SendAnswer::AlreadyKnown),
        (Fault::nonce_too_low(), SendAnswer::NonceUsed),
        (Fault::replacement_underpriced(), SendAnswer::ReplacementUnderpriced),
        (Fault::insufficient_funds(), SendAnswer::InsufficientFunds),
        (Fault::rate_limited(), SendAnswer::PoolFull),
    ] {
        fixture.proxies[1].clear();
        fixture.proxies[1].set(fault.clone().on("eth_sendRawTransaction"));
        assert_eq!(chain.broadcast(&raw).await.unwrap().answer, expect, "{fault:?}");
    }
}

#[tokio::test]
async fn without_any_answer_nobody_knows_where_a_transaction_is() {
    let fixture = Fixture::with(2).await;
    let chain = fixture.hasty_chain().await;
    let (_, raw, hash) = payment(&fixture).await;
    fixture.proxies.iter().for_each(|proxy| proxy.set(Fault::TimeoutAfter.on("eth_sendRawTransaction")));
    let error = chain.broadcast(&raw).await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
    fixture.mine(1).await;
    assert!(chain.receipts(&[hash]).await.unwrap()[0].is_some());
}

#[tokio::test]
async fn a_receipt_counts_only_where_two_endpoints_give_it() {
    let fixture = Fixture::with(2).await;
    let chain = fixture.chain().await;
    let (_, raw, hash) = payment(&fixture).await;
    chain.broadcast(&raw).await.unwrap();
    fixture.mine(1).await;
    let receipt = chain.receipts(&[hash]).await.unwrap()[0].unwrap();
    assert!(receipt.succeeded && receipt.block_number == 11);
    fixture.proxies[1].set(Fault::Answer(Value::Null).on("eth_getTransactionReceipt"));
    assert_eq!(chain.receipts(&[hash]).await.unwrap(), [None]);
    // Alone, an endpoint is believed; unless the configuration wants two.
    fixture.proxies[1].stop().await.unwrap();
    assert_eq!(chain.receipts(&[hash]).await.unwrap(), [Some(receipt)]);
    let strict = Policy { receipt_quorum: Some(2), ..Policy::default() };
    let error = fixture.chain_with(strict).await.receipts(&[hash]).await.unwrap_err();
    assert!(error.to_string().contains("2 must agree on a receipt and only `alpha` answers"), "{error}");
}

#[tokio::test]
async fn of_two_answers_about_an_account_the_cautious_one_counts() {
    let fixture = Fixture::with(2).await;
    let chain = fixture.chain().await;
    let (account, raw, _) = payment(&fixture).await;
    chain.broadcast(&raw).await.unwrap();
    fixture.mine(1).await;
    let paid = chain.balance(account).await.unwrap();
    assert!(paid < 1_000_000_000_000_000_000);
    for lagging in [0, 1] {
        fixture.proxies[lagging].set(Fault::LagsBehind(1));
        assert_eq!(chain.nonce(account).await.unwrap(), 1, "a nonce that somebody saw used is not free");
        fixture.proxies[lagging].clear();
        fixture.proxies[lagging].set(Fault::Answer(json!("0x0")).on("eth_getTransactionCount").on("eth_getBalance"));
        assert_eq!(chain.nonce_at(account, 11).await.unwrap(), 0, "nothing is given up on one word");
        assert_eq!(chain.balance(account).await.unwrap(), 0);
        fixture.proxies[lagging].clear();
        // Who does not know the newest block does not know what was paid in it.
        fixture.proxies[lagging].set(Fault::LagsBehind(1));
        assert_eq!(chain.balance(account).await.unwrap(), paid);
        fixture.proxies[lagging].clear();
    }
}

#[tokio::test]
async fn a_receipt_is_believed_while_the_other_endpoint_stands_still() {
    let fixture = Fixture::with(2).await;
    let chain = fixture.chain().await;
    let (_, raw, hash) = payment(&fixture).await;
    chain.broadcast(&raw).await.unwrap();
    fixture.proxies[1].set(Fault::StaleHead(10));
    fixture.mine(1).await;
    assert_eq!(chain.receipts(&[hash]).await.unwrap(), [None], "it may be a moment late");
    fixture.emit(1).await;
    let later = payment(&fixture).await;
    chain.broadcast(&later.1).await.unwrap();
    fixture.mine(1).await;
    assert_eq!(chain.receipts(&[later.2]).await.unwrap()[0].unwrap().block_number, 13);
}

#[tokio::test]
async fn a_contract_that_one_endpoint_has_not_seen_is_there() {
    let fixture = Fixture::with(2).await;
    let chain = fixture.chain().await;
    fixture.proxies[0].set(Fault::Answer(json!("0x")).on("eth_getCode"));
    assert!(chain.require_code(EMITTER).await.is_ok());
    fixture.proxies[1].set(Fault::Answer(json!("0x")).on("eth_getCode"));
    assert!(matches!(chain.require_code(EMITTER).await, Err(Error::NoCode { .. })));
}
