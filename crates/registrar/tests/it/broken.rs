//! What a node, a wallet or a list may do to the registrar, and must not.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering},
    },
    time::{Duration, Instant},
};

use alloy::primitives::U256;
use linkpool_contracts::pool::{nodeAtCall, retireNodeCall};
use linkpool_db::{
    fleet::{OperatorRequest, OperatorRequestOutcome, PairHealth, Phase, ProofMode},
    tx::{Account, NewTransactionRequest, RequestState, TransactionFilter, TransactionKind},
};
use linkpool_primitives::Address;
use linkpool_registrar::{Funding, ListedNode, Listing, NodeAddress, RegistrarConfig, failpoint};
use linkpool_testkit::until;
use linkpool_tx_manager::FailPoints;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::fixture::{Fixture, WAIT_TIMEOUT};

/// Wallets are looked at often, and may be paid again at once.
fn quick_funding(fixture: &Fixture) -> RegistrarConfig {
    let funding = Funding { pause: Duration::ZERO, wallet_payments_per_day: 100, ..Funding::default() };
    RegistrarConfig { funding, funding_interval: Duration::from_millis(50), ..fixture.config() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wallet_that_has_got_code_gets_no_ether_and_does_not_end_the_registrar() {
    let fixture = Fixture::set().await;
    let node = fixture.node("").await;
    let registrar = fixture.registrar_with(quick_funding(&fixture), FailPoints::default()).await;
    let wallet = fixture.phase(&node.id, Phase::Open).await.wallet.unwrap();
    fixture.chain.mine(4).await.unwrap();
    // Reverts with `Error("\0")`, which is no text that a database takes.
    let code = format!("0x7f08c379a0{}6000526020600452600160245260646000fd", "00".repeat(28));
    fixture.control("anvil_setCode", json!([wallet, code])).await;
    fixture.chain.set_balance(wallet, 1).await.unwrap();
    fixture.error(&node.id, "the wallet has code now").await;
    assert_eq!((fixture.chain.balance(wallet).await.unwrap(), fixture.sent().await), (1, 2));
    registrar.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_released_after_its_registration_was_cancelled_opens_where_the_indexer_has_a_say() {
    let fixture = Fixture::set().await;
    let node = fixture.node("").await;
    let config = || RegistrarConfig { require_indexed: true, ..fixture.config() };
    let registrar = fixture.registrar_with(config(), FailPoints::once(failpoint::PROVEN)).await;
    registrar.stopped_at(failpoint::PROVEN).await;
    let all = fixture.database.transactions(&TransactionFilter { limit: 9, ..Default::default() }).await.unwrap();
    let register = all.iter().find(|view| view.kind == "register").unwrap();
    assert!(fixture.database.cancel_queued(register.id, "a test").await.unwrap());
    assert_eq!(fixture.row(&node.id).await.phase, Phase::Quarantined);
    let operator_request = OperatorRequest { node_id: &node.id, actor: "a test", reason: "it was a mistake", dry_run: false };
    assert_eq!(fixture.database.release_node(&operator_request).await.unwrap(), OperatorRequestOutcome::Done);
    let registrar = fixture.registrar_with(config(), FailPoints::default()).await;
    until("the registration", WAIT_TIMEOUT, async || fixture.registered().await == 1).await;
    let wallet = fixture.phase(&node.id, Phase::Registering).await.wallet.unwrap();
    fixture.indexed(wallet);
    fixture.phase(&node.id, Phase::Open).await;
    assert_eq!(fixture.registered().await, 1);
    registrar.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_nodes_than_are_looked_at_at_once_are_all_looked_at() {
    let fixture = Fixture::set().await;
    let login = fixture.directory.path().join("login");
    fs::write(&login, "a@b\nsecret\n").unwrap();
    fs::set_permissions(&login, fs::Permissions::from_mode(0o600)).unwrap();
    // Nobody listens there, so each look is over at once.
    let address = NodeAddress {
        urls: vec!["http://127.0.0.1:9".into()],
        credentials_file: login,
        admin_credentials_file: None,
        proof: ProofMode::Signature,
    };
    let nodes = (0..70).map(|index| ListedNode { name: format!("n{index:02}"), address: address.clone() }).collect();
    let listing = Listing { nodes, directory: None, interval: Duration::from_millis(200) };
    let registrar = fixture.registrar_with(RegistrarConfig { listing, ..fixture.config() }, FailPoints::default()).await;
    until("a look at every node", WAIT_TIMEOUT, async || fixture.sql("select 1 from fleet_replica").len() == 70).await;
    registrar.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_the_account_cannot_make_holds_up_no_other() {
    let fixture = Fixture::set().await;
    fixture.chain.set_balance(fixture.accounts.registrar, 40_000_000_000_000_000).await.unwrap();
    let account = Account { chain_id: fixture.chain.chain_id(), address: fixture.accounts.registrar };
    fixture.database.signer_nonce(&account, 0).await.unwrap();
    let dear = NewTransactionRequest::ether(
        TransactionKind::TopUp,
        Address::repeat_byte(9),
        50_000_000_000_000_000,
        20_000_000_000_000_000,
    );
    let cheap = NewTransactionRequest::ether(TransactionKind::Fund, Address::repeat_byte(8), 1_000_000_000, 1_000_000_000);
    fixture.database.submit_request(&account, "dear", &dear).await.unwrap();
    fixture.database.submit_request(&account, "cheap", &cheap).await.unwrap();
    let registrar = fixture.registrar().await;
    let state = async |key| {
        let id = fixture.database.find_transaction(key).await.unwrap().unwrap();
        fixture.database.transaction(id).await.unwrap().unwrap().state
    };
    until("the cheap payment", WAIT_TIMEOUT, async || state("cheap").await == RequestState::Done).await;
    assert_eq!(state("dear").await, RequestState::Queued);
    let held_up = "select attempts from transaction_request where idempotency_key = 'cheap' and attempts > 0";
    assert!(fixture.sql(held_up).is_empty(), "the cheap payment was put off for the dear one");
    registrar.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retired_nodes_wallet_is_not_filled_up() {
    let fixture = Fixture::set().await;
    let (retired, open) = (fixture.node("").await, fixture.node("").await);
    let registrar = fixture.registrar_with(quick_funding(&fixture), FailPoints::default()).await;
    let wallet = fixture.phase(&retired.id, Phase::Open).await.wallet.unwrap();
    let other = fixture.phase(&open.id, Phase::Open).await.wallet.unwrap();
    let at = |index| nodeAtCall { index: U256::from(index) };
    let first = fixture.chain.call(fixture.contracts.pool, &at(0)).await.unwrap().wallet;
    fixture.as_owner(&retireNodeCall { node: wallet, index: U256::from(u8::from(first != wallet)) }).await;
    fixture.chain.mine(4).await.unwrap();
    fixture.chain.set_balance(wallet, 1).await.unwrap();
    // Filled twice: between the two, every wallet was looked at.
    for _ in 0..2 {
        fixture.chain.set_balance(other, 1).await.unwrap();
        until("a payment to the other", WAIT_TIMEOUT, async || fixture.chain.balance(other).await.unwrap() > 1).await;
        fixture.chain.mine(4).await.unwrap();
    }
    assert_eq!(fixture.chain.balance(wallet).await.unwrap(), 1);
    registrar.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_with_words_that_no_database_takes_ends_nothing() {
    let fixture = Fixture::set().await;
    let directory = fixture.directory.path().join("nodes");
    fs::create_dir(&directory).unwrap();
    let outside = fixture.outside("one", "").await;
    let file = directory.join("one.toml");
    let good = format!("credentials_file = \"{}\"\n", outside.node.address.credentials_file.display());
    fs::write(&file, format!("{good}url = \"{}\"\n", outside.node.address.urls[0])).unwrap();
    let listing = Listing { directory: Some(directory.clone()), interval: Duration::from_millis(100), ..Listing::default() };
    let registrar = fixture.registrar_with(RegistrarConfig { listing, ..fixture.config() }, FailPoints::default()).await;
    let id = fixture.listed("one").await;
    fixture.phase(&id, Phase::Open).await;
    let detail = async || fixture.database.replicas_of(&id).await.unwrap().remove(0).detail.unwrap_or_default();
    fs::write(&file, "\"\\u0000\" = 1\n").unwrap();
    until("the parser's words", WAIT_TIMEOUT, async || detail().await.contains("one.toml is not usable")).await;
    fs::write(&file, format!("{good}url = \"\\u0000secret\"\n")).unwrap();
    until("the address", WAIT_TIMEOUT, async || detail().await.contains("not a URL")).await;
    assert!(!detail().await.contains("secret"), "an address may have a password in it");
    registrar.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_cannot_be_read_at_the_start_takes_no_node_down() {
    let fixture = Fixture::set().await;
    let directory = fixture.directory.path().join("nodes");
    fs::create_dir(&directory).unwrap();
    let one = fixture.outside("one", "").await;
    let address = &one.node.address;
    let text = format!("url = \"{}\"\ncredentials_file = \"{}\"\n", address.urls[0], address.credentials_file.display());
    fs::write(directory.join("one.toml"), text).unwrap();
    let listing = |nodes: Vec<ListedNode>| RegistrarConfig {
        listing: Listing { nodes, directory: Some(directory.clone()), interval: Duration::from_millis(100) },
        ..fixture.config()
    };
    let registrar = fixture.registrar_with(listing(Vec::new()), FailPoints::default()).await;
    let id = fixture.listed("one").await;
    fixture.phase(&id, Phase::Open).await;
    registrar.stop().await;
    fs::rename(&directory, directory.with_extension("away")).unwrap();
    let new = ListedNode { name: "new".into(), ..one.node.clone() };
    let registrar = fixture.registrar_with(listing(vec![new]), FailPoints::default()).await;
    // A round looks for nodes that are on no list any more before it takes in those of the lists.
    fixture.listed("new").await;
    assert_ne!(fixture.row(&id).await.health, PairHealth::Down);
    registrar.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_comes_back_at_its_address_with_another_wallet_is_quarantined() {
    let fixture = Fixture::set().await;
    let node = fixture.node("").await;
    let id = node.id.clone();
    let port = async || {
        let url = fixture.database.replicas_of(&id).await.unwrap().remove(0).base_url.unwrap();
        url.rsplit(':').next().unwrap().parse::<u16>().unwrap()
    };
    let target = Arc::new(AtomicU16::new(port().await));
    let address = forward(target.clone()).await;
    fixture.sight(&id, &address).await;
    let config = RegistrarConfig { audit_interval: Duration::from_millis(300), ..fixture.config() };
    let registrar = fixture.registrar_with(config, FailPoints::default()).await;
    let wallet = fixture.phase(&id, Phase::Open).await.wallet;
    let node = fixture.restart(node, "wallet-replaced").await;
    target.store(port().await, Ordering::SeqCst);
    fixture.sight(&id, &address).await;
    let row = fixture.phase(&id, Phase::Quarantined).await;
    assert_eq!((row.wallet, fixture.registered().await), (wallet, 1));
    registrar.stop().await;
    node.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_known_node_that_refuses_is_not_asked_as_fast_as_it_refuses() {
    let fixture = Fixture::set().await;
    let node = fixture.node("").await;
    let registrar = fixture.registrar().await;
    fixture.phase(&node.id, Phase::Open).await;
    let (address, asked) = refusing().await;
    let begin = Instant::now();
    fixture.sight(&node.id, &address).await;
    until("five looks", WAIT_TIMEOUT, async || asked.load(Ordering::SeqCst) >= 5).await;
    assert!(begin.elapsed() >= Duration::from_secs(4), "five looks after {:?}", begin.elapsed());
    registrar.stop().await;
    node.end().await;
}

/// Refuses every request, and counts them.
async fn refusing() -> (String, Arc<AtomicU16>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicU16::new(0));
    let count = asked.clone();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            let _ = client.read(&mut [0; 4_096]).await;
            let _ =
                client.write_all(b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
        }
    });
    (address, asked)
}

/// An address behind which the port can be changed.
async fn forward(target: Arc<AtomicU16>) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut inbound, _)) = listener.accept().await {
            let port = target.load(Ordering::SeqCst);
            tokio::spawn(async move {
                if let Ok(mut outbound) = tokio::net::TcpStream::connect(("127.0.0.1", port)).await {
                    let _ = tokio::io::copy_bidirectional(&mut inbound, &mut outbound).await;
                }
            });
        }
    });
    address
}
