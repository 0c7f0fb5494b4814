//! The price of gas from endpoints that lack one method or another.

use linkpool_chain::{Error, Market};
use linkpool_testkit::Fault;
use serde_json::json;

use crate::fixture::{Fixture, status};

const GWEI: u128 = 1_000_000_000;

fn lacks(method: &'static str) -> linkpool_testkit::Rule {
    Fault::error(-32601, &format!("the method {method} does not exist/is not available")).on(method)
}

#[tokio::test]
async fn the_tip_comes_from_whatever_method_there_is() {
    let fixture = Fixture::with(1).await;
    let (chain, proxy) = (fixture.chain().await, &fixture.proxies[0]);
    let base_fee = chain.market(None).await.unwrap().base_fee_wei;
    let history =
        json!({ "oldestBlock": "0x1", "baseFeePerGas": [], "gasUsedRatio": [], "reward": [["0x2"], ["0x0"], ["0x7"], ["0x5"]] });
    proxy.set(lacks("eth_maxPriorityFeePerGas"));
    proxy.set(Fault::Answer(history).on("eth_feeHistory"));
    assert_eq!(chain.market(Some(9)).await.unwrap(), Market::new(base_fee, 5));
    proxy.clear();
    proxy.set(lacks("eth_maxPriorityFeePerGas"));
    proxy.set(lacks("eth_feeHistory"));
    proxy.set(Fault::Answer(json!(format!("{:#x}", base_fee + 3 * GWEI))).on("eth_gasPrice"));
    assert_eq!(chain.market(Some(9)).await.unwrap(), Market::new(base_fee, 9));
    assert_eq!(chain.market(None).await.unwrap(), Market::new(base_fee, 3 * GWEI));
    proxy.set(lacks("eth_gasPrice"));
    proxy.clear();
    for method in ["eth_maxPriorityFeePerGas", "eth_feeHistory", "eth_gasPrice"] {
        proxy.set(lacks(method));
    }
    let error = chain.market(None).await.unwrap_err();
    assert!(matches!(error, Error::NoPrice { .. }) && error.to_string().contains("transactions.tip_gwei"), "{error}");
    assert_eq!(status(&chain, "alpha").contradictions, 0);
}

#[tokio::test]
async fn a_chain_without_a_base_fee_has_a_gas_price_and_no_liars() {
    let fixture = Fixture::with(1).await;
    let (chain, proxy) = (fixture.chain().await, &fixture.proxies[0]);
    proxy.set(Fault::HeadersWithout("baseFeePerGas"));
    proxy.set(Fault::Answer(json!("0x77359400")).on("eth_gasPrice"));
    let market = chain.market(None).await.unwrap();
    assert_eq!((market.price_wei(), market.is_legacy), (2 * GWEI, true));
    assert_eq!(status(&chain, "alpha").contradictions, 0);
}
