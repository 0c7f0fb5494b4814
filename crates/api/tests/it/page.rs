//! The page is served with the headers that keep it to itself, and without a demo wallet.

use crate::fixture::{Fixture, answer};

/// The first line of the demo wallet.
const MARKER: &str = "linkpool-demo-wallet";

#[tokio::test]
async fn every_path_of_the_page_is_the_page() {
    let fixture = Fixture::start().await;
    for path in [
        "/",
        "/status",
        "/positions",
        "/pool",
        "/help",
        "/nodes",
        "/stakers/0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "/nodes/0x12",
    ] {
        let page = fixture.get(path).await;
        assert!(page.header("content-type").starts_with("text/html"), "{path}");
        let policy = page.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';") && !policy.contains("unsafe"),
            "{policy}"
        );
        assert_eq!(page.header("x-content-type-options"), "nosniff");
        let text = page.body.as_str().unwrap();
        // A clone in which the page was not built says how to build it.
        assert!(text.contains("id=\"app\"") || (page.status == 503 && text.contains("cargo xtask web")), "{text}");
    }
}

#[tokio::test]
async fn a_browser_that_holds_the_page_is_not_sent_it_again() {
    let fixture = Fixture::start().await;
    let first = fixture.get("/").await;
    // A clone in which the page was not built has nothing to hold.
    if first.status == 503 {
        return;
    }
    let tag = first.header("etag");
    assert!(tag.len() > 4, "the page has no validator: {tag}");
    for (held, status) in [(tag, 304), (&format!("\"other\", {tag}"), 304), ("W/\"other\"", 200)] {
        let ask = fixture.client.get(format!("{}/", fixture.base)).header("if-none-match", held);
        let answer = answer(ask.send().await.unwrap()).await;
        assert_eq!((answer.status.as_u16(), answer.header("etag")), (status, tag), "{held}");
    }
}

#[tokio::test]
async fn a_file_comes_as_the_build_compressed_it_to_whoever_takes_that() {
    let fixture = Fixture::start().await;
    let page = fixture.get("/").await;
    let Some(script) = page.body.as_str().unwrap().split('"').find(|part| part.starts_with("/assets/") && part.ends_with(".js"))
    else {
        assert_eq!(page.status, 503, "a page without a script");
        return;
    };
    for (accepted, is_compressed) in [("gzip, br", true), ("br;q=0, identity", false), ("identity", false)] {
        let ask = fixture.client.get(format!("{}{script}", fixture.base)).header("accept-encoding", accepted);
        let sent = ask.send().await.unwrap();
        let encoding = sent.headers().get("content-encoding").map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(encoding.as_deref() == Some("br"), is_compressed, "{accepted}: {encoding:?}");
        assert_eq!(sent.headers()["content-type"], "text/javascript; charset=utf-8");
        assert!(sent.headers()["vary"].to_str().unwrap().contains("accept-encoding"));
    }
}

#[tokio::test]
async fn an_unknown_path_is_the_page_to_a_person_and_a_problem_to_a_program() {
    let fixture = Fixture::start().await;
    let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    for path in ["/nowhere", "/position", "/operator/nodes", "/operator/index.html", "/assets/of-an-older-build.js"] {
        let ask = fixture.client.get(format!("{}{path}", fixture.base));
        let page = answer(ask.header("accept", browser).send().await.unwrap()).await;
        assert_eq!(page.status, 404, "{path}");
        assert!(page.header("content-type").starts_with("text/html"), "{path}");
        assert!(page.header("content-security-policy").starts_with("default-src 'none'"), "{path}");
        for accept in ["application/json", "*/*"] {
            let ask = fixture.client.get(format!("{}{path}", fixture.base)).header("accept", accept);
            let program = answer(ask.send().await.unwrap()).await;
            assert_eq!((program.status.as_u16(), program.problem()), (404, "not-found"), "{path} {accept}");
            assert!(program.header("vary").contains("accept"), "{path} {accept}");
        }
    }
    // The API's own paths are for programs, whoever asks.
    let ask = fixture.client.get(format!("{}/api/v1/nowhere", fixture.base)).header("accept", browser);
    assert_eq!(answer(ask.send().await.unwrap()).await.problem(), "not-found");
}

#[tokio::test]
async fn an_api_without_a_development_chain_offers_no_demo_wallet() {
    let fixture = Fixture::start().await;
    for path in ["/dev/wallet.js", "/dev/accounts", "/dev/rpc"] {
        assert_eq!(fixture.get(path).await.problem(), "not-found", "{path}");
    }
    let post = fixture
        .client
        .post(format!("{}/dev/rpc", fixture.base))
        .json(&serde_json::json!({ "method": "eth_chainId" }))
        .send()
        .await
        .unwrap();
    assert!(answer(post).await.status.is_client_error());
    assert!(!fixture.get("/").await.body.as_str().unwrap().contains("/dev/"));
}

#[cfg(not(feature = "dev"))]
#[test]
fn a_build_without_the_feature_holds_no_demo_wallet() {
    let this = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    // The marker stands in this test as well, so it is looked for with what follows it in the wallet.
    let needle = format!("// {MARKER}\n//");
    assert!(!this.windows(needle.len()).any(|bytes| bytes == needle.as_bytes()));
}

#[cfg(not(feature = "dev"))]
#[tokio::test]
async fn a_build_without_the_feature_refuses_to_offer_one() {
    let (_test_database, database) = crate::fixture::database().await;
    let dev = linkpool_api::DevConfig { rpc_url: "http://127.0.0.1:1".into(), accounts: Vec::new() };
    let config = linkpool_api::ApiConfig { dev: Some(dev), ..linkpool_api::ApiConfig::default() };
    let refused = linkpool_api::router(config, database.reader().clone(), tokio_util::sync::CancellationToken::new());
    assert!(matches!(refused, Err(linkpool_api::Error::NoDemoWallet)));
}

#[cfg(feature = "dev")]
#[test]
fn a_build_with_the_feature_holds_the_marker() {
    let this = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    let needle = format!("// {MARKER}\n//");
    assert!(this.windows(needle.len()).any(|bytes| bytes == needle.as_bytes()));
}
