//! Logins by password: by hand over plain http, seldom, and never in a crowd.

use std::time::Duration;

use linkpool_chainlink::{
    Secret,
    client::{Credentials, Limits, NodeClient, NodeConfig, Transport},
};
use linkpool_standin_node::ReplicaConfig;
use linkpool_testkit::{until, until_some};
use serde_json::json;

use crate::fixture::{CHAIN, EMAIL, Node, NodeDatabase, PASSWORD, WAIT_TIMEOUT, client, password, raw_login, serving};

#[tokio::test]
async fn a_secure_cookie_is_used_over_plain_http_and_one_login_serves_many_calls_and_clients() {
    let node_database = NodeDatabase::new().await;
    let mut replica = node_database.start(node_database.config());
    let (address, wallet) = serving(&mut replica).await;
    let (_, cookie) = raw_login(address, PASSWORD).await;
    assert!(cookie.is_some_and(|cookie| cookie.contains("; Secure")), "a node's default");

    let transport = Transport::new(Limits::default()).unwrap();
    let config = NodeConfig { base_url: format!("http://{address}").parse().unwrap(), credentials: password() };
    let calls = (0..20).map(|_| {
        let client = NodeClient::new(&transport, config.clone()).unwrap();
        tokio::spawn(async move { client.wallet(CHAIN).await })
    });
    for call in calls.collect::<Vec<_>>() {
        assert_eq!(call.await.unwrap(), Ok(wallet));
    }
    assert_eq!(node_database.count("api_session").await, 2, "the one above, and one for twenty calls at once");
}

#[tokio::test]
async fn the_sixth_login_in_twenty_seconds_is_refused_right_or_wrong() {
    let node_database = NodeDatabase::new().await;
    let mut replica = node_database.start(node_database.config());
    let (address, _) = serving(&mut replica).await;
    let mut statuses = Vec::new();
    for attempt in 0..7 {
        statuses.push(raw_login(address, if attempt == 0 { "wrong" } else { PASSWORD }).await.0);
    }
    assert_eq!(statuses, [401, 200, 200, 200, 200, 429, 429]);
    let client = client(address, Limits::default(), password());
    let error = client.wallet(CHAIN).await.expect_err("the limit is for this address, not for this client");
    assert_eq!(error.code(), "login_limited");
    assert!(error.is_transient());
}

#[tokio::test]
async fn refused_for_ever_costs_one_login_and_keeps_its_sentence() {
    let node_database = NodeDatabase::new().await;
    let mut replica = node_database.start(node_database.config());
    let (address, _) = serving(&mut replica).await;
    let wrong = Credentials::Password { email: EMAIL.to_owned(), password: Secret::new("not the password at all") };
    let client = client(address, Limits::default(), wrong);
    for _ in 0..20 {
        assert_eq!(client.wallet(CHAIN).await.map_err(|error| error.code()), Err("credentials_refused"));
    }
    let mut statuses = Vec::new();
    for _ in 0..5 {
        statuses.push(raw_login(address, PASSWORD).await.0);
    }
    assert_eq!(statuses, [200, 200, 200, 200, 429], "the client took one of the five");
}

#[tokio::test]
async fn an_ended_session_is_renewed_once_and_then_held_back_for_the_interval() {
    let node_database = NodeDatabase::new().await;
    let config = ReplicaConfig { session_timeout: Duration::from_millis(50), ..node_database.config() };
    let mut replica = node_database.start(config);
    let (address, wallet) = serving(&mut replica).await;

    let patient = client(address, Limits::default(), password());
    assert_eq!(patient.wallet(CHAIN).await, Ok(wallet));
    let error = until_some("the end of the session", WAIT_TIMEOUT, async || {
        // Asking keeps a session alive, so the interval is the condition: longer than it takes to end.
        tokio::time::sleep(Duration::from_millis(60)).await;
        patient.wallet(CHAIN).await.err()
    })
    .await;
    assert_eq!(error.code(), "login_held_back", "{error}");
    assert!(error.is_transient());
    assert_eq!(node_database.count("api_session").await, 1);

    let eager = client(address, Limits { login_interval: Duration::ZERO, ..Limits::default() }, password());
    until("a renewed session", WAIT_TIMEOUT, async || {
        tokio::time::sleep(Duration::from_millis(60)).await;
        assert_eq!(eager.wallet(CHAIN).await, Ok(wallet));
        node_database.count("api_session").await == 3
    })
    .await;
}

#[tokio::test]
async fn a_new_token_ends_the_one_before() {
    let node = Node::start().await;
    let old = node.client();
    let new = client(node.address, Limits::default(), password()).create_api_token().await.unwrap();
    assert_eq!(old.wallet(CHAIN).await.map_err(|error| error.code()), Err("credentials_refused"));
    assert_eq!(client(node.address, Limits::default(), new.into()).wallet(CHAIN).await, Ok(node.wallet));
    assert_eq!(old.create_api_token().await.map_err(|error| error.code()).err(), Some("password_needed"));
}

#[tokio::test]
async fn a_user_of_role_view_can_read_the_wallet_and_nothing_more() {
    let node = Node::start().await;
    let viewer = json!({ "email": "viewer@node.local", "password": PASSWORD, "role": "view" });
    assert_eq!(node.post("v2/users", viewer.clone()).await.status(), 200);
    assert_eq!(node.post("v2/users", viewer).await.status(), 400, "there is one of that name");
    let credentials = Credentials::Password { email: "viewer@node.local".to_owned(), password: Secret::new(PASSWORD) };
    let client = client(node.address, Limits::default(), credentials);
    assert_eq!(client.wallet(CHAIN).await, Ok(node.wallet));
    let registration = crate::registration::registration(node.wallet);
    assert_eq!(client.sign_registration(&registration).await.map_err(|error| error.code()), Err("forbidden"));
}

#[tokio::test]
async fn no_error_and_no_debug_output_carries_a_secret() {
    let node = Node::start().await;
    let Credentials::Token { key, secret } = &node.token else { panic!("a token") };
    let secrets = [PASSWORD, key.expose(), secret.expose()];
    for credentials in [password(), node.token.clone()] {
        let client = client(node.address, Limits::default(), credentials);
        let mut said = format!("{client:?} {:?} {:?}", node.replica, node.node_database.config());
        for fault in ["unauthorized", "html", "status=500", "garbled", "huge-headers", "redirect=http://x.invalid/"] {
            node.switch(&[fault]).await;
            let error = client.wallet(CHAIN).await.expect_err(fault);
            said.push_str(&format!("{error} {error:?}"));
        }
        node.switch(&[]).await;
        for secret in secrets {
            assert!(!said.contains(secret), "{said}");
        }
    }
}

#[tokio::test]
async fn a_node_that_was_down_or_starting_is_logged_in_at_as_soon_as_it_is_up() {
    let node_database = NodeDatabase::new().await;
    let port = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = port.local_addr().unwrap();
    drop(port);
    let client = client(address, Limits::default(), password());
    let code = async || client.wallet(CHAIN).await.map_err(|error| error.code());
    assert_eq!(code().await, Err("refused"));

    let config = ReplicaConfig { listen: address, faults: "migrating=200".parse().unwrap(), ..node_database.config() };
    let mut replica = node_database.start(config);
    let (_, wallet) = serving(&mut replica).await;
    assert_eq!(code().await, Err("no_login"));
    until("the end of the migration", WAIT_TIMEOUT, async || client.health().await.is_ok_and(|it| it.is_passing())).await;
    assert_eq!(code().await, Ok(wallet));
}
