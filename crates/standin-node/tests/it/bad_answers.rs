//! No bad answer of a node is ever a wallet, and each is said in a sentence of its own.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use linkpool_chainlink::client::{Error, ErrorKind, Limits, WalletError};
use tokio::net::TcpListener;

use crate::fixture::{CHAIN, Node, client, password};

/// Fault, code of the error, a piece of its sentence.
const BAD_ANSWERS: [(&str, &str, &str); 20] = [
    ("html", "not_json", "text/html instead of JSON"),
    ("unauthorized", "credentials_refused", "refuses the API credentials (401)"),
    ("status=204", "migrating", "answered 204 without content"),
    ("status=207", "unexpected_status", "answered 207, which this call never should"),
    ("status=429", "rate_limited", "limits requests (429)"),
    ("status=500", "unexpected_status", "answered 500"),
    ("status=503", "unavailable", "is unavailable (503)"),
    ("migrating", "no_key_list", "neither /v2/keys/evm nor /v2/keys/eth"),
    ("garbled", "malformed", "JSON that a Chainlink node does not send"),
    ("huge-body", "body_too_large", "longer than 1048576 bytes"),
    ("huge-headers", "broken_answer", "broke off its answer"),
    ("slow-bytes=20", "timed_out", "did not finish its answer within 1000 ms"),
    ("hang", "timed_out", "did not finish its answer within 1000 ms"),
    ("no-key", "no_key", "has no EVM key yet"),
    ("two-keys", "several_keys", "has 2 enabled keys on chain 31337"),
    ("disabled-key", "disabled_only", "are all disabled"),
    ("other-chain", "other_chain", "are for chain 1, not for chain 31337"),
    ("bad-checksum", "bad_address", "fails its EIP-55 checksum"),
    ("lower-case", "bad_address", "fails its EIP-55 checksum"),
    ("two-keys,disabled-key", "disabled_only", "2 key(s) on chain 31337"),
];

#[tokio::test]
async fn every_bad_answer_is_its_own_sentence_and_never_a_wallet() {
    let node = Node::start().await;
    let client = node.client_with(Limits { request_timeout: Duration::from_secs(1), ..Limits::default() });
    let mut sentences = HashMap::new();
    for (faults, code, sentence) in BAD_ANSWERS {
        assert_eq!(client.wallet(CHAIN).await, Ok(node.wallet), "before {faults}");
        node.switch(&faults.split(',').collect::<Vec<_>>()).await;
        let begin = Instant::now();
        let error = client.wallet(CHAIN).await.expect_err(faults);
        assert!(begin.elapsed() < Duration::from_secs(30), "{faults}: one second is the limit");
        assert_eq!(error.code(), code, "{faults}: {error}");
        let said = error.to_string();
        assert!(said.contains(sentence), "{faults}: {said}");
        assert!(!said.contains('\n') && said.len() < 400, "{faults}: {said}");
        if let Some(other) = sentences.insert(said.clone(), faults) {
            let told_apart = matches!((other, faults), ("slow-bytes=20", "hang"));
            assert!(told_apart || code == "bad_address", "{other} and {faults} are both: {said}");
        }
        node.switch(&[]).await;
    }
}

#[tokio::test]
async fn odd_but_good_answers_still_name_the_wallet() {
    let node = Node::start().await;
    let client = node.client();
    for fault in ["null-balances", "second-chain", "old-node", "failing-check", "no-signing"] {
        node.switch(&[fault]).await;
        assert_eq!(client.wallet(CHAIN).await, Ok(node.wallet), "{fault}");
        let listed = client.evm_keys(CHAIN).await.unwrap();
        assert_eq!(listed.len(), 1, "{fault}");
        assert_eq!(listed[0].balance_wei.is_none(), fault == "null-balances", "{fault}");
        assert_eq!(listed[0].balance_juels, None, "{fault}: no token is known on this chain");
    }
    assert_eq!(client.wallet(1).await.map_err(|error| error.code()), Err("other_chain"));
}

#[tokio::test]
async fn of_a_huge_body_only_the_limit_and_one_piece_are_read() {
    let node = Node::start().await;
    node.switch(&["huge-body"]).await;
    let limits = Limits::default();
    let error = node.client_with(limits).evm_keys(CHAIN).await.expect_err("100 MB");
    let ErrorKind::BodyTooLarge { read_bytes, limit_bytes } = error.kind else { panic!("{error}") };
    assert_eq!(limit_bytes, limits.body_bytes);
    // The HTTP library reads at most this much ahead.
    let piece = 512 * 1024;
    assert!((limit_bytes..=limit_bytes + piece).contains(&read_bytes), "{read_bytes}");
}

#[tokio::test]
async fn a_redirect_is_not_followed_with_or_without_credentials() {
    let node = Node::start().await;
    let elsewhere = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = format!("http://{}/v2/keys/evm", elsewhere.local_addr().unwrap());
    node.switch(&[&format!("redirect={target}")]).await;

    for credentials in [node.token.clone(), password()] {
        let error = client(node.address, Limits::default(), credentials).wallet(CHAIN).await.expect_err("redirected");
        assert_eq!(error.code(), "redirected");
        assert!(error.to_string().contains(&target), "{error}");
        assert!(!error.is_transient());
    }
    let accepted = tokio::time::timeout(Duration::from_millis(1), elsewhere.accept()).await;
    assert!(accepted.is_err(), "the other host was contacted");
}

#[tokio::test]
async fn nobody_listening_is_a_refusal_and_may_pass() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let error = client(address, Limits::default(), password()).wallet(CHAIN).await.expect_err("nobody listens");
    assert!(matches!(error, WalletError::Api(Error { kind: ErrorKind::Refused, .. })), "{error}");
    assert!(error.is_transient());
}

#[tokio::test]
async fn a_peer_that_does_not_speak_http_is_a_broken_answer() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let peer = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut stream, b"SSH-2.0-OpenSSH_9.2\x1b[2J\r\n").await.unwrap();
    });
    let error = client(address, Limits::default(), password()).wallet(CHAIN).await.expect_err("not HTTP");
    assert_eq!(error.code(), "broken_answer");
    assert!(error.to_string().chars().all(|c| !c.is_control()), "{error:?}");
    peer.await.unwrap();
}
