//! What a job answers, and to whom.

use alloy_primitives::{B256, U256};
use axum::{Json, Router, extract::State, routing::post};
use linkpool_chainlink::client::Bridge;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

use super::fixture::{ANSWER, FIXED, PAYMENT, Stage, id_of};

#[tokio::test]
async fn a_request_is_answered_by_the_wallet_with_the_nodes_call_and_gas_and_its_run_ends_when_that_is_final() {
    let (stage, job) = Stage::with_job().await;
    let asked = stage.ask().await;
    stage.answered(&asked, ANSWER).await;
    let run = stage.run(&job, "the run", |_| true).await;
    assert_eq!((run.finished_at.as_deref(), run.errors.as_slice()), (None, [].as_slice()), "the answer is not final yet");
    stage.finalize().await;
    let run = stage.run(&job, "the end of the run", |run| run.finished_at.is_some()).await;
    assert_eq!(run.errors, Vec::<String>::new());
    let receipt: Value = serde_json::from_str(run.outputs[0].as_deref().unwrap()).unwrap();
    assert_eq!(
        (receipt["from"].as_str(), receipt["status"].as_str()),
        (Some(format!("{:#x}", stage.wallet).as_str()), Some("0x1"))
    );
    let transaction = stage.rpc("eth_getTransactionByHash", json!([receipt["transactionHash"]])).await;
    let data = transaction["input"].as_str().unwrap();
    assert!(data.starts_with("0x6ae0bc76"), "fulfillOracleRequest2: {data}");
    let tail = format!("{:064x}{}{:064x}", 64, asked.request_id.to_string().trim_start_matches("0x"), ANSWER);
    assert!(data.ends_with(&tail), "{data}");
    assert_eq!(transaction["gas"], "0x7a120", "a node's default of 500,000");
    assert_eq!(stage.sent().await, 1);
}

#[tokio::test]
async fn a_bridge_is_told_of_the_request_and_its_number_is_answered() {
    let stage = Stage::new().await;
    let heard: Arc<Mutex<Vec<Value>>> = Arc::default();
    let adapter = async |State(heard): State<Arc<Mutex<Vec<Value>>>>, Json(body): Json<Value>| {
        heard.lock().unwrap().push(body);
        Json(json!({ "data": { "result": 2113.379 } }))
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let router = Router::new().route("/", post(adapter)).with_state(heard.clone());
    let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let bridge = Bridge { name: "market".into(), url, confirmations: 0, minimum_payment_juels: None };
    stage.node.create_bridge(&bridge).await.unwrap();
    let number = r#"
        ask [type="bridge" name="market" requestData="{\"data\": {\"from\": \"ETH\"}}"]
        parse [type="jsonparse" path="data,result" data="$(ask)"]
        number [type="multiply" input="$(parse)" times="100"]
        log -> ask -> parse"#;
    let job = stage.add_job("answer", number, "", "minConfirmations=\"1\"").await;
    let asked = stage.ask().await;
    stage.answered(&asked, 211_337).await;
    let body = heard.lock().unwrap().clone();
    assert_eq!(body.len(), 1);
    assert_eq!(body[0]["data"]["from"], "ETH");
    assert_eq!(body[0]["meta"]["oracleRequest"]["requestId"], asked.request_id.to_string());
    stage.run(&job, "the end of the run after one confirmation", |run| run.finished_at.is_some()).await;

    // Without the adapter the run fails, and says so.
    serving.abort();
    let _ = serving.await;
    let unanswered = stage.ask().await;
    let run = stage.run(&job, "the failed run", |run| !run.errors.is_empty()).await;
    assert!(run.errors[0].contains("ask: error making http request"), "{run:?}");
    assert_eq!(stage.answers_to(&unanswered).await, Vec::<U256>::new());
    assert_eq!(stage.sent().await, 1);
}

#[tokio::test]
async fn a_job_takes_its_own_requests_in_both_forms_of_its_id_and_no_others() {
    let (stage, _) = Stage::with_job().await;
    let other = stage.ask_job("somebody else's").await;
    let cheap = stage.consumer.ask(stage.operator, super::fixture::topic("answer"), 1).await.unwrap();
    let mut letters = B256::ZERO;
    letters.copy_from_slice(id_of("answer").simple().to_string().as_bytes());
    let by_letters = stage.consumer.ask(stage.operator, letters, PAYMENT).await.unwrap();
    stage.answered(&by_letters, ANSWER).await;
    let by_bytes = stage.ask().await;
    stage.answered(&by_bytes, ANSWER).await;
    stage.until_seen().await;
    assert_eq!(stage.answers_to(&other).await, Vec::<U256>::new());
    assert_eq!(stage.answers_to(&cheap).await, Vec::<U256>::new(), "below 0.00001 LINK");
    assert_eq!(stage.sent().await, 2);
}

#[tokio::test]
async fn a_request_waits_for_its_confirmations() {
    let stage = Stage::new().await;
    stage.add_job("answer", FIXED, "minIncomingConfirmations = 3", "").await;
    let asked = stage.ask().await;
    stage.chain.mine(1).await.unwrap();
    stage.until_seen().await;
    assert_eq!(stage.answers_to(&asked).await, Vec::<U256>::new(), "its block has two confirmations");
    stage.chain.mine(1).await.unwrap();
    stage.answered(&asked, ANSWER).await;
}

#[tokio::test]
async fn a_pipeline_that_the_stand_in_does_not_run_fails_each_run_with_a_sentence() {
    let stage = Stage::new().await;
    let job = stage.add_job("answer", r#"number [type="median" values=<[1, 2]>]"#, "", "").await;
    let asked = stage.ask().await;
    let run = stage.run(&job, "the failed run", |run| !run.errors.is_empty()).await;
    assert!(run.errors[0].contains("runs no task of type median"), "{run:?}");
    stage.until_seen().await;
    assert_eq!((stage.answers_to(&asked).await, stage.sent().await), (Vec::new(), 0));
}

#[tokio::test]
async fn a_job_that_is_replaced_or_made_again_answers_nothing_twice() {
    let (stage, job) = Stage::with_job().await;
    let first = stage.ask().await;
    stage.answered(&first, ANSWER).await;
    stage.node.replace_job(job.id, &stage.toml("answer", FIXED, "gasLimit = 600000", "")).await.unwrap();
    let second = stage.ask().await;
    stage.answered(&second, ANSWER).await;
    stage.node.delete_job(job.id).await.unwrap();
    stage.add_job("answer", FIXED, "", "").await;
    let third = stage.ask().await;
    stage.answered(&third, ANSWER).await;
    stage.until_seen().await;
    assert_eq!(stage.sent().await, 3);
}
