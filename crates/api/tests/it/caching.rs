//! An answer is named by its block, and a client that holds it gets 304.

use reqwest::Method;

use crate::{
    chain_fixture::{link, node, staker},
    fixture::{Answer, Fixture, WAIT_TIMEOUT, answer},
};

#[tokio::test]
async fn who_holds_the_answer_of_this_block_gets_304() {
    let mut fixture = Fixture::start().await;
    let first = fixture.get("/api/v1/nodes").await;
    assert_eq!(first.header("cache-control"), "public, max-age=0, s-maxage=1");
    let tag = first.header("etag").to_owned();
    assert!(tag.starts_with("W/\""), "{tag}");
    // The follower may need a moment to see the first block.
    let held = async |fixture: &Fixture| fixture.send("/api/v1/nodes", &[("if-none-match", &tag)]).await;
    tokio::time::timeout(WAIT_TIMEOUT, async { while held(&fixture).await.status() != 304 {} }).await.unwrap();
    let unchanged = held(&fixture).await;
    assert_eq!(unchanged.headers()["etag"], tag);
    assert!(unchanged.bytes().await.unwrap().is_empty());
    fixture.chain.mine(12).await;
    tokio::time::timeout(WAIT_TIMEOUT, async { while held(&fixture).await.status() != 200 {} }).await.unwrap();
    assert_ne!(fixture.get("/api/v1/nodes").await.header("etag"), tag);
}

#[tokio::test]
async fn the_state_of_the_index_is_never_kept() {
    let fixture = Fixture::start().await;
    let status = fixture.get("/api/v1/status").await;
    assert_eq!((status.header("cache-control"), status.header("etag")), ("no-store", ""));
}

#[tokio::test]
async fn any_page_may_read_and_see_the_headers() {
    let fixture = Fixture::start().await;
    let answer = fixture.get("/api/v1/nodes").await;
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    for name in ["etag", "ratelimit", "retry-after", "link"] {
        assert!(answer.header("access-control-expose-headers").contains(name), "{name}");
    }
    for path in ["/health", "/ready", "/problems/not-found", "/api/v1/nothing", "/api/v1/nodes?limit=0"] {
        assert_eq!(fixture.get(path).await.header("access-control-allow-origin"), "*", "{path}");
    }
    assert_eq!(fixture.get("/").await.header("access-control-allow-origin"), "", "the page is nobody else's");
}

#[tokio::test]
async fn a_large_answer_is_compressed() {
    let fixture = Fixture::start().await;
    let response = fixture.send("/api/v1/openapi.json", &[("accept-encoding", "gzip")]).await;
    assert_eq!(response.headers()["content-encoding"], "gzip");
}

async fn get(fixture: &Fixture, path: &str, headers: &[(&'static str, &str)]) -> Answer {
    answer(fixture.send(path, headers).await).await
}

/// A stake in block 13, final, and two blocks above.
async fn a_final_block() -> Fixture {
    let mut fixture = Fixture::start().await;
    fixture.chain.register(node(1)).mine(12).await;
    fixture.chain.stake(node(1), staker(1), link(5)).reward(node(1), link(1)).mine(12).await;
    fixture.chain.finalized = 14;
    fixture.chain.mine(12).await;
    fixture.chain.mine(12).await;
    fixture
}

#[tokio::test]
async fn what_holds_at_a_final_block_keeps_its_tag_for_ever() {
    let mut fixture = a_final_block().await;
    let paths = [
        "/api/v1/pool?at=13".to_owned(),
        "/api/v1/nodes?at=13".to_owned(),
        format!("/api/v1/nodes/{}?at=14", node(1)),
        format!("/api/v1/nodes/{}/stakes?at=13", node(1)),
        format!("/api/v1/stakers/{}?at=14", staker(1)),
    ];
    let mut before = Vec::new();
    for path in &paths {
        let answer = fixture.get(path).await;
        assert_eq!(answer.header("cache-control"), "public, max-age=3600, immutable", "{path}");
        before.push((answer.header("etag").to_owned(), answer.body));
    }
    fixture.chain.stake(node(1), staker(2), link(7)).mine(12).await;
    fixture.chain.finalized = 16;
    fixture.chain.mine(12).await;
    for (path, (tag, body)) in paths.iter().zip(&before) {
        let answer = fixture.get(path).await;
        assert_eq!((answer.header("etag"), &answer.body), (tag.as_str(), body), "{path}");
        assert_eq!(get(&fixture, path, &[("if-none-match", tag)]).await.status, 304, "{path}");
    }
    for moving in ["/api/v1/pool?at=finalized", "/api/v1/pool?at=head", "/api/v1/pool?at=17", "/api/v1/pool"] {
        assert_eq!(fixture.get(moving).await.header("cache-control"), "public, max-age=0, s-maxage=1", "{moving}");
    }
}

#[tokio::test]
async fn no_two_answers_share_a_tag() {
    let fixture = a_final_block().await;
    let mut tags = std::collections::BTreeSet::new();
    let asked: [(&str, &[(&'static str, &str)]); 7] = [
        ("/api/v1/pool", &[]),
        ("/api/v1/nodes", &[]),
        ("/api/v1/nodes?limit=1", &[]),
        ("/api/v1/nodes?limit=1&at=13", &[]),
        ("/api/v1/pool?at=13", &[]),
        ("/api/v1/events", &[]),
        ("/api/v1/events", &[("accept", "text/csv")]),
    ];
    for (path, headers) in asked {
        let answer = get(&fixture, path, headers).await;
        assert!(answer.header("etag").starts_with("W/\"") && tags.insert(answer.header("etag").to_owned()), "{path} {headers:?}");
        assert!(answer.headers.get_all("vary").iter().any(|value| value.to_str().unwrap().contains("accept")), "{path}");
    }
    let csv = get(&fixture, "/api/v1/events", &[("accept", "text/csv")]).await;
    let json = get(&fixture, "/api/v1/events", &[("if-none-match", csv.header("etag"))]).await;
    assert_eq!(json.status, 200, "who holds the CSV does not hold the JSON");
}

#[tokio::test]
async fn a_tag_may_be_weak_or_not_in_a_list_or_any() {
    let fixture = a_final_block().await;
    for path in ["/api/v1/pool?at=13", "/api/v1/openapi.json"] {
        let tag = fixture.get(path).await.header("etag").to_owned();
        let opaque = tag.strip_prefix("W/").unwrap();
        for held in [tag.clone(), opaque.to_owned(), format!("\"x\", {tag}"), "*".into(), " * ".into()] {
            let unchanged = get(&fixture, path, &[("if-none-match", &held)]).await;
            assert_eq!((unchanged.status.as_u16(), unchanged.header("etag")), (304, tag.as_str()), "{path} {held}");
            assert_eq!((unchanged.header("content-type"), unchanged.body.as_str()), ("", Some("")), "{path} {held}");
        }
        for other in ["\"x\"", "\"*\"", "x", ""] {
            assert_eq!(get(&fixture, path, &[("if-none-match", other)]).await.status, 200, "{path} {other}");
        }
    }
    for (path, status) in [("/api/v1/nothing", 404), ("/api/v1/nodes?limit=0", 400), ("/api/v1/status", 200)] {
        assert_eq!(get(&fixture, path, &[("if-none-match", "*")]).await.status, status, "{path}");
    }
}

#[tokio::test]
async fn the_form_that_is_wanted_more_is_sent() {
    let fixture = Fixture::start().await;
    for (accept, media) in [
        ("text/csv", "text/csv"),
        ("application/json, text/csv;q=0.1", "application/json"),
        ("text/csv;q=0.9, application/json;q=0.5", "text/csv"),
        ("text/csv;q=0", "application/json"),
        ("*/*", "application/json"),
    ] {
        let answer = get(&fixture, "/api/v1/events", &[("accept", accept)]).await;
        assert!(answer.header("content-type").starts_with(media), "{accept}: {}", answer.header("content-type"));
    }
}

#[tokio::test]
async fn head_says_what_get_would() {
    let fixture = a_final_block().await;
    for path in [
        "/api/v1/pool",
        "/api/v1/events",
        "/api/v1/nodes?limit=0",
        "/api/v1/nothing",
        "/health",
        "/ready",
        "/api/v1/openapi.json",
    ] {
        let expected = fixture.get(path).await;
        let head = fixture.client.request(Method::HEAD, format!("{}{path}", fixture.base)).send().await.unwrap();
        let head = answer(head).await;
        assert_eq!((head.status, head.body.as_str()), (expected.status, Some("")), "{path}");
        for name in ["content-type", "etag", "cache-control", "access-control-allow-origin"] {
            assert_eq!(head.header(name), expected.header(name), "{path} {name}");
        }
    }
}
