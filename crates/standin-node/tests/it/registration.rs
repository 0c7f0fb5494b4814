//! The stand-in's own endpoint: the wallet signs its registration.

use alloy_primitives::{Address, address};
use linkpool_chainlink::Registration;

use crate::fixture::{CHAIN, Node};

pub fn registration(wallet: Address) -> Registration {
    let pool = address!("0x5FbDB2315678afecb367f032d93F642f64180aa3");
    Registration { chain_id: CHAIN, pool, wallet, deadline: 1_900_000_000 }
}

#[tokio::test]
async fn the_wallet_signs_its_own_registration_and_nobody_elses() {
    let node = Node::start().await;
    let client = node.client();
    let own = registration(node.wallet);
    let signature = client.sign_registration(&own).await.unwrap();
    assert!(own.is_signed_by_wallet(&signature));

    let other = registration(Address::repeat_byte(9));
    assert_eq!(client.sign_registration(&other).await.map_err(|error| error.code()), Err("wrong_signature"));
    let elsewhere = Registration { chain_id: 1, ..own };
    assert_eq!(client.sign_registration(&elsewhere).await.map_err(|error| error.code()), Err("unexpected_status"));
}

#[tokio::test]
async fn a_stock_node_and_a_wrong_signature_are_told_apart() {
    let node = Node::start().await;
    for (fault, code) in [("no-signing", "cannot_sign"), ("wrong-signature", "wrong_signature")] {
        node.switch(&[fault]).await;
        let outcome = node.client().sign_registration(&registration(node.wallet)).await;
        assert_eq!(outcome.map_err(|error| error.code()), Err(code), "{fault}");
    }
}

#[tokio::test]
async fn a_node_with_two_keys_signs_with_none() {
    let node = Node::start().await;
    assert_eq!(node.post("v2/keys/evm?evmChainID=31337", serde_json::json!({})).await.status(), 200);
    assert_eq!(node.post("v2/keys/evm?evmChainID=1", serde_json::json!({})).await.status(), 404);
    assert_eq!(node.post("v2/keys/evm?evmChainID=x", serde_json::json!({})).await.status(), 400);
    assert_eq!(node.post("v2/keys/evm", serde_json::json!({})).await.status(), 500, "chainID is empty");
    let client = node.client();
    assert_eq!(client.wallet(CHAIN).await.map_err(|error| error.code()), Err("several_keys"));
    let error = client.sign_registration(&registration(node.wallet)).await.expect_err("two keys");
    assert!(error.to_string().contains("more than one key"), "{error}");
}
