//! Whatever goes wrong is a problem with a code and a sentence that says what to do.

use reqwest::Method;

use crate::{
    chain_fixture::node,
    fixture::{Fixture, answer, database, listen},
};

const TIME: &str = "must be a time from 1970 on such as 2026-11-22T11:00:00Z, Unix seconds, or milliseconds in 13 digits; write a + before an offset as %2B";

#[tokio::test]
async fn an_event_that_the_contract_does_not_have_is_refused_with_those_it_has() {
    let fixture = Fixture::start().await;
    for path in ["/api/v1/events".to_owned(), format!("/api/v1/nodes/{}/events", node(1))] {
        for name in ["Foo", "staked", "a%20b", ""] {
            let answer = fixture.get(&format!("{path}?type={name}")).await;
            assert_eq!((answer.status.as_u16(), answer.problem()), (400, "invalid-parameter"), "{path} {name}");
            let sentence = answer.body["errors"][0]["detail"].as_str().unwrap();
            assert!(sentence.starts_with("must be one of CapChanged, ") && sentence.contains(", Unbonded, "), "{sentence}");
        }
    }
}

#[tokio::test]
async fn bad_input_says_which_parameter_and_what_to_write() {
    let fixture = Fixture::start().await;
    for (path, field, sentence) in [
        ("/nodes?limit=0", "limit", "must be a number from 1 to 500"),
        ("/nodes?limit=501", "limit", "must be a number from 1 to 500"),
        ("/nodes?sort=up", "sort", "must be one of stake, -stake, created, -created, available, -available"),
        ("/nodes?status=gone", "status", "must be one of active, closed, retired"),
        ("/nodes?q=0xyz", "q", "must be the first digits of an address, for example 0x5aAe"),
        ("/nodes?cursor=12", "cursor", "is not valid: use `page.next` of the page before, unchanged"),
        ("/nodes?page=2", "page", "is not known here: use status, q, sort, limit, cursor, at, format"),
        ("/nodes?limit=1&limit=2", "limit", "is given twice"),
        ("/events?from_block=-1", "from_block", "must be a block number"),
        ("/events?node=0x12", "node", "is not valid: `0x12` is not an address: write 0x and 40 hexadecimal digits"),
        ("/nodes/0x12", "address", "is not valid: `0x12` is not an address: write 0x and 40 hexadecimal digits"),
        ("/stakers/me", "address", "is not valid: `me` is not an address: write 0x and 40 hexadecimal digits"),
        ("/transactions/0x12", "hash", "must be 0x and 64 hexadecimal digits"),
        (
            "/stream?topics=heads",
            "topics",
            "must be a comma-separated list of head, node, stake, reward, pool, announcement, reorg, phase, each once",
        ),
        (
            "/stream?topics=head,head",
            "topics",
            "must be a comma-separated list of head, node, stake, reward, pool, announcement, reorg, phase, each once",
        ),
        ("/nodes?at=-1", "at", "must be a block number, head, safe or finalized"),
        ("/history?interval=2h", "interval", "must be one of 1h, 1d"),
        ("/history?limit=1001", "limit", "must be a number from 1 to 1000"),
        ("/history?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "from", "must not be after `to`"),
        ("/history?from=1969-12-31T23:59:59Z", "from", TIME),
        ("/history?to=-1", "to", TIME),
        ("/events?from_block=13&to_block=12", "from_block", "must not be above `to_block`"),
        ("/events?from=1795345201&to=1795345200999", "from", "must not be after `to`"),
        ("/events?order=up", "order", "must be one of asc, desc"),
        ("/stakers?format=xml", "format", "must be one of json, csv"),
        ("/nodes/%FF", "path", "must be percent-encoded UTF-8"),
        ("/config?x=1", "x", "is not known here: this path takes none"),
        ("/openapi.json?x=1", "x", "is not known here: this path takes none"),
    ] {
        let answer = fixture.get(&format!("/api/v1{path}")).await;
        assert_eq!((answer.status.as_u16(), answer.problem()), (400, "invalid-parameter"), "{path}");
        assert_eq!(answer.body["errors"][0]["field"], field, "{path}");
        assert_eq!(answer.body["errors"][0]["detail"], sentence, "{path}");
    }
}

#[tokio::test]
async fn a_mistyped_checksum_is_refused_with_the_right_one() {
    let fixture = Fixture::start().await;
    let answer = fixture.get("/api/v1/stakers/0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed").await;
    assert_eq!(answer.problem(), "invalid-parameter");
    assert!(answer.body["detail"].as_str().unwrap().contains("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"));
}

#[tokio::test]
async fn what_does_not_exist_is_not_found() {
    let fixture = Fixture::start().await;
    let paths = [
        "/api/v1",
        "/api/v1/",
        "/api/v1/nothing",
        "/api/v2/nodes",
        "/nothing",
        "/assets/nothing.js",
        "/problems/nothing",
        "/dev/rpc",
    ];
    for path in paths
        .map(str::to_owned)
        .into_iter()
        .chain(["", "/stakes", "/events"].map(|rest| format!("/api/v1/nodes/{}{rest}", node(9))))
    {
        let answer = fixture.get(&path).await;
        assert_eq!((answer.status.as_u16(), answer.problem()), (404, "not-found"), "{path}");
        assert_eq!(answer.body["instance"], path);
    }
}

#[tokio::test]
async fn the_public_api_only_reads() {
    let fixture = Fixture::start().await;
    for (method, path) in
        [(Method::POST, "/api/v1/nodes"), (Method::DELETE, "/api/v1/config"), (Method::PUT, "/health"), (Method::POST, "/")]
    {
        let response = fixture.client.request(method.clone(), format!("{}{path}", fixture.base)).send().await.unwrap();
        let answer = answer(response).await;
        assert_eq!((answer.status.as_u16(), answer.problem()), (405, "method-not-allowed"), "{method} {path}");
        assert!(answer.header("allow").contains("GET"), "{method} {path}");
    }
}

#[tokio::test]
async fn every_problem_has_a_page_of_its_own() {
    let fixture = Fixture::start().await;
    let problem = fixture.get("/api/v1/nodes?limit=0").await.body;
    let page = fixture.get(problem["type"].as_str().unwrap()).await;
    assert_eq!(page.status, 200);
    assert!(page.body.as_str().unwrap().contains(problem["title"].as_str().unwrap()));
}

#[tokio::test]
async fn an_empty_database_is_not_ready_and_says_when_to_come_back() {
    let (_test_database, database) = database().await;
    let (base, _stop) = listen(linkpool_api::ApiConfig::default(), database).await;
    for path in ["/api/v1/config", "/api/v1/nodes", "/api/v1/status", "/api/v1/stream", "/ready"] {
        let answer = answer(reqwest::get(format!("{base}{path}")).await.unwrap()).await;
        assert_eq!((answer.status.as_u16(), answer.problem()), (503, "not-ready"), "{path}");
        assert_eq!(answer.header("retry-after"), "2");
    }
}

#[tokio::test]
async fn a_database_that_went_away_is_unavailable_and_tells_nothing() {
    let fixture = Fixture::start().await;
    fixture.chain.database.close().await;
    let answer = fixture.get("/api/v1/nodes").await;
    assert_eq!((answer.status.as_u16(), answer.problem()), (503, "unavailable"));
    assert_eq!(answer.body["detail"], "the database does not answer; try again in a moment");
}
