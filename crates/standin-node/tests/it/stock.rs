//! Answers of a stock node that are not about anything: unknown paths, sessions of another replica, bodies that are too long.

use linkpool_chainlink::client::Limits;
use linkpool_standin_node::ReplicaConfig;
use linkpool_testkit::until;

use crate::fixture::{
    CHAIN, EMAIL, LEASE, Node, NodeDatabase, PASSWORD, WAIT_TIMEOUT, client, password, plain_http, raw_login, serving,
};

/// Status and media type.
async fn look(node: &Node, method: reqwest::Method, path: &str) -> (u16, String) {
    let answer = plain_http().request(method, format!("http://{}{path}", node.address)).send().await.unwrap();
    let media_type = answer.headers().get("content-type").map(|value| value.to_str().unwrap().to_owned());
    (answer.status().as_u16(), media_type.unwrap_or_default())
}

#[tokio::test]
async fn unknown_paths_are_a_page_and_unknown_parts_of_the_api_are_nothing() {
    use reqwest::Method;
    let node = Node::start().await;
    let page = (200, "text/html; charset=utf-8".to_owned());
    for (method, path) in
        [(Method::GET, "/nosuch"), (Method::POST, "/nosuch"), (Method::POST, "/health"), (Method::HEAD, "/health")]
    {
        assert_eq!(look(&node, method.clone(), path).await, page, "{method} {path}");
    }
    for path in ["/v2/nosuch", "/v1/sign", "/v2/jobs/1/nosuch", "/main.css"] {
        assert_eq!(look(&node, Method::GET, path).await, (404, String::new()), "{path}");
    }
    assert_eq!(look(&node, Method::PUT, "/v2/jobs").await, (404, String::new()), "a method that is not there");
}

#[tokio::test]
async fn pages_have_a_limit_of_twenty_a_minute_of_their_own() {
    let node = Node::start().await;
    let mut statuses = Vec::new();
    for _ in 0..22 {
        statuses.push(look(&node, reqwest::Method::GET, "/nosuch").await.0);
    }
    assert!(statuses[..20].iter().all(|status| *status == 200) && statuses[20..] == [429, 429], "{statuses:?}");
    assert_eq!(node.client().wallet(CHAIN).await, Ok(node.wallet), "the API has its own");
}

#[tokio::test]
async fn a_node_that_cannot_sign_is_told_from_a_web_server() {
    let node = Node::start().await;
    let registration = crate::registration::registration(node.wallet);
    let sign = async || node.client().sign_registration(&registration).await.map_err(|error| error.code()).err();
    node.switch(&["no-signing"]).await;
    assert_eq!(sign().await, Some("cannot_sign"));
    node.switch(&["html"]).await;
    assert_eq!(sign().await, Some("not_json"), "all its paths are pages");
    node.switch(&["no-signing"]).await;
    for _ in 0..20 {
        look(&node, reqwest::Method::GET, "/nosuch").await;
    }
    assert_eq!(sign().await, Some("rate_limited"), "asked too often it says nothing of itself");
}

#[tokio::test]
async fn a_cookie_is_good_at_one_replica_only_and_a_token_at_both() {
    let node = Node::start().await;
    let [one, other] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let at =
        |root: &tempfile::TempDir| ReplicaConfig { root_directory: Some(root.path().to_owned()), ..node.node_database.config() };
    let get = async |address, cookie: &str| {
        let request = plain_http().get(format!("http://{address}/v2/keys/evm")).header("cookie", cookie.to_owned());
        request.send().await.unwrap().status().as_u16()
    };
    node.replica.stop().await.unwrap();
    let mut first = node.node_database.start(at(&one));
    let (address, _) = serving(&mut first).await;
    let (_, cookie) = raw_login(address, PASSWORD).await;
    let cookie = cookie.unwrap().split(';').next().unwrap().to_owned();
    assert_eq!(get(address, &cookie).await, 200);
    first.stop().await.unwrap();

    let mut second = node.node_database.start(at(&other));
    let (address, wallet) = serving(&mut second).await;
    assert_eq!(get(address, &cookie).await, 401, "the session lies in the database, but another replica signs its cookies");
    let by_token = client(address, Limits::default(), node.token.clone());
    assert_eq!(by_token.wallet(CHAIN).await, Ok(wallet));
    second.stop().await.unwrap();

    let mut again = node.node_database.start(at(&one));
    let (address, _) = serving(&mut again).await;
    assert_eq!(get(address, &cookie).await, 200, "where it was given it is good after a restart");
}

#[tokio::test]
async fn a_session_is_ended_by_whoever_has_one_and_by_nobody_else() {
    let node = Node::start().await;
    let (_, cookie) = raw_login(node.address, PASSWORD).await;
    let cookie = cookie.unwrap().split(';').next().unwrap().to_owned();
    let end = async |cookie: Option<&str>| {
        let request = plain_http().delete(format!("http://{}/sessions", node.address));
        let request = cookie.into_iter().fold(request, |request, cookie| request.header("cookie", cookie));
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(end(None).await, 401);
    assert_eq!(end(Some(&cookie)).await, 200);
    assert_eq!(end(Some(&cookie)).await, 401, "it has ended");
}

#[tokio::test]
async fn a_body_of_32768_bytes_is_taken_and_one_more_is_not() {
    let node = Node::start().await;
    let body = |length: usize| "x".repeat(length);
    for (length, status) in [(32_768, 422), (32_769, 413)] {
        let answer = plain_http().post(format!("http://{}/v2/jobs", node.address)).body(body(length));
        let answer = with_token(&node, answer).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{length}");
    }
}

fn with_token(node: &Node, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
    let linkpool_chainlink::client::Credentials::Token { key, secret } = &node.token else { unreachable!("made in start") };
    request.header("X-API-KEY", key.expose()).header("X-API-SECRET", secret.expose())
}

#[tokio::test]
async fn readyz_with_its_checks_is_always_200() {
    let node = Node::start().await;
    node.switch(&["failing-check-old"]).await;
    until("the failing look", WAIT_TIMEOUT, async || look(&node, reqwest::Method::GET, "/readyz").await.0 == 503).await;
    assert_eq!(look(&node, reqwest::Method::GET, "/readyz?full").await.0, 200);
}

#[tokio::test]
async fn a_newer_version_closes_the_database_to_older_ones_that_take_the_lease_first() {
    let node_database = NodeDatabase::new().await;
    let version = |version: &str| ReplicaConfig { version: version.to_owned(), ..node_database.config() };
    let mut newer = node_database.start(version("2.32.0"));
    serving(&mut newer).await;
    let mut older = node_database.start(version("2.31.0"));
    older.wait_for(WAIT_TIMEOUT, |state| *state == linkpool_standin_node::ReplicaState::WaitingForLease).await.unwrap();
    let lease = async || -> uuid::Uuid {
        let statement = format!("SELECT client_id FROM {}.lease_lock", node_database.schema);
        sqlx::query_scalar(sqlx::AssertSqlSafe(statement)).fetch_one(&node_database.pool).await.unwrap()
    };
    let before = lease().await;
    newer.kill().await;
    let ended = tokio::time::timeout(LEASE.duration + WAIT_TIMEOUT, older.ended()).await.unwrap().expect_err("it is older");
    let sentence = "Application version (2.31.0) is lower than database version (2.32.0). \
                    Only Chainlink 2.32.0 or higher can be run on this database";
    assert!(ended.to_string().contains(sentence), "{ended}");
    assert_ne!(lease().await, before, "it had the lease");
    let mut again = node_database.start(version("2.32.0"));
    serving(&mut again).await;
    again.stop().await.unwrap();
    let mut unset = node_database.start(version("unset"));
    serving(&mut unset).await;
}

#[tokio::test]
async fn a_node_is_found_by_its_e_mail_in_any_case() {
    let node = Node::start().await;
    let loud = linkpool_chainlink::client::Credentials::Password {
        email: EMAIL.to_uppercase(),
        password: linkpool_chainlink::Secret::new(PASSWORD),
    };
    assert_eq!(client(node.address, Limits::default(), loud).wallet(CHAIN).await, Ok(node.wallet));
    let _ = password();
}
