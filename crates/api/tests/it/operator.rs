//! The operator's listener: who may call, what a call does once and twice, and what a watcher is told.

use linkpool_api::operator::FleetRules;
use linkpool_db::fleet::{Phase, ProofMode};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    fixture::{WAIT_TIMEOUT, answer},
    operator_fixture::Operator,
};

#[tokio::test]
async fn without_the_token_nothing_is_told_and_nothing_is_done() {
    let operator = Operator::start().await;
    let call =
        || operator.client.post(format!("{}/nodes", operator.base)).header("idempotency-key", "a").json(&json!({ "count": 1 }));
    let wrong = "0".repeat(operator.token.expose().len());
    for request in
        [call(), call().bearer_auth(&wrong), call().bearer_auth(""), call().basic_auth("a", Some(operator.token.expose()))]
    {
        let answer = answer(request.send().await.unwrap()).await;
        assert_eq!((answer.status, answer.problem()), (StatusCode::UNAUTHORIZED, "unauthorized"));
        assert!(answer.header("www-authenticate").starts_with("Bearer"));
    }
    let unknown = answer(operator.client.get(format!("{}/nothing", operator.base)).send().await.unwrap()).await;
    assert_eq!(unknown.problem(), "unauthorized", "a stranger does not learn which calls there are");
    assert_eq!(operator.database.fleet_nodes().await.unwrap(), []);
}

#[tokio::test]
async fn a_call_makes_its_nodes_once_however_often_it_is_repeated() {
    let operator = Operator::start().await;
    let first = operator.scale("a", json!({ "count": 2, "reason": "demand" })).await;
    assert_eq!((first.status, &first.body["data"]["repeated"]), (StatusCode::ACCEPTED, &json!(false)));
    let nodes = first.body["data"]["nodes"].as_array().unwrap();
    assert_eq!(nodes.len(), 2);
    assert_eq!(
        (&nodes[0]["phase"], &nodes[0]["health"], &nodes[0]["wallet"]),
        (&json!("requested"), &json!("down"), &Value::Null)
    );
    let again = operator.scale("a", json!({ "count": 2, "reason": "demand" })).await;
    assert_eq!((again.status, &again.body["data"]["repeated"]), (StatusCode::OK, &json!(true)));
    assert_eq!(again.body["data"]["operation_id"], first.body["data"]["operation_id"]);
    let other = operator.scale("a", json!({ "count": 3 })).await;
    assert_eq!((other.status, other.problem()), (StatusCode::CONFLICT, "idempotency-key-reused"));
    assert_eq!(operator.get("/nodes").await.body["data"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn mistakes_are_named_and_make_nothing() {
    let operator = Operator::start().await;
    for body in [json!({ "count": 0 }), json!({ "count": 51 }), json!({}), json!({ "count": "1" })] {
        let answer = operator.scale("a", body).await;
        assert_eq!((answer.status, answer.problem()), (StatusCode::BAD_REQUEST, "invalid-parameter"));
    }
    let large = operator.scale("a", json!({ "count": 1, "reason": "x".repeat(5_000) })).await;
    assert_eq!(large.problem(), "payload-too-large");
    for path in ["/nodes/0123456789ab", "/operations/nothing", "/operations/7c9e6679-7425-40de-944b-e07fc1f90ae7", "/nothing"] {
        assert_eq!(operator.get(path).await.problem(), "not-found", "{path}");
    }
    assert_eq!(operator.database.fleet_nodes().await.unwrap(), []);
}

#[tokio::test]
async fn where_a_nodes_database_could_not_be_kept_no_call_makes_one() {
    let rules = FleetRules { cannot_make: Some("set fleet.pg_dump".into()), ..FleetRules::new(ProofMode::Signature) };
    let operator = Operator::start_with(rules).await;
    for body in [json!({ "count": 1 }), json!({ "count": 1, "dry_run": true })] {
        let answer = operator.scale("a", body).await;
        assert_eq!((answer.status, answer.body["detail"].as_str()), (StatusCode::CONFLICT, Some("set fleet.pg_dump")));
    }
    assert_eq!(operator.database.fleet_nodes().await.unwrap(), []);
}

#[tokio::test]
async fn a_node_is_shown_with_its_history() {
    let operator = Operator::start().await;
    let made = operator.scale("a", json!({ "count": 1, "reason": "demand" })).await;
    let id = made.body["data"]["nodes"][0]["id"].as_str().unwrap().to_owned();
    operator.database.advance_node(&id, &[Phase::Requested], Phase::Provisioning, &json!({})).await.unwrap();
    let shown = operator.get(&format!("/nodes/{id}")).await.body["data"].clone();
    assert_eq!((&shown["phase"], &shown["operation_id"]), (&json!("provisioning"), &made.body["data"]["operation_id"]));
    let kinds: Vec<&str> = shown["events"].as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["requested", "provisioning"]);
    assert_eq!(shown["events"][0]["detail"]["reason"], "demand");
}

#[tokio::test]
async fn a_watcher_gets_every_event_from_the_first_on_and_the_next_at_once() {
    let operator = Operator::start().await;
    let made = operator.scale("a", json!({ "count": 1 })).await;
    let (operation, id) =
        (made.body["data"]["operation_id"].as_str().unwrap(), made.body["data"]["nodes"][0]["id"].as_str().unwrap());
    let url = format!("{}/operations/{operation}/stream", operator.base);
    let mut stream = operator.client.get(url).bearer_auth(operator.token.expose()).send().await.unwrap();
    let mut text = String::new();
    let mut until = async |part: &str| {
        while !text.contains(part) {
            let chunk =
                tokio::time::timeout(WAIT_TIMEOUT, stream.chunk()).await.unwrap_or_else(|_| panic!("no {part} in {text}"));
            text.push_str(std::str::from_utf8(&chunk.unwrap().expect("the stream goes on")).unwrap());
        }
    };
    until(&format!("id: {id}-1\n")).await;
    operator.database.advance_node(id, &[Phase::Requested], Phase::Provisioning, &json!({})).await.unwrap();
    until("\"kind\":\"provisioning\"").await;
}

#[tokio::test]
async fn what_an_operator_asks_of_a_node_has_a_reason_and_an_answer_in_words() {
    let operator = Operator::start().await;
    let made = operator.scale("a", json!({ "count": 1 })).await;
    let id = made.body["data"]["nodes"][0]["id"].as_str().unwrap().to_owned();
    let call = async |path: &str, body: Value| {
        operator.send(operator.client.post(format!("{}/{path}", operator.base)).json(&body)).await
    };
    for body in [json!({}), json!({ "reason": " " }), json!({ "reason": "x".repeat(501) }), json!({ "reason": "x", "raeson": 1 })]
    {
        let answer = call(&format!("nodes/{id}/close"), body).await;
        assert_eq!((answer.status, answer.problem()), (StatusCode::BAD_REQUEST, "invalid-parameter"));
    }
    let why = || json!({ "reason": "maintenance" });
    let answer = call("nodes/0123456789ab/close", why()).await;
    assert_eq!((answer.status, answer.problem()), (StatusCode::NOT_FOUND, "not-found"));
    for action in ["close", "reopen", "release"] {
        let answer = call(&format!("nodes/{id}/{action}"), why()).await;
        assert_eq!((answer.status, answer.problem()), (StatusCode::CONFLICT, "refused"), "{action}");
    }
    let dry = call(&format!("nodes/{id}/quarantine"), json!({ "reason": "a look", "dry_run": true })).await;
    assert_eq!((dry.status, &dry.body["data"]["outcome"]), (StatusCode::OK, &json!("done")));
    assert_eq!(operator.database.fleet_node(&id).await.unwrap().unwrap().phase, Phase::Requested);
    let done = call(&format!("nodes/{id}/quarantine"), why()).await;
    assert_eq!((done.status, &done.body["data"]["outcome"]), (StatusCode::OK, &json!("done")));
    let node = operator.database.fleet_node(&id).await.unwrap().unwrap();
    assert_eq!((node.phase, node.last_error.as_deref()), (Phase::Quarantined, Some("quarantined by operator: maintenance")));
    let again = call(&format!("nodes/{id}/quarantine"), why()).await;
    assert_eq!(again.body["data"]["outcome"], "repeated");
    let released = call(&format!("nodes/{id}/release"), why()).await;
    assert_eq!(released.body["data"]["outcome"], "done");
    assert_eq!(operator.database.fleet_node(&id).await.unwrap().unwrap().phase, Phase::Requested);
    let adopted = call("adoptions", json!({ "wallet": "0x12", "reason": "ours" })).await;
    assert_eq!(adopted.problem(), "invalid-parameter");
    let audit = operator.get("/audit").await;
    assert_eq!((audit.status, audit.problem()), (StatusCode::NOT_FOUND, "not-found"));
}

#[tokio::test]
async fn an_operator_contract_is_named_for_one_node_and_refused_for_a_second() {
    let operator = Operator::start().await;
    let made = operator.scale("a", json!({ "count": 2 })).await;
    let id = |index: usize| made.body["data"]["nodes"][index]["id"].as_str().unwrap().to_owned();
    let name = async |id: &str, body: Value| {
        operator.send(operator.client.post(format!("{}/nodes/{id}/operator", operator.base)).json(&body)).await
    };
    let contract = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
    for body in [
        json!({ "reason": "work" }),
        json!({ "operator": "0x12", "reason": "work" }),
        json!({ "operator": format!("0x{}", "00".repeat(20)), "reason": "work" }),
        json!({ "operator": contract.to_lowercase().replace("5aaeb", "5Aaeb"), "reason": "work" }),
    ] {
        let answer = name(&id(0), body.clone()).await;
        assert_eq!((answer.status, answer.problem()), (StatusCode::BAD_REQUEST, "invalid-parameter"), "{body}");
    }
    let named = name(&id(0), json!({ "operator": contract, "reason": "work" })).await;
    assert_eq!((named.status, &named.body["data"]["outcome"]), (StatusCode::OK, &json!("done")));
    assert_eq!(operator.get(&format!("/nodes/{}", id(0))).await.body["data"]["operator"], contract);
    let refused = name(&id(1), json!({ "operator": contract, "reason": "work" })).await;
    assert_eq!((refused.status, refused.problem()), (StatusCode::CONFLICT, "refused"));
    assert!(refused.body["detail"].as_str().unwrap().contains(&format!("serves node {} already", id(0))), "{:?}", refused.body);
    let freed = name(&id(0), json!({ "operator": null, "reason": "moved" })).await;
    assert_eq!(freed.status, StatusCode::OK);
    assert_eq!(name(&id(1), json!({ "operator": contract, "reason": "work" })).await.status, StatusCode::OK);
    assert_eq!(operator.get(&format!("/nodes/{}", id(0))).await.body["data"]["operator"], Value::Null);
}

#[tokio::test]
async fn a_set_of_jobs_is_checked_planned_and_stored_and_each_node_is_told_of() {
    let operator = Operator::start().await;
    let made = operator.scale("a", json!({ "count": 1 })).await;
    let id = made.body["data"]["nodes"][0]["id"].as_str().unwrap().to_owned();
    let apply = async |body: Value| operator.send(operator.client.post(format!("{}/jobs", operator.base)).json(&body)).await;
    let spec = |rest: &str| json!({ "toml": format!("type = \"cron\"\nschemaVersion = 1\nschedule = \"@every 5m\"\n{rest}") });
    let asks = "observationSource = 'a [type=bridge name=prices]'\n";
    let empty = operator.get("/jobs").await;
    assert_eq!((&empty.body["data"]["version"], &empty.body["data"]["nodes"][0]["node_id"]), (&json!(0), &json!(id)));
    // A mistake: nothing of it is taken.
    let bad = apply(json!({ "set": { "jobs": { "ask": spec(asks), "tick": spec("") } }, "reason": "x" })).await;
    assert_eq!((bad.status, bad.problem()), (StatusCode::BAD_REQUEST, "invalid-parameter"));
    assert!(bad.body.to_string().contains("it names the bridge prices, which the set does not have"), "{}", bad.body);
    assert_eq!(operator.database.job_set_version().await.unwrap(), 0);
    // A set far beyond what another call may have.
    let long = format!("# {}\n", "x".repeat(8_000));
    let set = json!({
        "bridges": { "prices": { "url": "http://adapter/" } },
        "jobs": { "ask": spec(asks), "serve": spec("x = '{{operator}}'\n"), "tick": spec(&long) },
    });
    let planned = apply(json!({ "set": set, "reason": "x", "dry_run": true })).await;
    let data = &planned.body["data"];
    assert_eq!((planned.status, &data["outcome"], &data["version"]), (StatusCode::OK, &json!("stored"), &json!(1)));
    assert_eq!(data["changes"][0], json!({ "change": "add", "kind": "bridge", "name": "prices" }));
    let node = json!({ "node_id": id, "add": ["bridge prices", "job ask", "job tick"], "change": [], "remove": [], "waiting": ["job serve"] });
    assert_eq!(data["nodes"][0], node);
    assert_eq!(operator.database.job_set_version().await.unwrap(), 0, "a plan stores nothing");
    let stored = apply(json!({ "set": set, "reason": "x", "version": 0 })).await;
    assert_eq!((stored.status, &stored.body["data"]["version"]), (StatusCode::ACCEPTED, &json!(1)));
    let again = apply(json!({ "set": set, "reason": "x" })).await;
    assert_eq!((again.status, &again.body["data"]["outcome"]), (StatusCode::OK, &json!("unchanged")));
    let late = apply(json!({ "set": {}, "reason": "x", "version": 0 })).await;
    assert_eq!((late.status, late.problem()), (StatusCode::CONFLICT, "refused"));
    let shown = operator.get("/jobs").await;
    assert_eq!(
        (&shown.body["data"]["version"], &shown.body["data"]["set"]["jobs"]["ask"]["toml"]),
        (&json!(1), &spec(asks)["toml"])
    );
    // The long body is for this call alone.
    let other = operator.scale("b", json!({ "count": 1, "reason": "x".repeat(8_000) })).await;
    assert_eq!(other.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_roll_out_is_planned_begun_once_looked_at_and_ended() {
    let operator = Operator::start().await;
    operator.scale("a", json!({ "count": 12 })).await;
    let post = async |path: &str, key: &str, body: Value| {
        let request = operator.client.post(format!("{}/{path}", operator.base)).header("idempotency-key", key);
        operator.send(request.json(&body)).await
    };
    assert_eq!(operator.get("/rollout").await.status, StatusCode::NOT_FOUND);
    let asked = json!({ "version": "2.32.0", "program": "/bin/node", "config": "Secret = 'planted'", "reason": "an upgrade" });
    let mut planned = asked.clone();
    planned["dry_run"] = json!(true);
    let plan = post("rollouts", "", planned).await;
    assert_eq!((plan.status, &plan.body["data"]["waves"]), (StatusCode::OK, &json!([1, 2, 9])));
    // One round, one, and two of five each, of a minute and two of watching.
    assert_eq!(plan.body["data"]["seconds"], json!(180 * (1 + 1 + 2)));
    assert_eq!(plan.body["data"]["nodes"][0]["is_door"], json!(true));
    assert_eq!(operator.get("/rollout").await.status, StatusCode::NOT_FOUND, "a plan began something");
    let begun = post("rollouts", "b", asked.clone()).await;
    assert_eq!((begun.status, &begun.body["data"]["state"]), (StatusCode::ACCEPTED, &json!("running")));
    assert_eq!(post("rollouts", "b", asked.clone()).await.status, StatusCode::OK);
    assert_eq!(post("rollouts", "b", json!({ "reason": "another" })).await.problem(), "idempotency-key-reused");
    assert_eq!(post("rollouts", "", asked).await.problem(), "invalid-parameter");
    let shown = operator.get("/rollout").await;
    assert_eq!((shown.body["data"]["nodes"].as_array().unwrap().len(), &shown.body["data"]["has_config"]), (12, &json!(true)));
    assert!(!shown.body.to_string().contains("planted"), "a configuration may hold a key");
    let act = async |action: &str| post(&format!("rollout/{action}"), "", json!({ "reason": "a test" })).await;
    assert_eq!(act("pause").await.body["data"]["outcome"], json!("done"));
    assert_eq!(act("pause").await.body["data"]["outcome"], json!("repeated"));
    assert_eq!(act("dance").await.status, StatusCode::NOT_FOUND);
    assert_eq!(act("abort").await.body["data"]["outcome"], json!("done"));
    assert_eq!(act("abort").await.problem(), "refused");
}
