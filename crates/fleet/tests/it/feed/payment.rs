//! The payment by which a wallet proves itself.

use linkpool_db::fleet::{ProofMode, TransferProof};
use linkpool_primitives::Address;
use linkpool_testkit::until;

use super::fixture::{Feeding, Node, REGISTRAR};
use crate::fixture::PATIENCE_TIME;

const PAY: &str = "POST /v2/transfers/evm";

async fn challenge(feeding: &Feeding, node: &Node, recipient: Address, amount_wei: u128) -> TransferProof {
    let proposed = TransferProof::new(node.wallet, recipient, amount_wei, 1);
    feeding.database().transfer_proof(&node.id, &proposed).await.unwrap()
}

/// As the registrar sees it.
async fn seen(feeding: &Feeding, node: &Node) -> TransferProof {
    challenge(feeding, node, REGISTRAR, 7).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_is_sent_once_for_each_request_and_by_nobody_unasked() {
    let feeding = Feeding::set().await;
    let node = feeding.node(ProofMode::Transfer).await;
    node.proxy.answer(PAY, 200, "{}");
    challenge(&feeding, &node, REGISTRAR, 7).await;
    let fleet = feeding.fleet().await;
    feeding.until_fed(&node, 0).await;
    assert_eq!(node.proxy.count(PAY), 0, "nobody has asked for it");
    for _ in 0..3 {
        feeding.database().want_transfer(&node.id).await.unwrap();
    }
    until("it is taken up", PATIENCE_TIME, async || seen(&feeding, &node).await.asked_at.is_some()).await;
    until("it is asked for", PATIENCE_TIME, async || node.proxy.count(PAY) == 1).await;
    drop(fleet);
    // Whoever comes next finds nothing to do until somebody asks again.
    let (tried, _fleet) = (node.proxy.seen().len(), feeding.fleet().await);
    until("a look of the next fleet", PATIENCE_TIME, async || node.proxy.seen().len() > tried).await;
    assert_eq!(node.proxy.count(PAY), 1);
    feeding.database().want_transfer(&node.id).await.unwrap();
    until("it is asked for again", PATIENCE_TIME, async || node.proxy.count(PAY) == 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_but_who_may_register_nodes_is_paid_and_nothing_beyond_a_millionth_of_an_ether() {
    let feeding = Feeding::set().await;
    let too_much = u128::from(TransferProof::LARGEST_WEI) + 1;
    let stranger = Address::repeat_byte(0x66);
    for (recipient, amount, part) in [(stranger, 7, "does not let that account register nodes"), (REGISTRAR, too_much, "at most")]
    {
        let node = feeding.node(ProofMode::Transfer).await;
        node.proxy.answer(PAY, 200, "{}");
        challenge(&feeding, &node, recipient, amount).await;
        feeding.database().want_transfer(&node.id).await.unwrap();
        let _fleet = feeding.fleet().await;
        until(part, PATIENCE_TIME, async || seen(&feeding, &node).await.refusal.is_some_and(|said| said.contains(part))).await;
        assert_eq!((node.proxy.count(PAY), seen(&feeding, &node).await.asked_at), (0, None));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_node_says_is_told_as_sent_nothing_or_left_to_be_found_on_the_chain() {
    let feeding = Feeding::set().await;
    let low = r#"{"errors":[{"detail":"balance is too low: <nil>"}]}"#;
    let cases = [
        (422, low, Some("balance is too low")),
        (403, "{}", Some("role is too low")),
        (504, "{}", None),
        (500, "{}", None),
        (0, "", None),
    ];
    let mut nodes = Vec::new();
    for (status, body, refusal) in cases {
        let node = feeding.node(ProofMode::Transfer).await;
        node.proxy.answer(PAY, status, body);
        challenge(&feeding, &node, REGISTRAR, 7).await;
        feeding.database().want_transfer(&node.id).await.unwrap();
        nodes.push((node, refusal));
    }
    let _fleet = feeding.fleet().await;
    for (node, refusal) in &nodes {
        until("it is asked for", PATIENCE_TIME, async || node.proxy.count(PAY) > 0).await;
        match refusal {
            Some(part) => {
                until(part, PATIENCE_TIME, async || seen(&feeding, node).await.refusal.is_some_and(|said| said.contains(part)))
                    .await;
                assert_eq!(seen(&feeding, node).await.asked_at, None, "nothing is on its way");
            }
            None => {
                let seen = seen(&feeding, node).await;
                assert!(seen.asked_lately && seen.refusal.is_none(), "it may be on its way: {seen:?}");
            }
        }
        assert_eq!(node.proxy.count(PAY), 1);
    }
}
