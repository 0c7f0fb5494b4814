use alloy::primitives::B256;
use futures_util::{SinkExt, StreamExt};
use linkpool_replay::{Behaviour, chain::POOL};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::fixture::{Client, replay};

#[tokio::test]
async fn a_batch_is_answered_in_order_with_its_ids() {
    let client = Client::of(Behaviour::default(), 0).await;
    let call = |id: u64, method: &str| json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": [] });
    let answer = client.post(&json!([call(5, "eth_chainId"), call(3, "eth_blockNumber"), call(9, "eth_nothing")])).await;
    let ids: Vec<_> = answer.as_array().unwrap().iter().map(|answer| answer["id"].as_u64().unwrap()).collect();
    assert_eq!(ids, [5, 3, 9]);
    assert_eq!(answer[1]["result"], format!("{:#x}", replay().last()));
    assert_eq!(answer[2]["error"]["code"], -32_601);
}

#[tokio::test]
async fn blocks_are_found_by_number_tag_and_hash_and_those_beyond_the_head_are_not() {
    let client = Client::of(Behaviour::default(), 10).await;
    let head = replay().last() - 10;
    let at = |name: Value| client.result("eth_getBlockByNumber", json!([name, false]));
    let latest = at("latest".into()).await;
    assert_eq!(latest["number"], format!("{head:#x}"));
    assert_eq!(at("safe".into()).await["number"], format!("{:#x}", head - 32));
    assert_eq!(at("finalized".into()).await["number"], format!("{:#x}", head - 64));
    assert_eq!(at(format!("{:#x}", head + 1).into()).await, Value::Null);
    let by_hash = client.result("eth_getBlockByHash", json!([latest["parentHash"], false])).await;
    assert_eq!(by_hash["number"], format!("{:#x}", head - 1));
    let future = replay().block(head + 1).unwrap().hash;
    assert_eq!(client.result("eth_getBlockByHash", json!([future, false])).await, Value::Null);
    let unknown = client.ask("eth_getLogs", json!([{ "blockHash": future }])).await;
    assert_eq!(unknown["error"]["message"], "unknown block");
}

#[tokio::test]
async fn logs_pass_a_filter_by_address_and_topic_and_no_others() {
    let client = Client::of(Behaviour::default(), 0).await;
    let range = json!({ "fromBlock": "0x1", "toBlock": "latest" });
    let with = |key: &str, value: Value| {
        let mut filter = range.clone();
        filter[key] = value;
        filter
    };
    let all = client.logs(range.clone()).await;
    assert_eq!(all.len() as u64, replay().events_until(replay().last()));
    assert_eq!(client.logs(with("address", json!(POOL))).await.len(), all.len());
    assert!(client.logs(with("address", json!("0x0000000000000000000000000000000000000001"))).await.is_empty());
    let (name, node): (B256, B256) = (all[500].topics()[0], all[500].topics()[1]);
    let expected = |keep: &dyn Fn(&[B256]) -> bool| all.iter().filter(|log| keep(log.topics())).cloned().collect::<Vec<_>>();
    assert_eq!(client.logs(with("topics", json!([name]))).await, expected(&|topics| topics[0] == name));
    assert_eq!(client.logs(with("topics", json!([null, [node, name]]))).await, expected(&|topics| topics.get(1) == Some(&node)));
    let block = all[500].block_hash.unwrap();
    let of_block: Vec<_> = all.iter().filter(|log| log.block_hash == Some(block)).cloned().collect();
    assert_eq!(client.logs(json!({ "blockHash": block })).await, of_block);
}

#[tokio::test]
async fn every_mined_block_is_told_to_those_who_subscribed() {
    let client = Client::of(Behaviour::default(), 10).await;
    let (mut socket, _) = tokio_tungstenite::client_async(
        client.server.ws_url(),
        tokio::net::TcpStream::connect(client.server.http_url().trim_start_matches("http://")).await.unwrap(),
    )
    .await
    .unwrap();
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_subscribe", "params": ["newHeads"] });
    socket.send(Message::text(call.to_string())).await.unwrap();
    let mut next = async || {
        let text = socket.next().await.unwrap().unwrap().into_text().unwrap();
        serde_json::from_str::<Value>(&text).unwrap()
    };
    let subscription = next().await["result"].clone();
    client.result("replay_mine", json!(["0x2"])).await;
    let head = replay().last() - 10;
    for number in [head + 1, head + 2] {
        let told = next().await["params"].clone();
        assert_eq!(told["subscription"], subscription);
        assert_eq!(told["result"]["number"], format!("{number:#x}"));
        let header: alloy::rpc::types::Header = serde_json::from_value(told["result"].clone()).unwrap();
        assert_eq!(header.hash, header.inner.hash_slow());
    }
}
