//! What an operator sees of transactions, and asks about them.

use std::time::Duration;

use linkpool_db::{
    Database,
    lease::Leader,
    tx::{Account, AddAttempt, Added, Assignment, Attempt, Limits, NewTransactionRequest, Reserve, Submitted, TransactionKind},
};
use linkpool_primitives::{Address, B256};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{fixture::Answer, operator_fixture::Operator};

const ACCOUNT: Account = Account { chain_id: 31_337, address: Address::repeat_byte(7) };
const GAS: u64 = 21_000;

async fn queued(database: &Database, key: &str) -> i64 {
    database.signer_nonce(&ACCOUNT, 0).await.unwrap();
    let call = NewTransactionRequest::call(TransactionKind::Report, Address::repeat_byte(9), vec![1, 2, 3, 4]);
    match database.submit_request(&ACCOUNT, key, &call).await.unwrap() {
        Submitted::Accepted(id) => id,
        other => panic!("{other:?}"),
    }
}

/// Signed and sent, and in no block.
async fn sent(database: &Database, key: &str) -> i64 {
    let id = queued(database, key).await;
    let limits = Limits::none();
    let request = database.queued_requests(&ACCOUNT, Some(id), 1).await.unwrap().remove(0);
    let reserve = Reserve { request: &request, gas_limit: GAS, cost_wei: 1_000_000, limits: &limits };
    let Assignment::Nonce(nonce) = database.reserve_nonce(&ACCOUNT, reserve).await.unwrap() else { panic!("no nonce") };
    let open = database.open_reservations(&ACCOUNT).await.unwrap();
    let reservation = open.iter().find(|open| open.nonce == nonce).unwrap();
    let attempt =
        Attempt { hash: B256::repeat_byte(3), raw: vec![1], gas_limit: GAS, max_fee_wei: 10, tip_wei: 1, ..Attempt::default() };
    let add = AddAttempt { reservation, attempt: &attempt, limits: &limits, operator_request: None };
    assert_eq!(database.add_attempt(&ACCOUNT, add).await.unwrap(), Added::Committed);
    id
}

async fn act(operator: &Operator, id: i64, action: &str, body: Value) -> Answer {
    operator.send(operator.client.post(format!("{}/transactions/{id}/{action}", operator.base)).json(&body)).await
}

#[tokio::test]
async fn a_transaction_is_listed_with_what_can_be_done_and_bumped_by_whoever_drives_its_account() {
    let operator = Operator::start().await;
    let id = sent(&operator.database, "a").await;
    let listed = operator.get("/transactions").await.body["data"].clone();
    assert_eq!(listed.as_array().unwrap().len(), 1, "one that is under way is also one of the newest");
    assert_eq!(
        (&listed[0]["kind"], &listed[0]["state"], &listed[0]["nonce"], &listed[0]["attempts"], &listed[0]["actions"]),
        (&json!("report"), &json!("sent"), &json!(0), &json!(1), &json!(["bump", "cancel", "resend"]))
    );
    let why = || json!({ "reason": "no block takes it" });
    let dry = act(&operator, id, "bump", json!({ "reason": "a look", "dry_run": true })).await;
    assert_eq!(dry.status, StatusCode::OK);
    assert!(dry.body["data"]["detail"].as_str().unwrap().starts_with("would sign one that pays"), "{}", dry.body);
    let refused = act(&operator, id, "bump", why()).await;
    assert_eq!((refused.status, refused.problem()), (StatusCode::CONFLICT, "refused"));
    assert!(refused.body["detail"].as_str().unwrap().starts_with("no role drives 0x"), "{}", refused.body);
    let signed = operator.get(&format!("/transactions/{id}")).await.body["data"].clone();
    assert_eq!((&signed["signed"][0]["max_fee_wei"], &signed["requests"]), (&json!("10"), &json!([])));

    let _role = Leader::new(operator.database.clone(), ACCOUNT.lease(), Duration::from_secs(600)).hold().await.unwrap().unwrap();
    let asked = act(&operator, id, "bump", why()).await;
    assert_eq!((asked.status, &asked.body["data"]["outcome"]), (StatusCode::ACCEPTED, &json!("asked")));
    let open = operator.database.open_nonce_requests(&ACCOUNT).await.unwrap();
    assert_eq!(open.len(), 1);
    operator.database.answer_nonce_request(open[0].id, "signed as attempt 1").await.unwrap();
    let requests = operator.get(&format!("/transactions/{id}")).await.body["data"]["requests"].clone();
    assert_eq!(
        (&requests[0]["action"], &requests[0]["actor"], &requests[0]["answer"]),
        (&json!("bump"), &json!("operator: no block takes it"), &json!("signed as attempt 1"))
    );
    for (path, body, status) in [("bump", json!({}), StatusCode::BAD_REQUEST), ("dance", why(), StatusCode::NOT_FOUND)] {
        assert_eq!(act(&operator, id, path, body).await.status, status, "{path}");
    }
    assert_eq!(act(&operator, 999, "bump", why()).await.problem(), "not-found");
    assert_eq!(operator.get("/transactions/first").await.problem(), "not-found");
}

#[tokio::test]
async fn one_that_has_no_nonce_yet_is_cancelled_at_once_and_not_bumped() {
    let operator = Operator::start().await;
    let id = queued(&operator.database, "a").await;
    assert_eq!(operator.get("/transactions").await.body["data"][0]["actions"], json!(["cancel"]));
    let early = act(&operator, id, "bump", json!({ "reason": "a test" })).await;
    assert!(early.body["detail"].as_str().unwrap().contains("it waits for a nonce"), "{}", early.body);
    let done = act(&operator, id, "cancel", json!({ "reason": "a test" })).await;
    assert_eq!((done.status, &done.body["data"]["outcome"]), (StatusCode::OK, &json!("done")));
    let shown = operator.get(&format!("/transactions/{id}")).await.body["data"].clone();
    assert_eq!((&shown["state"], &shown["actions"]), (&json!("cancelled"), &json!([])));
    assert_eq!(shown["why"], "cancelled by operator: a test before it had a nonce");
    let late = act(&operator, id, "cancel", json!({ "reason": "a test" })).await;
    assert!(late.body["detail"].as_str().unwrap().starts_with("too late: the transaction is cancelled"), "{}", late.body);
}
