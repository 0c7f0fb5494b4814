//! The operators' page and the one question that it asks: served by the operator's listener alone, and told nothing without the token.

use reqwest::StatusCode;
use serde_json::json;

use crate::{
    fixture::{Fixture, answer},
    operator_fixture::Operator,
};

#[tokio::test]
async fn the_operators_page_is_at_their_listener_with_the_headers_that_keep_it_to_itself_and_nowhere_else() {
    let operator = Operator::start().await;
    let root = operator.base.trim_end_matches("/api/v1/operator");
    for path in ["/", "/operator"] {
        let page = answer(operator.client.get(format!("{root}{path}")).send().await.unwrap()).await;
        assert!(page.header("content-type").starts_with("text/html"), "{path}");
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self';") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(page.header("x-content-type-options"), "nosniff");
        let text = page.body.as_str().unwrap();
        assert!(text.contains("Operator · LinkPool") || (page.status == 503 && text.contains("cargo xtask web")), "{text}");
        if page.status == 503 {
            return;
        }
        assert!(!text.contains(operator.token.expose()));
    }
    // Its files, without the token; what is not there, and what is not read, is a problem.
    let theme = answer(operator.client.get(format!("{root}/theme.js")).send().await.unwrap()).await;
    assert_eq!((theme.status, theme.header("content-type")), (StatusCode::OK, "text/javascript; charset=utf-8"));
    for request in [operator.client.get(format!("{root}/nothing")), operator.client.post(root)] {
        assert_eq!(answer(request.send().await.unwrap()).await.problem(), "not-found");
    }
    let holders = Fixture::start().await;
    for path in ["/operator", "/operator/index.html"] {
        assert_eq!(holders.get(path).await.problem(), "not-found", "{path}");
    }
}

#[tokio::test]
async fn one_answer_has_the_nodes_with_their_replicas_the_roll_out_the_guard_and_the_transactions() {
    let operator = Operator::start().await;
    let stranger = answer(operator.client.get(format!("{}/overview", operator.base)).send().await.unwrap()).await;
    assert_eq!(stranger.problem(), "unauthorized");
    let empty = operator.get("/overview").await.body["data"].clone();
    assert_eq!((&empty["nodes"], &empty["rollout"], &empty["transactions"]), (&json!([]), &json!(null), &json!([])));
    assert_eq!((&empty["scale"]["guard"], &empty["scale"]["decisions"]), (&json!(null), &json!([])));

    let made = operator.scale("a", json!({ "count": 2, "reason": "demand" })).await;
    let id = made.body["data"]["nodes"][0]["id"].as_str().unwrap().to_owned();
    let replica = linkpool_db::fleet::Replica {
        node_id: id.clone(),
        generation: 1,
        replica_id: "g1-0".into(),
        state: linkpool_db::fleet::ReplicaState::Serving,
        base_url: None,
        credentials_file: Some("/secret/planted".into()),
        admin_credentials_file: None,
        starts: 1,
        detail: Some("well".into()),
        seen_at: chrono::Utc::now(),
        location: Some("here".into()),
    };
    operator.database.set_replicas(&[replica]).await.unwrap();
    let shown = operator.get("/overview").await;
    assert!(!shown.body.to_string().contains("planted"), "where a login lies is nobody's business");
    let data = &shown.body["data"];
    let node = data["nodes"].as_array().unwrap().iter().find(|node| node["id"] == id).unwrap();
    assert_eq!((&node["phase"], &node["generation"]), (&json!("requested"), &json!(1)));
    assert_eq!(
        (&node["replicas"][0]["replica_id"], &node["replicas"][0]["state"], &node["replicas"][0]["detail"]),
        (&json!("g1-0"), &json!("serving"), &json!("well"))
    );
    assert_eq!(data["nodes"].as_array().unwrap().iter().filter(|node| node["replicas"] == json!([])).count(), 1);
    let begun = operator.client.post(format!("{}/rollouts", operator.base)).header("idempotency-key", "b");
    operator.send(begun.json(&json!({ "config": "a = 1", "reason": "a test" }))).await;
    assert_eq!(operator.get("/overview").await.body["data"]["rollout"]["state"], "running");
}
