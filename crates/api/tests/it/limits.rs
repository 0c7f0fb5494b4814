//! A client that asks too much is told to wait, and how long.

use futures_util::future::join_all;
use linkpool_api::{ApiConfig, Limits};

use crate::fixture::Fixture;

/// Far more than are earned while they are on their way.
const CROWD: usize = 200;

fn config(limits: Limits) -> ApiConfig {
    ApiConfig { limits, trust_forwarded_for: true, ..ApiConfig::default() }
}

#[tokio::test]
async fn too_many_requests_are_429_with_the_time_to_wait() {
    let fixture = Fixture::with(config(Limits { requests_per_second: 1, burst: 3, ..Limits::default() })).await;
    let first = fixture.get("/api/v1/config").await;
    assert_eq!((first.status.as_u16(), first.header("ratelimit")), (200, "\"default\";r=2;t=0"));
    assert_eq!(first.header("ratelimit-policy"), "\"default\";q=3;w=3");
    // However slow the machine, it does not take a second for each of them.
    let crowd = join_all((0..CROWD).map(|_| fixture.get("/api/v1/config"))).await;
    let (answered, refused): (Vec<_>, Vec<_>) = crowd.into_iter().partition(|answer| answer.status == 200);
    assert!(answered.len() >= 2 && !refused.is_empty(), "{} of {CROWD} are answered", answered.len());
    for answer in refused {
        assert_eq!((answer.status.as_u16(), answer.problem(), answer.header("retry-after")), (429, "rate-limited", "1"));
    }
    assert_eq!(fixture.get("/health").await.status, 200, "a load balancer is never limited");
    let other = fixture.send("/api/v1/config", &[("x-forwarded-for", "203.0.113.9")]).await;
    assert_eq!(other.status(), 200, "another client has its own requests");
}

#[tokio::test]
async fn a_client_may_hold_only_so_many_streams() {
    let fixture = Fixture::with(config(Limits { streams_per_client: 2, ..Limits::default() })).await;
    let (first, _second) = (fixture.send("/api/v1/stream", &[]).await, fixture.send("/api/v1/stream", &[]).await);
    let refused = fixture.get("/api/v1/stream").await;
    assert_eq!((refused.status.as_u16(), refused.problem()), (429, "too-many-streams"));
    drop(first);
    // The server notices a closed connection when it looks; a new stream then takes the place.
    let opened = async { while fixture.send("/api/v1/stream", &[]).await.status() != 200 {} };
    tokio::time::timeout(crate::fixture::WAIT_TIMEOUT, opened).await.unwrap();
}

#[tokio::test]
async fn who_opens_a_connection_and_says_half_a_header_loses_it_and_nobody_else_waits() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let fixture = Fixture::start().await;
    let address = fixture.base.strip_prefix("http://").unwrap();
    let mut silent = tokio::net::TcpStream::connect(address).await.unwrap();
    silent.write_all(b"GET /health HTTP/1.1\r\nhost: ").await.unwrap();
    assert_eq!(fixture.get("/health").await.status, 200);
    let mut rest = Vec::new();
    let ended = tokio::time::timeout(crate::fixture::WAIT_TIMEOUT, silent.read_to_end(&mut rest)).await;
    assert!(ended.is_ok(), "the server waits for the rest of the header");
}
