//! What may be true is nobody's lie.

use alloy::primitives::address;
use linkpool_chain::{EndpointState, Error};
use linkpool_contracts::pool::nodeCountCall;
use linkpool_testkit::{Fault, until};
use serde_json::json;

use crate::fixture::{EMITTER, Fixture, WAIT_TIMEOUT, states, status};

#[tokio::test]
async fn that_there_is_no_contract_in_a_block_is_an_answer_for_which_nobody_is_accused() {
    let fixture = Fixture::with(2).await;
    let chain = fixture.chain().await;
    let nobody = address!("00000000000000000000000000000000000000aa");
    let block = chain.header(3).await.unwrap().unwrap().block.hash;
    for _ in 0..5 {
        let error = chain.call_at(nobody, &nodeCountCall {}, block).await.unwrap_err();
        assert!(matches!(&error, Error::Absent { address, .. } if address.to_lowercase().ends_with("aa")), "{error}");
        assert!(error.is_transient());
        let error = chain.call_many_at(nobody, &[nodeCountCall {}], block).await.unwrap_err();
        assert!(matches!(error, Error::Absent { .. }), "{error}");
    }
    assert_eq!(states(&chain), [EndpointState::Ok; 2]);
    assert!(chain.endpoints().iter().all(|endpoint| endpoint.contradictions == 0));
}

#[tokio::test]
async fn an_answer_that_does_not_decode_accuses_nobody_unless_another_one_decodes() {
    let fixture = Fixture::with(2).await;
    let chain = fixture.chain().await;
    fixture.proxies.iter().for_each(|proxy| proxy.set(Fault::Answer(json!("0x01")).on("eth_call")));
    let error = chain.call(EMITTER, &nodeCountCall {}).await.unwrap_err();
    assert!(matches!(error, Error::UnexpectedContract { .. }), "{error}");
    assert_eq!(states(&chain), [EndpointState::Ok; 2]);
    fixture.proxies[1].clear();
    fixture.proxies[1].set(Fault::Answer(json!(format!("0x{:064x}", 7))).on("eth_call"));
    assert_eq!(chain.call(EMITTER, &nodeCountCall {}).await.unwrap().to::<u64>(), 7);
    assert_eq!(states(&chain), [EndpointState::Faulty, EndpointState::Ok]);
}

#[tokio::test]
async fn who_keeps_no_old_state_is_passed_over_and_not_accused() {
    let fixture = Fixture::with(2).await;
    for words in ["missing trie node 0xab (path ) state is not available", "historical state 0xab is not available"] {
        let chain = fixture.chain().await;
        let block = chain.header(3).await.unwrap().unwrap().block.hash;
        fixture.proxies[0].set(Fault::error(-32000, words).on("eth_call"));
        fixture.proxies[1].set(Fault::Answer(json!(format!("0x{:064x}", 7))).on("eth_call"));
        assert_eq!(chain.call_at(EMITTER, &nodeCountCall {}, block).await.unwrap().to::<u64>(), 7);
        let alpha = status(&chain, "alpha");
        assert_eq!((alpha.state, alpha.contradictions), (EndpointState::Lagging, 0), "{words}");
        fixture.proxies[1].clear();
        fixture.proxies[1].set(Fault::error(-32000, words).on("eth_call"));
        let error = chain.call_at(EMITTER, &nodeCountCall {}, block).await.unwrap_err();
        assert!(matches!(error, Error::Pruned { .. }) && error.to_string().contains("an archive endpoint has it"), "{error}");
        fixture.proxies.iter().for_each(linkpool_testkit::Proxy::clear);
    }
}

#[tokio::test]
async fn a_newest_block_below_the_final_one_is_a_machine_that_lags_and_no_lie() {
    let fixture = Fixture::with(2).await;
    let chain = fixture.chain().await;
    let old = fixture.anvil.request("eth_getBlockByNumber", json!(["0x5", false])).await.unwrap();
    // Behind one name there are several machines: the newest is asked of one that lags, the final of one that does not.
    let newest = fixture.anvil.request("eth_getBlockByNumber", json!(["0xa", false])).await.unwrap();
    let rules = [&newest, &newest, &old].map(|block| Fault::Answer(block.clone()));
    for (call, rule) in (1..).zip(rules) {
        fixture.proxies[0].set(rule.on("eth_getBlockByNumber").when(linkpool_testkit::When::Nth(call)));
    }
    assert_eq!(chain.heads().await.unwrap().head.number, 10);
    assert_eq!(status(&chain, "alpha").contradictions, 0);
}

#[tokio::test]
async fn more_ether_than_there_is_is_enough_ether() {
    let fixture = Fixture::with(1).await;
    let chain = fixture.chain().await;
    fixture.anvil.request("anvil_setBalance", json!([EMITTER, format!("{:#x}", alloy::primitives::U256::MAX)])).await.unwrap();
    assert_eq!(chain.balance(EMITTER).await.unwrap(), u128::MAX);
    assert_eq!(states(&chain), [EndpointState::Ok]);
}

#[tokio::test]
async fn the_header_that_came_with_the_news_of_its_block_is_not_asked_for_again() {
    let fixture = Fixture::with(1).await;
    fixture.emit(1).await;
    let chain = fixture.chain().await;
    let asked = || fixture.proxies[0].calls("eth_getBlockByNumber");
    // It is good for a moment, which a busy machine may miss.
    until("a header that is known", WAIT_TIMEOUT, async || {
        let head = chain.heads().await.unwrap().head;
        let before = asked();
        let blocks = chain.blocks(EMITTER, head.number, head.number).await.unwrap();
        assert_eq!((blocks.headers.len(), blocks.headers[0].block, blocks.logs.len()), (1, head, 1));
        asked() == before
    })
    .await;
    // What is looked at once more is asked for once more.
    let head = chain.heads().await.unwrap().head;
    let before = asked();
    chain.blocks_ignoring_bloom(EMITTER, head.number, head.number).await.unwrap();
    assert_eq!(asked(), before + 1);
}

#[tokio::test]
async fn logs_that_somebody_else_asked_for_are_passed_on_as_they_came() {
    let fixture = Fixture::with(1).await;
    let filter = json!([{ "fromBlock": "0x0", "address": EMITTER }]);
    let logs = fixture.chain().await.forward("eth_getLogs".into(), filter).await.unwrap();
    assert!(logs.as_array().is_some_and(|logs| logs.iter().any(|log| log["transactionIndex"].is_string())), "{logs}");
}
