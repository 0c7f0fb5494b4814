use std::time::{Duration, Instant};

use alloy::{primitives::hex, sol_types::SolCall};
use linkpool_contracts::pool::nodeCountCall;
use linkpool_replay::{Behaviour, FaultKind, chain::POOL};
use serde_json::json;

use crate::fixture::{Client, replay};

fn all() -> serde_json::Value {
    json!({ "fromBlock": "0x0", "toBlock": "latest" })
}

#[tokio::test]
async fn too_many_logs_are_refused_in_the_words_of_infura_and_the_range_it_names_works() {
    let client = Client::of(Behaviour { log_cap: Some(1_000), ..Behaviour::default() }, 0).await;
    let error = client.ask("eth_getLogs", json!([all()])).await["error"].clone();
    assert_eq!(error["code"], -32_005);
    let message = error["message"].as_str().unwrap();
    assert!(message.starts_with("query returned more than 1000 results. Try with this block range [0x0, 0x"), "{message}");
    let to = message.rsplit_once(", ").unwrap().1.trim_end_matches("].");
    let logs = client.logs(json!({ "fromBlock": "0x0", "toBlock": to })).await;
    assert!((900..=1_000).contains(&logs.len()), "{}", logs.len());
}

#[tokio::test]
async fn an_answer_beyond_the_size_cap_is_refused() {
    let client = Client::of(Behaviour { response_cap: Some(100_000), ..Behaviour::default() }, 0).await;
    let error = client.ask("eth_getLogs", json!([all()])).await["error"].clone();
    assert!(error["message"].as_str().unwrap().starts_with("Log response size exceeded"), "{error}");
}

#[tokio::test]
async fn latency_is_of_the_request_and_not_of_each_call_in_it() {
    let client = Client::of(Behaviour { latency_ms: 1_000, ..Behaviour::default() }, 0).await;
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": [] });
    let start = Instant::now();
    client.post(&json!([call, call, call, call, call, call, call, call, call, call])).await;
    assert!((Duration::from_secs(1)..Duration::from_secs(9)).contains(&start.elapsed()), "{:?}", start.elapsed());
}

#[tokio::test]
async fn each_lie_can_be_told_and_taken_back_while_it_runs() {
    let client = Client::of(Behaviour::default(), 0).await;
    let truth = client.logs(all()).await;
    let tell =
        |fault: FaultKind| client.result("replay_behaviour", json!([Behaviour { faults: vec![fault], ..Behaviour::default() }]));
    tell(FaultKind::DropLogs).await;
    assert!(client.logs(all()).await.len() < truth.len());
    tell(FaultKind::EmptyLogs).await;
    assert!(client.logs(all()).await.is_empty());
    tell(FaultKind::Shuffle).await;
    assert_ne!(client.logs(all()).await[0].block_number, truth[0].block_number);
    tell(FaultKind::Removed).await;
    assert!(client.logs(all()).await.iter().all(|log| log.removed));
    tell(FaultKind::Lag).await;
    let heads = [client.result("eth_blockNumber", json!([])).await, client.result("eth_blockNumber", json!([])).await];
    assert_ne!(heads[0], heads[1]);
    client.server.node().set_behaviour(Behaviour::default());
    assert_eq!(client.logs(all()).await, truth);
}

#[tokio::test]
async fn a_node_that_prunes_has_the_state_of_its_checkpoints_and_of_the_newest_blocks_only() {
    let client = Client::of(Behaviour { state_every: Some(100), ..Behaviour::default() }, 0).await;
    let data = hex::encode_prefixed(nodeCountCall {}.abi_encode());
    let at = |number: u64| client.ask("eth_call", json!([{ "to": POOL, "data": data }, format!("{number:#x}")]));
    let last = replay().last();
    assert_eq!(at(last).await["error"], serde_json::Value::Null);
    assert_eq!(at(100).await["error"], serde_json::Value::Null);
    let error = at(101).await["error"]["message"].as_str().unwrap().to_owned();
    assert!(error.starts_with("missing trie node"), "{error}");
}
