//! A request holds one connection at most, and none while it waits for another: else a few at once wait for each other.

use std::time::Duration;

use linkpool_api::{ApiConfig, Limits, serve};
use linkpool_db::{Connect, Reader};
use reqwest::StatusCode;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    chain_fixture::{ChainFixture, link, node, staker},
    fixture::database,
};

/// Of each route at once.
const AT_ONCE: usize = 64;

/// Every documented route but the stream, with something to ask for.
fn paths() -> Vec<String> {
    let documented: serde_json::Value = serde_json::from_str(&linkpool_api::openapi_json()).unwrap();
    let paths = documented["paths"].as_object().unwrap().keys().filter(|path| !path.ends_with("/stream"));
    let filled = |path: &String| {
        let who = if path.contains("/stakers/") { staker(1) } else { node(1) };
        path.replace("{address}", &format!("{who:#x}")).replace("{hash}", &format!("0x{}", "11".repeat(32)))
    };
    paths.map(filled).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_connection_serves_every_route() {
    let (test_database, database) = database().await;
    let mut chain = ChainFixture::begin(database).await;
    chain.register(node(1)).stake(node(1), staker(1), link(5)).mine(12).await;
    let connect = Connect { max_connections: 1, ..Connect::new(test_database.url()).patient() };
    let reader = Reader::connect(&connect).await.unwrap();
    let plenty = Limits { requests_per_second: 1_000_000, burst: 1_000_000, ..Limits::default() };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let shutdown = CancellationToken::new();
    let config = ApiConfig { limits: plenty, ..ApiConfig::default() };
    let serving = tokio::spawn(serve(config, reader, listener, shutdown.clone()));
    let client = reqwest::Client::new();
    for path in paths() {
        let asked = (0..AT_ONCE).map(|_| client.get(format!("{base}{path}")).timeout(Duration::from_secs(60)).send());
        for answer in futures_util::future::join_all(asked).await {
            let answer = answer.unwrap();
            assert_eq!(answer.status(), StatusCode::OK, "{path}: {}", answer.text().await.unwrap());
        }
    }
    // A stream holds none at all.
    let stream = client.get(format!("{base}/api/v1/stream")).send().await.unwrap();
    assert_eq!(client.get(format!("{base}/api/v1/status")).send().await.unwrap().status(), StatusCode::OK);
    drop(stream);
    shutdown.cancel();
    serving.await.unwrap().unwrap();
}
