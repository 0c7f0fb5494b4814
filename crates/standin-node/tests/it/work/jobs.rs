//! What a job answers, and to whom.

use alloy_primitives::{B256, U256};
use axum::{Json, Router, extract::State, routing::post};
use linkpool_chainlink::client::Bridge;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

use super::fixture::{ANSWER, FIXED, Fixture, PAYMENT, id_of};

#[tokio::test]
async fn a_request_is_answered_by_the_wallet_with_the_nodes_call_and_gas_and_its_run_ends_when_that_is_final() {
    let (fixture, job) = Fixture::with_job().await;
    let asked = fixture.ask().await;
    fixture.answered(&asked, ANSWER).await;
    let run = fixture.run(&job, "the run", |_| true).await;
    assert_eq!((run.finished_at.as_deref(), run.errors.as_slice()), (None, [].as_slice()), "the answer is not final yet");
    fixture.finalize().await;
    let run = fixture.run(&job, "the end of the run", |run| run.finished_at.is_some()).await;
    assert_eq!(run.errors, Vec::<String>::new());
    let receipt: Value = serde_json::from_str(run.outputs[0].as_deref().unwrap()).unwrap();
    assert_eq!(
        (receipt["from"].as_str(), receipt["status"].as_str()),
        (Some(format!("{:#x}", fixture.wallet).as_str()), Some("0x1"))
    );
    let transaction = fixture.rpc("eth_getTransactionByHash", json!([receipt["transactionHash"]])).await;
    let data = transaction["input"].as_str().unwrap();
    assert!(data.starts_with("0x6ae0bc76"), "fulfillOracleRequest2: {data}");
    let tail = format!("{:064x}{}{:064x}", 64, asked.request_id.to_string().trim_start_matches("0x"), ANSWER);
    assert!(data.ends_with(&tail), "{data}");
    assert_eq!(transaction["gas"], "0x7a120", "a node's default of 500,000");
    assert_eq!(fixture.sent().await, 1);
}

#[tokio::test]
async fn a_bridge_is_told_of_the_request_and_its_number_is_answered() {
    let fixture = Fixture::new().await;
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
    fixture.node.create_bridge(&bridge).await.unwrap();
    let number = r#"
        ask [type="bridge" name="market" requestData="{\"data\": {\"from\": \"ETH\"}}"]
        parse [type="jsonparse" path="data,result" data="$(ask)"]
        number [type="multiply" input="$(parse)" times="100"]
        log -> ask -> parse"#;
    let job = fixture.add_job("answer", number, "", "minConfirmations=\"1\"").await;
    let asked = fixture.ask().await;
    fixture.answered(&asked, 211_337).await;
    let body = heard.lock().unwrap().clone();
    assert_eq!(body.len(), 1);
    assert_eq!(body[0]["data"]["from"], "ETH");
    assert_eq!(body[0]["meta"]["oracleRequest"]["requestId"], asked.request_id.to_string());
    fixture.run(&job, "the end of the run after one confirmation", |run| run.finished_at.is_some()).await;

    // Without the adapter the run fails, and says so.
    serving.abort();
    let _ = serving.await;
    let unanswered = fixture.ask().await;
    let run = fixture.run(&job, "the failed run", |run| !run.errors.is_empty()).await;
    assert!(run.errors[0].contains("ask: error making http request"), "{run:?}");
    assert_eq!(fixture.answers_to(&unanswered).await, Vec::<U256>::new());
    assert_eq!(fixture.sent().await, 1);
}

#[tokio::test]
async fn a_job_takes_its_own_requests_in_both_forms_of_its_id_and_no_others() {
    let (fixture, _) = Fixture::with_job().await;
    let other = fixture.ask_job("somebody else's").await;
    let cheap = fixture.consumer.ask(fixture.operator, super::fixture::topic("answer"), 1).await.unwrap();
    let mut letters = B256::ZERO;
    letters.copy_from_slice(id_of("answer").simple().to_string().as_bytes());
    let by_letters = fixture.consumer.ask(fixture.operator, letters, PAYMENT).await.unwrap();
    fixture.answered(&by_letters, ANSWER).await;
    let by_bytes = fixture.ask().await;
    fixture.answered(&by_bytes, ANSWER).await;
    fixture.until_seen().await;
    assert_eq!(fixture.answers_to(&other).await, Vec::<U256>::new());
    assert_eq!(fixture.answers_to(&cheap).await, Vec::<U256>::new(), "below 0.00001 LINK");
    assert_eq!(fixture.sent().await, 2);
}

#[tokio::test]
async fn a_request_waits_for_its_confirmations() {
    let fixture = Fixture::new().await;
    fixture.add_job("answer", FIXED, "minIncomingConfirmations = 3", "").await;
    let asked = fixture.ask().await;
    fixture.chain.mine(1).await.unwrap();
    fixture.until_seen().await;
    assert_eq!(fixture.answers_to(&asked).await, Vec::<U256>::new(), "its block has two confirmations");
    fixture.chain.mine(1).await.unwrap();
    fixture.answered(&asked, ANSWER).await;
}

#[tokio::test]
async fn a_pipeline_that_the_stand_in_does_not_run_fails_each_run_with_a_sentence() {
    let fixture = Fixture::new().await;
    let job = fixture.add_job("answer", r#"number [type="median" values=<[1, 2]>]"#, "", "").await;
    let asked = fixture.ask().await;
    let run = fixture.run(&job, "the failed run", |run| !run.errors.is_empty()).await;
    assert!(run.errors[0].contains("runs no task of type median"), "{run:?}");
    fixture.until_seen().await;
    assert_eq!((fixture.answers_to(&asked).await, fixture.sent().await), (Vec::new(), 0));
}

#[tokio::test]
async fn a_job_that_is_replaced_or_made_again_answers_nothing_twice() {
    let (fixture, job) = Fixture::with_job().await;
    let first = fixture.ask().await;
    fixture.answered(&first, ANSWER).await;
    fixture.node.replace_job(job.id, &fixture.toml("answer", FIXED, "gasLimit = 600000", "")).await.unwrap();
    let second = fixture.ask().await;
    fixture.answered(&second, ANSWER).await;
    fixture.node.delete_job(job.id).await.unwrap();
    fixture.add_job("answer", FIXED, "", "").await;
    let third = fixture.ask().await;
    fixture.answered(&third, ANSWER).await;
    fixture.until_seen().await;
    assert_eq!(fixture.sent().await, 3);
}

#[tokio::test]
async fn a_request_that_came_just_before_its_job_is_answered_without_another_block() {
    let (fixture, _) = Fixture::with_job().await;
    let early = fixture.ask_job("later").await;
    fixture.until_seen().await;
    fixture.add_job("later", FIXED, "", "").await;
    fixture.answered(&early, ANSWER).await;
}
