//! What a careless or hostile client sends: it gets a plain answer or a problem, and nothing of ours grows by it.

use reqwest::Method;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::fixture::{Fixture, WAIT_TIMEOUT, answer};

/// Sends bytes as they are and returns the first line and the rest of the answer.
async fn raw(fixture: &Fixture, request: &[u8]) -> (String, String) {
    let mut socket = TcpStream::connect(fixture.base.strip_prefix("http://").unwrap()).await.unwrap();
    // The server may answer and close before it has read all.
    let _ = socket.write_all(request).await;
    let mut bytes = Vec::new();
    let _ = tokio::time::timeout(WAIT_TIMEOUT, socket.read_to_end(&mut bytes)).await.expect("the connection ends");
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let (first, rest) = text.split_once("\r\n").unwrap_or((&text, ""));
    (first.to_owned(), rest.to_owned())
}

#[tokio::test]
async fn a_path_or_query_that_is_too_long_is_refused_and_not_repeated() {
    let fixture = Fixture::start().await;
    for (path, status, code) in [
        (format!("/api/v1/nodes/{}", "a".repeat(3_000)), 414, "uri-too-long"),
        (format!("/{}", "a/".repeat(10_000)), 414, "uri-too-long"),
        (format!("/api/v1/nodes?q={}", "a".repeat(3_000)), 400, "invalid-parameter"),
        (format!("/api/v1/nodes?{}", "a&".repeat(1_000)), 400, "invalid-parameter"),
    ] {
        let response = fixture.send(&path, &[]).await;
        let length = response.content_length().unwrap();
        let answer = answer(response).await;
        assert_eq!((answer.status.as_u16(), answer.problem()), (status, code), "{} bytes", path.len());
        assert!(length < 2_500, "{} bytes are answered with {length}", path.len());
    }
}

#[tokio::test]
async fn a_request_that_no_server_could_read_ends_the_connection() {
    let fixture = Fixture::start().await;
    let long = format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "a".repeat(70_000));
    for (request, status) in [(long.as_str(), "414"), ("GET\r\n\r\n", "400"), ("\u{0}\u{1}\r\n\r\n", "400")] {
        let (first, _) = raw(&fixture, request.as_bytes()).await;
        assert!(first.starts_with(&format!("HTTP/1.1 {status}")), "{first}");
    }
    assert_eq!(fixture.get("/health").await.status, 200);
}

#[tokio::test]
async fn encoded_characters_are_decoded_once() {
    let fixture = Fixture::start().await;
    for (path, status) in [
        ("/api/v1/%6Eodes", 404),
        ("/api/v1/nodes?%6Cimit=1", 200),
        ("/api/v1/nodes?limit=%31", 200),
        ("/api/v1/nodes?limit=%2531", 400),
        ("/api/v1/nodes?limit=%FF", 400),
        ("/api/v1/nodes?limit=%", 400),
        ("/api/v1/nodes?limit=1%00", 400),
        ("/api/v1/nodes?limit=1%0A", 400),
        ("/api/v1/stakers/%30xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1", 200),
        ("/api/v1/stakers/0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1%2F", 400),
        ("/api/v1/stakers/%C0%AF", 400),
        ("/api/v1/stakers/..%2F..%2Fetc%2Fpasswd", 400),
        ("/assets/..%2F..%2FCargo.toml", 404),
    ] {
        let answer = fixture.get(path).await;
        assert_eq!(answer.status.as_u16(), status, "{path}: {}", answer.body);
        if status != 200 {
            answer.problem();
        }
    }
}

#[tokio::test]
async fn a_body_a_range_and_an_expectation_change_nothing() {
    let fixture = Fixture::start().await;
    let url = format!("{}/api/v1/config", fixture.base);
    let with_body = fixture.client.get(&url).body("x".repeat(100_000)).send().await.unwrap();
    assert_eq!(with_body.status(), 200);
    let range = fixture.client.get(&url).header("range", "bytes=0-9").send().await.unwrap();
    assert_eq!((range.status().as_u16(), range.headers().get("content-range")), (200, None));
    assert!(range.content_length().unwrap() > 10);
    let head = "GET /api/v1/config HTTP/1.1\r\nhost: x\r\nconnection: close\r\n";
    for extra in ["expect: 100-continue\r\ncontent-length: 1000000000\r\n", "transfer-encoding: chunked\r\n"] {
        let (first, rest) = raw(&fixture, format!("{head}{extra}\r\n").as_bytes()).await;
        assert!(first == "HTTP/1.1 200 OK" && rest.contains("pool_address"), "{extra}: {first}");
    }
}

#[tokio::test]
async fn any_other_method_is_refused_by_name() {
    let fixture = Fixture::start().await;
    for method in ["POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "GETS", "get"] {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        for path in ["/api/v1/nodes", "/api/v1/stream", "/api/v1/openapi.json", "/health", "/problems/not-found", "/", "/nothing"]
        {
            let request = fixture.client.request(method.clone(), format!("{}{path}", fixture.base));
            let answer = answer(request.send().await.unwrap()).await;
            assert_eq!((answer.status.as_u16(), answer.problem()), (405, "method-not-allowed"), "{method} {path}");
            assert!(answer.header("allow").contains("GET"), "{method} {path}");
        }
    }
    let long = Method::from_bytes("M".repeat(3_000).as_bytes()).unwrap();
    let answer = answer(fixture.client.request(long, format!("{}/api/v1/nodes", fixture.base)).send().await.unwrap()).await;
    assert!(answer.body["detail"].as_str().unwrap().len() < 100);
}

#[tokio::test]
async fn of_a_thousand_streams_of_one_client_twenty_are_open() {
    let fixture = Fixture::start().await;
    let (mut open, mut refused) = (Vec::new(), 0);
    for _ in 0..1_000 {
        let response = fixture.send("/api/v1/stream", &[]).await;
        match response.status().as_u16() {
            200 => open.push(response),
            429 => refused += 1,
            status => panic!("{status}"),
        }
    }
    assert_eq!((open.len(), refused), (20, 980));
    assert_eq!(fixture.get("/health").await.status, 200);
}
