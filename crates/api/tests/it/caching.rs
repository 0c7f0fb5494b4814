//! An answer is named by its block, and a client that holds it gets 304.

use crate::fixture::{DEADLINE, Fixture};

#[tokio::test]
async fn who_holds_the_answer_of_this_block_gets_304() {
    let mut fixture = Fixture::start().await;
    let first = fixture.get("/api/v1/nodes").await;
    assert_eq!(first.header("cache-control"), "public, max-age=0, s-maxage=1");
    let tag = first.header("etag").to_owned();
    assert!(tag.starts_with("W/\""), "{tag}");
    // The follower may need a moment to see the first block.
    let held = async |fixture: &Fixture| fixture.send("/api/v1/nodes", &[("if-none-match", &tag)]).await;
    tokio::time::timeout(DEADLINE, async { while held(&fixture).await.status() != 304 {} }).await.unwrap();
    let unchanged = held(&fixture).await;
    assert_eq!(unchanged.headers()["etag"], tag);
    assert!(unchanged.bytes().await.unwrap().is_empty());
    fixture.story.mine(12).await;
    tokio::time::timeout(DEADLINE, async { while held(&fixture).await.status() != 200 {} }).await.unwrap();
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
    assert_eq!(fixture.get("/health").await.header("access-control-allow-origin"), "");
}

#[tokio::test]
async fn a_large_answer_is_compressed() {
    let fixture = Fixture::start().await;
    let response = fixture.send("/api/v1/openapi.json", &[("accept-encoding", "gzip")]).await;
    assert_eq!(response.headers()["content-encoding"], "gzip");
}
