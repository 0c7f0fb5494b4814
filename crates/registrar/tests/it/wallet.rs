//! Which wallets may be a node's.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use linkpool_db::fleet::Phase;
use linkpool_primitives::{Address, checksum};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::fixture::Fixture;

#[tokio::test(flavor = "multi_thread")]
async fn a_known_node_that_shows_another_wallet_is_quarantined() {
    let fixture = Fixture::set().await;
    let node = fixture.node("").await;
    let registrar = fixture.registrar().await;
    let first = fixture.phase(&node.id, Phase::Open).await.wallet;
    let node = fixture.restart(node, "wallet-replaced").await;
    let row = fixture.phase(&node.id, Phase::Quarantined).await;
    assert!(row.last_error.unwrap().contains("it has lost its database"));
    assert_eq!(row.wallet, first);
    assert_eq!((fixture.registered().await, fixture.sent().await), (1, 2));
    registrar.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_brand_new_wallet_that_no_other_node_has_becomes_a_nodes_wallet() {
    let fixture = Fixture::set().await;
    let registrar = fixture.registrar().await;
    let node = fixture.node("").await;
    let taken = fixture.phase(&node.id, Phase::Open).await.wallet.unwrap();
    let coded = Address::repeat_byte(7);
    fixture.control("anvil_setCode", json!([coded, "0x00"])).await;
    let cases = [
        (fixture.accounts.operator, Phase::Healthy, "transactions already: a new node needs a new wallet"),
        (coded, Phase::Healthy, "is a contract: a node needs a wallet"),
        (fixture.contracts.pool, Phase::Healthy, "which can't be a node's wallet"),
        (fixture.accounts.registrar, Phase::Healthy, "which can't be a node's wallet"),
        (taken, Phase::Quarantined, "two nodes must not share a database"),
    ];
    for (wallet, phase, sentence) in cases {
        let (url, _) = node_that_shows([wallet, wallet]).await;
        let row = fixture.error(&fixture.node_at(&url).await, sentence).await;
        assert_eq!((row.phase, row.wallet), (phase, None), "{sentence}");
    }
    registrar.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_wallet_that_is_shown_only_once_is_no_reason_for_quarantine() {
    let fixture = Fixture::set().await;
    let node = fixture.node("").await;
    let registrar = fixture.registrar().await;
    let known = fixture.phase(&node.id, Phase::Open).await.wallet.unwrap();
    let (url, asked) = node_that_shows([Address::repeat_byte(7), known]).await;
    fixture.sight(&node.id, &url).await;
    let begin = std::time::Instant::now();
    while asked.load(Ordering::SeqCst) < 2 {
        assert!(begin.elapsed() < crate::fixture::WAIT_TIMEOUT, "it was not asked again");
        assert_eq!(fixture.row(&node.id).await.phase, Phase::Open);
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    // Longer than it takes to draw a conclusion.
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    assert_eq!(fixture.row(&node.id).await.phase, Phase::Open);
    registrar.stop().await;
}

/// The API of a node that shows one wallet at first and another ever after, and how often it was asked.
async fn node_that_shows(wallets: [Address; 2]) -> (String, Arc<AtomicUsize>) {
    let (listener, asked) = (TcpListener::bind("127.0.0.1:0").await.unwrap(), Arc::new(AtomicUsize::new(0)));
    let (url, count) = (format!("http://{}", listener.local_addr().unwrap()), asked.clone());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let request = request(&mut stream).await;
            let mut body = json!({ "data": { "type": "session", "id": "sessionID", "attributes": { "authenticated": true } } });
            if request.contains("/v2/keys/evm") {
                let address = checksum(&wallets[count.fetch_add(1, Ordering::SeqCst).min(1)]);
                let attributes = json!({ "address": address, "evmChainID": "31337", "disabled": false });
                body = json!({ "data": [{ "type": "eTHKeys", "id": format!("31337/{address}"), "attributes": attributes }] });
            }
            let (kind, body) = ("application/vnd.api+json", body.to_string());
            let head = format!("Content-Type: {kind}\r\nContent-Length: {}\r\nConnection: close", body.len());
            let answer = format!("HTTP/1.1 200 OK\r\nSet-Cookie: clsession=one; Path=/\r\n{head}\r\n\r\n{body}");
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    (url, asked)
}

/// The head of a request; what follows it is small and comes with it.
async fn request(stream: &mut TcpStream) -> String {
    let mut read = vec![0; 8_192];
    let length = stream.read(&mut read).await.unwrap_or_default();
    String::from_utf8_lossy(&read[..length]).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_known_node_that_starts_again_with_its_wallet_stays_open() {
    let fixture = Fixture::set().await;
    let node = fixture.node("").await;
    let registrar = fixture.registrar().await;
    fixture.phase(&node.id, Phase::Open).await;
    let node = fixture.restart(node, "").await;
    // Longer than it takes to ask for the wallet twice.
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    assert_eq!(fixture.row(&node.id).await.phase, Phase::Open);
    registrar.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wallet_that_is_registered_already_opens_without_a_second_registration() {
    let fixture = Fixture::set().await;
    let node = fixture.node("").await;
    // By hand, with the wallet's own consent and before the registrar has counted its first nonce.
    let data = fixture.registration_by_hand(&node).await;
    fixture.chain.send_unlocked(fixture.accounts.registrar, Some(fixture.contracts.pool), data).await.unwrap();
    let registrar = fixture.registrar().await;
    fixture.phase(&node.id, Phase::Open).await;
    registrar.stop().await;
    assert_eq!((fixture.registered().await, fixture.sent().await), (1, 2), "the second transaction is the funding");
}
