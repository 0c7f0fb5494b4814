//! How many calls an endpoint takes at once is learnt from what it answers.

use linkpool_testkit::{Fault, Provider};
use serde_json::json;

use crate::fixture::{EMITTER, Fixture, status};

fn provider(row: serde_json::Value) -> Provider {
    serde_json::from_value(row).unwrap()
}

#[tokio::test]
async fn a_limit_on_calls_is_learnt_in_whatever_form_it_is_refused() {
    let fixture = Fixture::with(1).await;
    fixture.mine(30).await;
    let rows: Vec<Provider> = Provider::all().into_iter().filter(Provider::limits_calls).collect();
    assert!(rows.len() >= 10, "{} rows", rows.len());
    for row in rows {
        let (name, chain) = (row.name.clone(), fixture.chain().await);
        fixture.proxies[0].act_as(row);
        // What may have other reasons has to be met more than once.
        let mut answered = chain.blocks(EMITTER, 1, 40).await;
        for _ in 0..8 {
            if answered.is_err() {
                answered = chain.blocks(EMITTER, 1, 40).await;
            }
        }
        let blocks = answered.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((blocks.headers.len(), blocks.logs.len()), (40, 6), "{name}");
        let failures = status(&chain, "alpha").failures;
        for _ in 0..5 {
            assert_eq!(chain.blocks(EMITTER, 1, 40).await.unwrap().logs.len(), 6, "{name}");
            assert_eq!(chain.final_logs(EMITTER, 1, 40).await.unwrap().logs.len(), 6, "{name}");
            assert_eq!(chain.heads().await.unwrap().head.number, 40, "{name}");
        }
        assert_eq!(status(&chain, "alpha").failures, failures, "{name}: the limit is met again and again");
        fixture.proxies[0].clear();
    }
}

#[tokio::test]
async fn an_error_of_one_call_alone_shortens_no_request() {
    let fixture = Fixture::with(1).await;
    let chain = fixture.chain().await;
    fixture.proxies[0]
        .act_as(provider(json!({ "tags": ["finalized", "safe"], "code": -32602, "message": "unsupported block tag" })));
    for _ in 0..4 {
        assert_eq!(chain.heads().await.unwrap().finalized, 0);
    }
    let asked = fixture.proxies[0].requests();
    chain.headers(1, 10).await.unwrap();
    assert_eq!(fixture.proxies[0].requests() - asked, 1);
}

#[tokio::test]
async fn an_endpoint_that_fails_every_second_request_answers_every_question() {
    let fixture = Fixture::with(1).await;
    let chain = fixture.chain().await;
    fixture.proxies[0].act_as(provider(json!({ "one_in": 2, "status": 502, "form": "page" })));
    for _ in 0..20 {
        assert_eq!(chain.heads().await.unwrap().head.number, 10);
        assert_eq!(chain.blocks(EMITTER, 1, 10).await.unwrap().logs.len(), 6);
    }
}

#[tokio::test]
async fn an_empty_bloom_denies_no_log() {
    let fixture = Fixture::with(1).await;
    let chain = fixture.chain().await;
    fixture.proxies[0].act_as(provider(json!({ "header": { "logsBloom": format!("0x{}", "00".repeat(256)) } })));
    assert_eq!(chain.blocks(EMITTER, 1, 10).await.unwrap().logs.len(), 6);
    // Blocks without a receipt are not asked about: their root says so.
    assert_eq!(fixture.proxies[0].calls("eth_getLogs"), 3);
}

#[tokio::test]
async fn a_bloom_that_denies_a_log_is_found_out_and_no_other_of_the_endpoint_is_believed() {
    let fixture = Fixture::with(1).await;
    let chain = fixture.chain().await;
    let one_bit = format!("0x{}01", "00".repeat(255));
    fixture.proxies[0].act_as(provider(json!({ "header": { "logsBloom": one_bit } })));
    assert_eq!(chain.blocks(EMITTER, 1, 10).await.unwrap().logs.len(), 0, "nothing shows that it is wrong");
    assert_eq!(chain.blocks_ignoring_bloom(EMITTER, 4, 5).await.unwrap().logs.len(), 4);
    assert_eq!(chain.blocks(EMITTER, 1, 10).await.unwrap().logs.len(), 6);
}

#[tokio::test]
async fn what_is_left_out_by_hash_is_found_by_range_where_something_is_missing() {
    let fixture = Fixture::with(1).await;
    let chain = fixture.chain().await;
    fixture.proxies[0].act_as(provider(json!({ "empty_by_hash": true })));
    assert_eq!(chain.blocks(EMITTER, 1, 10).await.unwrap().logs.len(), 0);
    assert_eq!(chain.blocks_ignoring_bloom(EMITTER, 1, 10).await.unwrap().logs.len(), 6);
}

#[tokio::test]
async fn a_log_index_beyond_any_is_refused_where_it_enters() {
    let fixture = Fixture::with(1).await;
    let chain = fixture.chain().await;
    fixture.proxies[0].act_as(provider(json!({ "log": { "logIndex": "0xffffffff" } })));
    assert!(chain.final_logs(EMITTER, 5, 8).await.is_err());
    fixture.proxies[0].clear();
    fixture.proxies[0].set(Fault::EmptyLogs);
    assert!(chain.final_logs(EMITTER, 5, 8).await.unwrap().logs.is_empty());
}
