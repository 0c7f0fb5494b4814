use std::time::{Duration, Instant};

use linkpool_chain::{EndpointState, Error};
use linkpool_testkit::{Fault, When, until};
use serde_json::json;

use crate::fixture::{EMITTER, Fixture, WAIT_TIMEOUT, curious, states, status};

/// What a slow endpoint takes for each answer.
const ANSWER_DELAY: Duration = Duration::from_secs(1);

#[tokio::test]
async fn whatever_one_endpoint_does_wrong_the_next_one_answers_and_the_first_is_named() {
    let fixture = Fixture::with(2).await;
    for (fault, state) in [
        (Fault::TimeoutBefore, EndpointState::Unreachable),
        (Fault::TimeoutAfter, EndpointState::Unreachable),
        (Fault::CloseBefore, EndpointState::Unreachable),
        (Fault::CloseAfter, EndpointState::Unreachable),
        (Fault::Status(429), EndpointState::Limited),
        (Fault::Status(500), EndpointState::Unreachable),
        (Fault::Status(502), EndpointState::Unreachable),
        (Fault::Status(503), EndpointState::Unreachable),
        (Fault::Malformed, EndpointState::Unreachable),
        (Fault::Truncated, EndpointState::Unreachable),
        (Fault::Redirect(fixture.proxies[1].http_url()), EndpointState::Unreachable),
        (Fault::rate_limited(), EndpointState::Limited),
        (Fault::error(-32011, "no backend is currently healthy to serve traffic"), EndpointState::Unreachable),
        (Fault::error(-32603, "Internal error"), EndpointState::Ok),
        (Fault::Answer(json!({ "number": "0xzz" })), EndpointState::Unreachable),
        (Fault::error(-32000, "header not found"), EndpointState::Lagging),
    ] {
        let chain = fixture.hasty_chain().await;
        let asked = fixture.proxies[1].calls("eth_getBlockByNumber");
        fixture.proxies[0].set(fault.clone());
        let header = chain.header(7).await.unwrap().unwrap();
        assert_eq!(header.block.number, 7, "{fault:?}");
        assert_eq!(fixture.proxies[1].calls("eth_getBlockByNumber"), asked + 1, "{fault:?}");
        let alpha = status(&chain, "alpha");
        assert_eq!((alpha.state, alpha.failures), (state, 1), "{fault:?}: {alpha:?}");
        assert!(alpha.last_error.unwrap().contains("`alpha`"));
        assert_eq!(status(&chain, "beta").failures, 0);
        fixture.proxies[0].clear();
    }
}

#[tokio::test]
async fn a_request_asks_each_endpoint_at_most_once() {
    let fixture = Fixture::with(3).await;
    let chain = fixture.chain().await;
    for proxy in &fixture.proxies {
        proxy.set(Fault::error(-32603, "Internal error"));
    }
    let error = chain.header(1).await.unwrap_err();
    assert!(matches!(error, Error::Rpc { .. }), "{error}");
    let calls: Vec<u64> = fixture.proxies.iter().map(|proxy| proxy.calls("eth_getBlockByNumber")).collect();
    assert_eq!(calls, [1, 1, 1]);
}

#[tokio::test]
async fn a_refusal_is_an_answer_and_nobody_else_is_asked() {
    let fixture = Fixture::with(2).await;
    let chain = fixture.chain().await;
    fixture.proxies[0].set(Fault::LogCap(3));
    let error = chain.final_logs(EMITTER, 1, 8).await.unwrap_err();
    assert!(matches!(error, Error::TooLarge { suggested: Some((1, 4)), .. }), "{error:?}");
    fixture.proxies[0].set(Fault::error(3, "execution reverted: no").on("eth_call"));
    let error = chain.simulate(EMITTER, EMITTER, Vec::new()).await.unwrap_err();
    assert!(matches!(error, Error::Reverted { .. }), "{error:?}");
    assert_eq!((fixture.proxies[1].calls("eth_getLogs"), fixture.proxies[1].calls("eth_call")), (0, 0));
    assert_eq!(states(&chain), [EndpointState::Ok; 2]);
}

#[tokio::test]
async fn with_all_endpoints_down_the_error_names_each_and_no_url() {
    let fixture = Fixture::with(2).await;
    let chain = fixture.chain().await;
    for proxy in &fixture.proxies {
        proxy.stop().await.unwrap();
    }
    let error = chain.heads().await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }));
    let text = format!("{error} {error:?} {:?} {:?}", chain.endpoints(), chain);
    assert!(error.to_string().contains("`alpha`, `beta`") && error.to_string().contains("connection refused"), "{error}");
    assert!(fixture.proxies.iter().all(|proxy| !text.contains(&proxy.port().to_string())), "{text}");
    fixture.proxies[1].resume().unwrap();
    assert_eq!(chain.heads().await.unwrap().head.number, 10);
    assert_eq!(chain.name(), "beta");
}

#[tokio::test]
async fn an_endpoint_in_pause_is_not_waited_for_where_another_answered() {
    let fixture = Fixture::with(2).await;
    let chain = fixture.chain().await;
    // The first and the second try.
    fixture.proxies[0].set(Fault::Status(503).when(When::First(2)));
    assert!(chain.header(1).await.is_ok());
    let asked = fixture.proxies[0].calls("eth_getBlockByNumber");
    // There is no block 99, by the word of an endpoint that is well.
    assert!(matches!(chain.headers(99, 99).await, Err(Error::Lagging { .. })));
    assert_eq!(fixture.proxies[0].calls("eth_getBlockByNumber"), asked);
}

#[tokio::test]
async fn a_slow_endpoint_slows_nothing_once_it_is_known() {
    let fixture = Fixture::with(2).await;
    fixture.proxies[0].set(Fault::Latency(ANSWER_DELAY));
    let chain = fixture.chain_with(curious()).await;
    until("the slow one is known", WAIT_TIMEOUT, async || {
        chain.heads().await.unwrap();
        let latency = status(&chain, "alpha").latency_ms;
        chain.name() == "beta" && latency.is_some_and(|latency| u128::from(latency) >= ANSWER_DELAY.as_millis())
    })
    .await;
    let asked = Instant::now();
    for number in 1..=10 {
        chain.header(number).await.unwrap();
    }
    assert!(asked.elapsed() < 10 * ANSWER_DELAY, "{:?}", asked.elapsed());
}

#[tokio::test]
async fn an_endpoint_that_comes_back_is_preferred_again() {
    let fixture = Fixture::with(2).await;
    let chain = fixture.chain_with(curious()).await;
    fixture.proxies[0].stop().await.unwrap();
    chain.heads().await.unwrap();
    assert_eq!((chain.name(), status(&chain, "alpha").state), ("beta", EndpointState::Unreachable));
    fixture.proxies[0].resume().unwrap();
    until("alpha is well again", WAIT_TIMEOUT, async || {
        chain.heads().await.unwrap();
        chain.name() == "alpha"
    })
    .await;
    assert_eq!(states(&chain), [EndpointState::Ok; 2]);
}
