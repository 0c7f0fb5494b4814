use linkpool_chain::{EndpointState, Error};
use linkpool_testkit::{Anvil, AnvilOptions, Fault, Provider, Tools, When, until};
use serde_json::json;

use crate::fixture::{EMITTER, Fixture, WAIT_TIMEOUT, curious, states, status};

#[tokio::test]
async fn an_answer_that_contradicts_itself_is_not_believed_and_its_endpoint_is_named() {
    let fixture = Fixture::with(2).await;
    for fault in [Fault::RemovedLogs, Fault::ShuffledLogs, Fault::DuplicatedLogs] {
        let chain = fixture.chain().await;
        fixture.proxies[0].set(fault.clone().on("eth_getLogs"));
        assert_eq!(chain.final_logs(EMITTER, 1, 8).await.unwrap().logs.len(), 4, "{fault:?}");
        let range = chain.final_logs(EMITTER, 1, 8).await.unwrap();
        assert_eq!((range.logs.len(), &*range.endpoint), (4, "beta"), "{fault:?}");
        let alpha = status(&chain, "alpha");
        assert_eq!((alpha.state, alpha.contradictions), (EndpointState::Faulty, 1), "{fault:?}");
        // In quarantine it is not asked at all.
        let asked = fixture.proxies[0].calls("eth_getLogs");
        assert_eq!(chain.blocks(EMITTER, 4, 10).await.unwrap().logs.len(), 6);
        assert_eq!(fixture.proxies[0].calls("eth_getLogs"), asked);
        fixture.proxies[0].clear();
    }
}

#[tokio::test]
async fn a_liar_is_not_asked_even_where_nobody_else_answers() {
    let fixture = Fixture::with(2).await;
    let chain = fixture.chain().await;
    fixture.proxies[0].set(Fault::RemovedLogs);
    assert_eq!(chain.final_logs(EMITTER, 1, 8).await.unwrap().logs.len(), 4);
    fixture.proxies[1].stop().await.unwrap();
    let asked = fixture.proxies[0].calls("eth_getLogs");
    let error = chain.final_logs(EMITTER, 1, 8).await.unwrap_err();
    assert!(matches!(&error, Error::Unreachable { endpoint, .. } if endpoint == "beta"), "{error}");
    assert_eq!(fixture.proxies[0].calls("eth_getLogs"), asked);
}

/// An endpoint that gives its headers and logs these fields.
fn with_fields(header: serde_json::Value, log: serde_json::Value) -> Provider {
    serde_json::from_value(json!({ "name": "beyond", "header": header, "log": log })).unwrap()
}

#[tokio::test]
async fn numbers_that_no_chain_has_end_where_they_enter() {
    let fixture = Fixture::with(1).await;
    for number in ["0x8000000000000000", "0xffffffffffffffff"] {
        // Whoever is distrusted is asked no more, so each has a client of its own.
        let chain = fixture.chain().await;
        fixture.proxies[0].act_as(with_fields(json!({ "timestamp": number }), json!({})));
        let error = chain.headers(1, 3).await.unwrap_err();
        assert!(matches!(&error, Error::Inconsistent { what, .. } if what.contains("no chain has")), "{error}");
        let chain = {
            fixture.proxies[0].clear();
            fixture.chain().await
        };
        fixture.proxies[0].act_as(with_fields(json!({ "number": number }), json!({})));
        let error = chain.heads().await.unwrap_err();
        assert!(matches!(&error, Error::Inconsistent { what, .. } if what.contains("no chain has")), "{error}");
        let chain = {
            fixture.proxies[0].clear();
            fixture.chain().await
        };
        fixture.proxies[0].act_as(with_fields(json!({}), json!({ "logIndex": "0x80000000" })));
        let error = chain.final_logs(EMITTER, 4, 4).await.unwrap_err();
        assert!(matches!(&error, Error::Inconsistent { what, .. } if what.contains("no block has a log")), "{error}");
        fixture.proxies[0].clear();
    }
}

#[tokio::test]
async fn a_block_that_is_older_than_its_parent_is_a_contradiction() {
    let fixture = Fixture::with(1).await;
    let chain = fixture.chain().await;
    let mut third = fixture.anvil.request("eth_getBlockByNumber", json!(["0x3", false])).await.unwrap();
    third["timestamp"] = json!("0x0");
    // Contradictions are looked at twice.
    fixture.proxies[0].set(Fault::Answer(third).on("eth_getBlockByNumber").when(When::Every(3)));
    let error = chain.headers(1, 3).await.unwrap_err();
    assert!(matches!(&error, Error::Inconsistent { what, .. } if what.contains("older than its parent")), "{error}");
}

#[tokio::test]
async fn logs_of_another_branch_are_not_believed() {
    let fixture = Fixture::with(2).await;
    let other = Anvil::start(&Tools::find().unwrap(), &AnvilOptions::default()).await.unwrap();
    other.request("anvil_mine", json!(["0x14"])).await.unwrap();
    let chain = fixture.chain().await;
    // The other node does not have the blocks that it is asked for by hash.
    fixture.proxies[0].set(Fault::Fork(other.port()).on("eth_getLogs"));
    assert_eq!(chain.blocks(EMITTER, 4, 10).await.unwrap().logs.len(), 6);
    assert_eq!(states(&chain), [EndpointState::Lagging, EndpointState::Ok]);
    // Headers of two branches do not link.
    fixture.proxies[0].clear();
    let chain = fixture.chain().await;
    fixture.proxies[0].set(Fault::Fork(other.port()).on("eth_getBlockByNumber").when(When::Every(3)));
    let headers = chain.headers(1, 10).await.unwrap();
    assert_eq!((headers.len(), status(&chain, "alpha").state), (10, EndpointState::Faulty));
}

#[tokio::test]
async fn logs_that_a_bloom_promises_are_asked_for_elsewhere() {
    let fixture = Fixture::with(2).await;
    let chain = fixture.chain().await;
    fixture.proxies[0].set(Fault::EmptyLogs);
    let blocks = chain.blocks(EMITTER, 3, 10).await.unwrap();
    assert_eq!((blocks.logs.len(), &*blocks.endpoint), (6, "beta"));
    let alpha = status(&chain, "alpha");
    assert_eq!((alpha.state, alpha.contradictions), (EndpointState::Faulty, 1));
    assert!(alpha.last_error.unwrap().contains("it has no logs of block 4, and `beta` has some"));
}

#[tokio::test]
async fn where_all_agree_on_an_empty_block_the_bloom_was_wrong() {
    let fixture = Fixture::with(2).await;
    let chain = fixture.chain().await;
    fixture.proxies.iter().for_each(|proxy| proxy.set(Fault::EmptyLogs));
    assert_eq!(chain.blocks(EMITTER, 3, 10).await.unwrap().logs.len(), 0);
    assert_eq!(states(&chain), [EndpointState::Ok; 2]);
    assert_eq!(fixture.proxies[1].calls("eth_getLogs"), 3);
}

#[tokio::test]
async fn an_only_endpoint_is_asked_twice_for_logs_that_a_bloom_promises() {
    let fixture = Fixture::with(1).await;
    let chain = fixture.chain().await;
    fixture.proxies[0].set(Fault::EmptyLogs.when(When::First(3)).on("eth_getLogs"));
    let headers = chain.headers(3, 10).await.unwrap();
    assert_eq!(chain.logs_of(EMITTER, &headers).await.unwrap().len(), 6);
    assert_eq!(states(&chain), [EndpointState::Ok]);
}

#[tokio::test]
async fn an_endpoint_that_lags_passes_off_no_empty_range() {
    let fixture = Fixture::with(2).await;
    let chain = fixture.chain().await;
    fixture.proxies[0].set(Fault::LagsBehind(3));
    let range = chain.final_logs(EMITTER, 9, 10).await.unwrap();
    assert_eq!((range.logs.len(), &*range.endpoint), (2, "beta"));
    assert_eq!(states(&chain), [EndpointState::Lagging, EndpointState::Ok]);
    // Alone, it is an error and never an empty answer.
    fixture.proxies[1].set(Fault::LagsBehind(2));
    for _ in 0..2 {
        let error = chain.final_logs(EMITTER, 9, 10).await.unwrap_err();
        assert!(matches!(error, Error::Lagging { .. }), "{error}");
        assert!(chain.blocks(EMITTER, 9, 10).await.is_err());
    }
}

#[tokio::test]
async fn a_head_that_stands_still_is_noticed_by_what_others_tell() {
    let fixture = Fixture::with(2).await;
    let chain = fixture.chain_with(curious()).await;
    assert_eq!(chain.told_heads().await.unwrap().endpoint.as_ref(), "alpha");
    fixture.proxies[0].set(Fault::StaleHead(10));
    fixture.mine(5).await;
    until("the newer head", WAIT_TIMEOUT, async || chain.heads().await.unwrap().head.number == 15).await;
    until("alpha is named", WAIT_TIMEOUT, async || {
        chain.heads().await.unwrap();
        status(&chain, "alpha").state == EndpointState::Lagging
    })
    .await;
    // Behind is better than nothing.
    fixture.proxies[1].stop().await.unwrap();
    until("the older head", WAIT_TIMEOUT, async || chain.heads().await.is_ok_and(|heads| heads.head.number == 10)).await;
}

#[tokio::test]
async fn a_shorter_chain_makes_nobody_a_laggard_for_long() {
    let fixture = Fixture::with(2).await;
    let chain = fixture.chain_with(curious()).await;
    until("both heads are known", WAIT_TIMEOUT, async || {
        chain.heads().await.unwrap();
        chain.endpoints().iter().all(|endpoint| endpoint.head == Some(10))
    })
    .await;
    fixture.anvil.request("anvil_rollback", json!([6])).await.unwrap();
    assert_eq!(chain.heads().await.unwrap().head.number, 4);
    assert_eq!(chain.heads().await.unwrap().head.number, 4);
}

#[tokio::test]
async fn who_is_proven_wrong_by_the_caller_is_asked_no_more() {
    let fixture = Fixture::with(2).await;
    let chain = fixture.chain().await;
    chain.deprioritize("alpha");
    assert_eq!((chain.name(), status(&chain, "alpha").state), ("beta", EndpointState::Ok));
    chain.report_faulty("beta", "its events do not continue what was written");
    assert_eq!(chain.name(), "alpha");
    let beta = status(&chain, "beta");
    assert_eq!((beta.state, beta.contradictions), (EndpointState::Faulty, 1));
    assert_eq!(beta.last_error.as_deref(), Some("its events do not continue what was written"));
}
