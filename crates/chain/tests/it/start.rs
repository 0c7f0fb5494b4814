use linkpool_chain::{Chain, Endpoint, EndpointState, Error, Policy};
use linkpool_testkit::{Fault, until};

use crate::fixture::{Fixture, WAIT_TIMEOUT, curious, status};

#[tokio::test]
async fn one_endpoint_that_is_up_is_enough_to_start() {
    let fixture = Fixture::with(3).await;
    fixture.proxies[0].stop().await.unwrap();
    fixture.proxies[1].set(Fault::TimeoutBefore);
    let chain = fixture.hasty_chain().await;
    assert_eq!(chain.heads().await.unwrap().head.number, 10);
    assert_eq!((chain.name(), chain.chain_id()), ("gamma", 31337));
}

#[tokio::test]
async fn with_none_up_the_start_says_so() {
    let fixture = Fixture::with(2).await;
    for proxy in &fixture.proxies {
        proxy.stop().await.unwrap();
    }
    let error = Chain::connect_all(&fixture.endpoints(), None, Policy::default()).await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
}

#[tokio::test]
async fn an_endpoint_of_another_chain_is_left_out_and_named() {
    let fixture = Fixture::with(2).await;
    fixture.proxies[0].set(Fault::ChainId(5));
    let chain = fixture.chain().await;
    chain.heads().await.unwrap();
    let alpha = status(&chain, "alpha");
    assert_eq!((alpha.state, chain.name()), (EndpointState::WrongChain, "beta"));
    assert!(alpha.last_error.unwrap().contains("`alpha` serves chain 5, not chain 31337"));
    assert_eq!(fixture.proxies[0].calls("eth_getBlockByNumber"), 0);
}

#[tokio::test]
async fn where_all_serve_another_chain_the_start_fails() {
    let fixture = Fixture::with(2).await;
    fixture.proxies[0].set(Fault::ChainId(5));
    fixture.proxies[1].stop().await.unwrap();
    let error = Chain::connect_all(&fixture.endpoints(), Some(31337), Policy::default()).await.unwrap_err();
    assert!(matches!(error, Error::WrongChain { expected: 31337, found: 5, .. }), "{error}");
}

#[tokio::test]
async fn an_endpoint_that_comes_back_with_another_chain_is_left_out() {
    let fixture = Fixture::with(2).await;
    let chain = fixture.chain_with(curious()).await;
    fixture.proxies[0].stop().await.unwrap();
    chain.heads().await.unwrap();
    fixture.proxies[0].set(Fault::ChainId(5));
    fixture.proxies[0].resume().unwrap();
    until("the other chain is noticed", WAIT_TIMEOUT, async || {
        chain.heads().await.unwrap();
        status(&chain, "alpha").state == EndpointState::WrongChain
    })
    .await;
    assert_eq!(chain.name(), "beta");
}

#[tokio::test]
async fn endpoints_need_names_of_their_own() {
    let endpoint = Endpoint::named("alpha", "http://127.0.0.1:1").unwrap();
    for endpoints in [vec![], vec![endpoint.clone(), endpoint.clone()], vec![Endpoint { name: String::new(), ..endpoint }]] {
        let error = Chain::connect_all(&endpoints, None, Policy::default()).await.unwrap_err();
        assert!(matches!(error, Error::Names), "{error}");
    }
}
