use std::time::Duration;

use linkpool_testkit::{Anvil, AnvilOptions, Fault, Proxy, Tools, When};
use serde_json::{Value, json};

/// Emits an empty log for every call: LOG0 over nothing, then stop.
const EMITTER: &str = "0x60006000a000";
const EMITTER_ADDRESS: &str = "0x00000000000000000000000000000000000000e1";

async fn fixture() -> (Anvil, Proxy) {
    let anvil = Anvil::start(&Tools::find().unwrap(), &AnvilOptions::default()).await.unwrap();
    let proxy = Proxy::start(anvil.port()).await.unwrap();
    (anvil, proxy)
}

async fn emit(anvil: &Anvil, logs: usize) {
    anvil.request("anvil_setCode", json!([EMITTER_ADDRESS, EMITTER])).await.unwrap();
    let from = anvil.request("eth_accounts", json!([])).await.unwrap()[0].clone();
    anvil.request("evm_setAutomine", json!([false])).await.unwrap();
    for _ in 0..logs {
        anvil.request("eth_sendTransaction", json!([{ "from": from, "to": EMITTER_ADDRESS, "gas": "0x10000" }])).await.unwrap();
    }
    anvil.request("anvil_mine", json!(["0x1"])).await.unwrap();
}

async fn post(proxy: &Proxy, body: Value) -> reqwest::Result<reqwest::Response> {
    let client = reqwest::Client::builder().timeout(Duration::from_secs(2)).redirect(reqwest::redirect::Policy::none());
    client.build().unwrap().post(proxy.http_url()).json(&body).send().await
}

fn call(id: u64, method: &str, params: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
}

async fn logs(proxy: &Proxy, filter: Value) -> Result<Vec<Value>, String> {
    let answer = proxy.request("eth_getLogs", json!([filter])).await.map_err(|error| error.to_string())?;
    Ok(answer.as_array().unwrap().clone())
}

fn all() -> Value {
    json!({ "fromBlock": "0x0", "toBlock": "latest" })
}

fn indexes(logs: &[Value]) -> Vec<String> {
    logs.iter().map(|log| log["logIndex"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn without_faults_calls_and_batches_pass_and_are_counted() {
    let (anvil, proxy) = fixture().await;
    assert_eq!(proxy.request("eth_chainId", json!([])).await.unwrap(), "0x7a69");
    let batch = json!([call(7, "eth_blockNumber", json!([])), call(3, "eth_chainId", json!([]))]);
    let answer: Value = post(&proxy, batch).await.unwrap().json().await.unwrap();
    assert_eq!((&answer[0]["id"], &answer[1]["result"]), (&json!(7), &json!("0x7a69")));
    assert_eq!((proxy.calls("eth_chainId"), proxy.calls("eth_blockNumber"), proxy.struck()), (2, 1, 0));
    drop(anvil);
}

#[tokio::test]
async fn a_fault_befalls_its_method_at_its_time_only() {
    let (_anvil, proxy) = fixture().await;
    proxy.set(Fault::error(-32000, "header not found").on("eth_chainId").when(When::Nth(2)));
    let ask = async || proxy.request("eth_chainId", json!([])).await.map_err(|error| error.to_string());
    assert!(ask().await.is_ok());
    assert!(ask().await.unwrap_err().contains("header not found"));
    assert!(ask().await.is_ok());
    assert!(proxy.request("eth_blockNumber", json!([])).await.is_ok());
    assert_eq!(proxy.struck(), 1);
}

#[tokio::test]
async fn chance_is_the_same_for_the_same_seed() {
    let anvil = Anvil::start(&Tools::find().unwrap(), &AnvilOptions::default()).await.unwrap();
    let mut runs = Vec::new();
    for seed in [1, 1, 2] {
        let proxy = Proxy::seeded(anvil.port(), seed).await.unwrap();
        proxy.set(Fault::error(-32000, "no").when(When::Chance { per_mille: 500 }));
        let mut run = Vec::new();
        for _ in 0..32 {
            run.push(proxy.request("eth_chainId", json!([])).await.is_ok());
        }
        runs.push(run);
    }
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0], runs[2]);
}

#[tokio::test]
async fn whole_requests_are_lost_before_or_after_they_reach_the_node() {
    let (anvil, proxy) = fixture().await;
    let mine = || call(1, "anvil_mine", json!(["0x1"]));
    let head = async || anvil.request("eth_blockNumber", json!([])).await.unwrap();
    for (fault, is_timeout, expect) in [
        (Fault::TimeoutBefore, true, "0x0"),
        (Fault::CloseBefore, false, "0x0"),
        (Fault::TimeoutAfter, true, "0x1"),
        (Fault::CloseAfter, false, "0x2"),
    ] {
        proxy.set(fault.clone());
        let error = post(&proxy, mine()).await.unwrap_err();
        assert_eq!((error.is_timeout(), head().await), (is_timeout, json!(expect)), "{fault:?}");
        proxy.clear();
    }
}

#[tokio::test]
async fn answers_may_be_statuses_pages_halves_and_redirects() {
    let (_anvil, proxy) = fixture().await;
    let ask = async |fault| {
        proxy.clear();
        proxy.set(fault);
        let answer = post(&proxy, call(1, "eth_chainId", json!([]))).await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    assert_eq!(ask(Fault::Status(429)).await.0, 429);
    assert_eq!(ask(Fault::Redirect("http://127.0.0.1:1/".into())).await.0, 307);
    let (status, page) = ask(Fault::Malformed).await;
    assert!(status == 200 && page.starts_with("<html>"));
    let (status, half) = ask(Fault::Truncated).await;
    assert!(status == 200 && half.starts_with('{') && serde_json::from_str::<Value>(&half).is_err());
    assert!(ask(Fault::ChainId(5)).await.1.contains("0x5"));
}

#[tokio::test]
async fn a_lagging_node_denies_the_newest_blocks_and_finds_no_logs_in_them() {
    let (anvil, proxy) = fixture().await;
    anvil.request("anvil_mine", json!(["0x9"])).await.unwrap();
    emit(&anvil, 2).await;
    let newest = anvil.request("eth_getBlockByNumber", json!(["latest", false])).await.unwrap();
    proxy.set(Fault::LagsBehind(3));
    assert_eq!(proxy.request("eth_blockNumber", json!([])).await.unwrap(), "0x7");
    let block = async |what: Value| proxy.request("eth_getBlockByNumber", json!([what, false])).await.unwrap();
    assert_eq!(block(json!("latest")).await["number"], "0x7");
    assert_eq!(block(json!("finalized")).await["number"], "0x5");
    assert_eq!(block(json!("0x8")).await, Value::Null);
    assert_eq!(proxy.request("eth_getBlockByHash", json!([newest["hash"], false])).await.unwrap(), Value::Null);
    assert_eq!(logs(&proxy, json!({ "fromBlock": "0x8", "toBlock": "0xa" })).await.unwrap().len(), 0);
    assert_eq!(logs(&proxy, all()).await.unwrap().len(), 0);
    assert!(logs(&proxy, json!({ "blockHash": newest["hash"] })).await.unwrap_err().contains("unknown block"));
    let at = json!([EMITTER_ADDRESS, { "blockHash": newest["hash"] }]);
    assert!(proxy.request("eth_getCode", at).await.unwrap_err().to_string().contains("header not found"));
    assert_eq!(proxy.request("eth_getCode", json!([EMITTER_ADDRESS])).await.unwrap(), "0x");
    proxy.clear();
    assert_eq!(logs(&proxy, all()).await.unwrap().len(), 2);
    proxy.set(Fault::StaleHead(4));
    assert_eq!(block(json!("latest")).await["number"], "0x4");
}

#[tokio::test]
async fn logs_are_emptied_shuffled_doubled_lost_and_marked_as_removed() {
    let (anvil, proxy) = fixture().await;
    emit(&anvil, 6).await;
    let ask = async |fault: Fault| {
        proxy.clear();
        proxy.set(fault);
        logs(&proxy, all()).await.unwrap()
    };
    let ordered = ["0x0", "0x1", "0x2", "0x3", "0x4", "0x5"];
    assert_eq!(indexes(&logs(&proxy, all()).await.unwrap()), ordered);
    assert!(ask(Fault::EmptyLogs).await.is_empty());
    assert!(ask(Fault::RemovedLogs).await.iter().all(|log| log["removed"] == true));
    let mut shuffled = indexes(&ask(Fault::ShuffledLogs).await);
    assert_ne!(shuffled, ordered);
    shuffled.sort();
    assert_eq!(shuffled, ordered);
    assert_eq!(ask(Fault::DuplicatedLogs).await.len(), 7);
    assert_eq!(indexes(&ask(Fault::LosesLogs { one_in: 3 }).await), ["0x1", "0x2", "0x4", "0x5"]);
    assert!(ask(Fault::TimelessLogs).await.iter().all(|log| log.get("blockTimestamp").is_none()));
}

#[tokio::test]
async fn a_cap_on_logs_suggests_a_range_that_fits() {
    let (anvil, proxy) = fixture().await;
    emit(&anvil, 2).await;
    emit(&anvil, 2).await;
    proxy.set(Fault::LogCap(3));
    let refusal = logs(&proxy, all()).await.unwrap_err();
    assert!(refusal.contains("query returned more than 3 results. Try with this block range [0x0, 0x1]."), "{refusal}");
    assert_eq!(logs(&proxy, json!({ "fromBlock": "0x0", "toBlock": "0x1" })).await.unwrap().len(), 2);
}

#[tokio::test]
async fn transactions_are_forgotten_or_taken_with_an_error() {
    let (anvil, proxy) = fixture().await;
    // What was signed does not matter: the first never reaches a node, and the second is refused by it.
    proxy.set(Fault::ForgetsTransactions);
    let hash = proxy.request("eth_sendRawTransaction", json!(["0x02c0"])).await.unwrap();
    assert_eq!(hash.as_str().unwrap().len(), 66);
    proxy.clear();
    proxy.set(Fault::already_known().on("anvil_mine"));
    let error = proxy.request("anvil_mine", json!(["0x1"])).await.unwrap_err().to_string();
    assert!(error.contains("already known"), "{error}");
    assert_eq!(anvil.request("eth_blockNumber", json!([])).await.unwrap(), "0x1");
    proxy.clear();
    proxy.set(Fault::Answer(Value::Null).on("eth_getTransactionReceipt"));
    assert_eq!(proxy.request("eth_getTransactionReceipt", json!([hash])).await.unwrap(), Value::Null);
}

#[tokio::test]
async fn another_node_answers_some_of_the_calls() {
    let (_anvil, proxy) = fixture().await;
    let other = Anvil::start(&Tools::find().unwrap(), &AnvilOptions::default()).await.unwrap();
    other.request("anvil_mine", json!(["0x3"])).await.unwrap();
    proxy.set(Fault::Fork(other.port()).on("eth_blockNumber"));
    let batch = json!([call(1, "eth_getBlockByNumber", json!(["latest", false])), call(2, "eth_blockNumber", json!([]))]);
    let answer: Value = post(&proxy, batch).await.unwrap().json().await.unwrap();
    assert_eq!((&answer[0]["result"]["number"], &answer[1]["result"]), (&json!("0x0"), &json!("0x3")));
}

#[tokio::test]
async fn a_stopped_proxy_refuses_connections_and_comes_back_at_the_same_port() {
    let (_anvil, proxy) = fixture().await;
    let port = proxy.port();
    for _ in 0..3 {
        proxy.stop().await.unwrap();
        let refused = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap_err();
        assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
        proxy.resume().unwrap();
        assert_eq!(proxy.request("eth_chainId", json!([])).await.unwrap(), "0x7a69");
    }
    assert_eq!(proxy.port(), port);
}
