//! Nodes that answer badly never get a wallet on chain, and each shows why in a sentence.

use std::time::{Duration, Instant};

use linkpool_db::fleet::Phase;

use crate::fixture::Fixture;

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_answers_badly_is_never_registered_and_says_why() {
    let fixture = Fixture::set().await;
    let cases = [
        ("html", Phase::Healthy, "instead of JSON"),
        ("unauthorized", Phase::Healthy, "refuses the API credentials (401)"),
        ("status=204", Phase::Healthy, "still migrating its database"),
        ("status=207", Phase::Healthy, "answered 207"),
        ("two-keys", Phase::Healthy, "has 2 enabled keys on chain 31337"),
        ("disabled-key", Phase::Healthy, "are all disabled"),
        ("other-chain", Phase::Healthy, "not for chain 31337"),
        ("bad-checksum", Phase::Healthy, "fails its EIP-55 checksum"),
        ("huge-body", Phase::Healthy, "longer than 1048576 bytes"),
        ("slow-bytes=100", Phase::Healthy, "did not finish its answer within"),
        ("redirect=http://127.0.0.1:9/", Phase::Healthy, "redirects to"),
        ("redirect=//127.0.0.1:9/v2/keys/evm", Phase::Healthy, "redirects to"),
        ("huge-headers", Phase::Healthy, "broke off its answer"),
        ("garbled", Phase::Healthy, "JSON that a Chainlink node does not send"),
        ("hang", Phase::Healthy, "did not finish its answer within"),
        ("lower-case", Phase::Healthy, "fails its EIP-55 checksum"),
        ("logins-limited", Phase::Healthy, "limits logins (429)"),
        ("status=429", Phase::Healthy, "limits logins (429)"),
        ("status=503", Phase::Healthy, "is unavailable (503)"),
        ("status=500", Phase::Healthy, "answered 500"),
        ("migrating", Phase::Healthy, "no /sessions to log in at"),
        ("two-keys,disabled-key", Phase::Healthy, "are all disabled"),
        ("no-key", Phase::Healthy, "has no EVM key yet"),
        ("no-signing", Phase::WalletKnown, "cannot sign a registration"),
        ("wrong-signature", Phase::WalletKnown, "a signature that is not by the wallet"),
    ];
    let registrar = fixture.registrar().await;
    let mut nodes = Vec::new();
    for (fault, ..) in cases {
        nodes.push(fixture.node(fault).await);
    }
    // Between all of these, a good one is not held up.
    let begin = Instant::now();
    let good = fixture.node("").await;
    fixture.phase(&good.id, Phase::Open).await;
    assert!(begin.elapsed() < Duration::from_secs(9), "it waited for an answer that takes the others ten seconds");
    for (node, (fault, phase, sentence)) in nodes.iter().zip(cases) {
        let row = fixture.error(&node.id, sentence).await;
        assert_eq!(row.phase, phase, "{fault}");
        assert!(row.retry_at.is_some(), "{fault} is not tried again");
    }
    assert_eq!((fixture.registered().await, fixture.sent().await), (1, 2));
    registrar.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_but_honest_answers_are_taken_for_what_they_are() {
    let fixture = Fixture::set().await;
    let registrar = fixture.registrar().await;
    // Unknown balances, a key on another chain as well, a node of 2021, and one with a failing check behind a working API.
    for faults in ["null-balances", "second-chain", "old-node", "failing-check"] {
        let node = fixture.node(faults).await;
        let wallet = fixture.phase(&node.id, Phase::Open).await.wallet.unwrap();
        assert!(fixture.is_registered(wallet).await, "{faults}");
    }
    assert_eq!(fixture.registered().await, 4);
    registrar.stop().await;
}
