//! The database stops, and comes back: every route says so within two seconds, and answers again by itself. The chain stops: every read answers.

use std::time::{Duration, Instant};

use linkpool_api::{ApiConfig, Limits};
use linkpool_db::{Connect, Database};
use linkpool_primitives::IndexerState;
use linkpool_testkit::{
    TestDatabase,
    tcp_proxy::{Passage, TcpProxy},
};
use reqwest::Client;
use serde_json::Value;

use crate::{
    chain_fixture::{ChainFixture, link, node, staker},
    fixture::{Fixture, WAIT_TIMEOUT, answer, listen},
};

const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);

/// Every documented route that reads the database.
fn paths() -> Vec<String> {
    let documented: Value = serde_json::from_str(&linkpool_api::openapi_json()).unwrap();
    let filled = |path: &String| {
        let who = if path.contains("/stakers/") { staker(1) } else { node(1) };
        path.replace("{address}", &format!("{who:#x}")).replace("{hash}", &format!("0x{}", "11".repeat(32)))
    };
    documented["paths"].as_object().unwrap().keys().map(filled).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_database_is_gone_every_route_says_so_soon_and_afterwards_every_route_answers() {
    let test_database = TestDatabase::create().await.unwrap();
    let direct = Database::connect(&Connect::new(test_database.url()).patient()).await.unwrap();
    direct.migrate().await.unwrap();
    let mut chain = ChainFixture::begin(direct).await;
    chain.register(node(1)).stake(node(1), staker(1), link(5)).mine(12).await;
    let port = test_database.server().port();
    let proxy = TcpProxy::to(port).await.unwrap();
    let url = test_database.url().replace(&port.to_string(), &proxy.port().to_string());
    let database = Database::connect(&Connect::new(url)).await.unwrap();
    let plenty = Limits { requests_per_second: 1_000_000, burst: 1_000_000, ..Limits::default() };
    let (base, _stop) = listen(ApiConfig { limits: plenty, ..ApiConfig::default() }, database).await;
    let client = Client::new();
    let ask = async |path: &str| answer(client.get(format!("{base}{path}")).send().await.unwrap()).await;
    for path in paths().iter().filter(|path| !path.ends_with("/stream")) {
        assert_eq!(ask(path).await.status, 200, "{path}");
    }

    // It has ended; and it answers nobody, as when its machine is gone.
    for passage in [Passage::Closed, Passage::Silent] {
        proxy.set(passage);
        // What the first are answered may be a moment old: `/health` and `/ready` keep an answer for a second.
        for path in ["/health", "/ready"] {
            let gone = async { while ask(path).await.status != 503 {} };
            tokio::time::timeout(WAIT_TIMEOUT, gone).await.expect("it is noticed");
        }
        for path in paths() {
            let begun = Instant::now();
            let answer = ask(&path).await;
            assert!(begun.elapsed() < ANSWER_TIMEOUT, "{path} takes {:?}", begun.elapsed());
            assert_eq!(answer.status, 503, "{path}: {}", answer.body);
            if path == "/health" {
                assert_eq!(answer.body["state"], "unreachable");
            } else {
                assert!(["unavailable", "not-ready"].contains(&answer.problem()), "{path}: {}", answer.body);
                assert!(answer.header("retry-after").parse::<u64>().is_ok(), "{path}");
            }
        }

        proxy.set(Passage::Open);
        for path in paths().iter().filter(|path| !path.ends_with("/stream")) {
            let back = async { while ask(path).await.status != 200 {} };
            tokio::time::timeout(WAIT_TIMEOUT, back).await.unwrap_or_else(|_| panic!("{path} does not come back"));
        }
    }
}

#[tokio::test]
async fn while_the_chain_is_gone_every_read_answers_and_says_that_it_is_stale() {
    let mut fixture = Fixture::start().await;
    fixture.chain.register(node(1)).stake(node(1), staker(1), link(5)).mine(12).await;
    // What was kept before does not hide it.
    for path in paths().iter().filter(|path| !path.ends_with("/stream")) {
        assert_eq!(fixture.get(path).await.status, 200, "{path}");
    }
    fixture.chain.database.set_state(None, IndexerState::Stalled, Some("no endpoint answers")).await.unwrap();
    // What it says of its health may be a second old.
    let told = async { while fixture.get("/health").await.status == 200 {} };
    tokio::time::timeout(WAIT_TIMEOUT, told).await.expect("a load balancer is told");
    let (mut unwell, mut stale) = (Vec::new(), 0);
    for path in paths() {
        if path.ends_with("/stream") {
            crate::stream::Reader::open(&fixture, "", None).await.until_head(12).await;
            continue;
        }
        let answer = fixture.get(&path).await;
        if answer.status != 200 {
            unwell.push((path, answer.status.as_u16()));
        } else if answer.body["meta"]["stale"] == true {
            stale += 1;
        }
    }
    // A load balancer is to know.
    assert_eq!(unwell, [("/health".to_owned(), 503)]);
    assert_eq!(stale, paths().iter().filter(|path| path.starts_with("/api/")).count() - 1, "all but the stream say so");
}
