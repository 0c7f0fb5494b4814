//! Transfers: the role they need, and which answers say that nothing was sent. What reaches a chain is the registrar's to test.

use alloy_primitives::Address;
use linkpool_chainlink::client::Transfer;

use crate::fixture::{CHAIN, Node};

fn transfer(from: Address) -> Transfer {
    Transfer { chain_id: CHAIN, from, recipient: Address::repeat_byte(7), amount_wei: 1_234 }
}

#[tokio::test]
async fn a_transfer_that_is_refused_is_said_with_the_nodes_words() {
    let node = Node::start().await;
    let refused = async |transfer: &Transfer| node.client().send_transfer(transfer).await.expect_err("refused");
    let without_chain = refused(&transfer(node.wallet)).await;
    assert!(without_chain.to_string().contains("has no RPC endpoint"), "{without_chain}");
    assert!(!without_chain.is_transient());
    let stranger = refused(&transfer(Address::repeat_byte(9))).await;
    assert!(stranger.to_string().contains("has no RPC endpoint"), "{stranger}");
    let elsewhere = refused(&Transfer { chain_id: 1, ..transfer(node.wallet) }).await;
    assert!(elsewhere.to_string().contains("answered 422") && !elsewhere.is_transient(), "{elsewhere}");
    assert!(elsewhere.to_string().contains("chain id does not match any local chains"), "{elsewhere}");
    let nobody = refused(&transfer(Address::ZERO)).await;
    assert!(nobody.to_string().contains("withdrawal source address is missing"), "{nobody}");
}

#[tokio::test]
async fn a_504_is_not_a_refusal() {
    let node = Node::start().await;
    node.switch(&["transfer-lost"]).await;
    let error = node.client().send_transfer(&transfer(node.wallet)).await.expect_err("no answer");
    assert!(error.is_transient() && error.to_string().contains("may still have been broadcast"), "{error}");
}
