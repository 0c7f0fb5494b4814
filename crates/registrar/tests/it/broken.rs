//! What a node, a wallet or a list may do to the registrar, and must not.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering},
    },
    time::Duration,
};

use alloy::primitives::U256;
use linkpool_contracts::pool::{nodeAtCall, retireNodeCall};
use linkpool_db::{
    fleet::{Health, Phase, ProofMode, Wish, WishOutcome},
    tx::{Account, IntentKind, IntentState, NewIntent, TransactionFilter},
};
use linkpool_primitives::Address;
use linkpool_registrar::{Funding, ListedNode, Listing, Place, RegistrarConfig, failpoint};
use linkpool_testkit::until;
use linkpool_tx_manager::FailPoints;
use serde_json::json;

use crate::fixture::{PATIENCE, Scene};

/// Wallets are looked at often, and may be paid again at once.
fn quick_funding(scene: &Scene) -> RegistrarConfig {
    let funding = Funding { pause: Duration::ZERO, wallet_payments_per_day: 100, ..Funding::default() };
    RegistrarConfig { funding, funding_interval: Duration::from_millis(50), ..scene.config() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wallet_that_has_got_code_gets_no_ether_and_does_not_end_the_registrar() {
    let scene = Scene::set().await;
    let node = scene.node("").await;
    let registrar = scene.registrar_with(quick_funding(&scene), FailPoints::default()).await;
    let wallet = scene.phase(&node.id, Phase::Open).await.wallet.unwrap();
    scene.chain.mine(4).await.unwrap();
    // Reverts with `Error("\0")`, which is no text that a database takes.
    let code = format!("0x7f08c379a0{}6000526020600452600160245260646000fd", "00".repeat(28));
    scene.control("anvil_setCode", json!([wallet, code])).await;
    scene.chain.set_balance(wallet, 1).await.unwrap();
    scene.error(&node.id, "the wallet has code now").await;
    assert_eq!((scene.chain.balance(wallet).await.unwrap(), scene.sent().await), (1, 2));
    registrar.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_released_after_its_registration_was_cancelled_opens_where_the_indexer_has_a_say() {
    let scene = Scene::set().await;
    let node = scene.node("").await;
    let config = || RegistrarConfig { require_indexed: true, ..scene.config() };
    let registrar = scene.registrar_with(config(), FailPoints::once(failpoint::PROVEN)).await;
    registrar.stopped_at(failpoint::PROVEN).await;
    let all = scene.database.transactions(&TransactionFilter { limit: 9, ..Default::default() }).await.unwrap();
    let register = all.iter().find(|view| view.kind == "register").unwrap();
    assert!(scene.database.cancel_queued(register.id, "a test").await.unwrap());
    assert_eq!(scene.row(&node.id).await.phase, Phase::Quarantined);
    let wish = Wish { node_id: &node.id, actor: "a test", reason: "it was a mistake", dry_run: false };
    assert_eq!(scene.database.release_node(&wish).await.unwrap(), WishOutcome::Done);
    let registrar = scene.registrar_with(config(), FailPoints::default()).await;
    until("the registration", PATIENCE, async || scene.registered().await == 1).await;
    let wallet = scene.phase(&node.id, Phase::Registering).await.wallet.unwrap();
    scene.indexed(wallet);
    scene.phase(&node.id, Phase::Open).await;
    assert_eq!(scene.registered().await, 1);
    registrar.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_nodes_than_are_looked_at_at_once_are_all_looked_at() {
    let scene = Scene::set().await;
    let login = scene.directory.path().join("login");
    fs::write(&login, "a@b\nsecret\n").unwrap();
    fs::set_permissions(&login, fs::Permissions::from_mode(0o600)).unwrap();
    // Nobody listens there, so each look is over at once.
    let place = Place { url: "http://127.0.0.1:9".into(), credentials_file: login, proof: ProofMode::Signature };
    let nodes = (0..70).map(|index| ListedNode { name: format!("n{index:02}"), place: place.clone() }).collect();
    let listing = Listing { nodes, directory: None, interval: Duration::from_millis(200) };
    let registrar = scene.registrar_with(RegistrarConfig { listing, ..scene.config() }, FailPoints::default()).await;
    until("a look at every node", PATIENCE, async || scene.sql("select 1 from fleet_replica").len() == 70).await;
    registrar.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_the_account_cannot_make_holds_up_no_other() {
    let scene = Scene::set().await;
    scene.chain.set_balance(scene.people.registrar, 40_000_000_000_000_000).await.unwrap();
    let account = Account { chain_id: scene.chain.chain_id(), address: scene.people.registrar };
    scene.database.signer_nonce(&account, 0).await.unwrap();
    let dear = NewIntent::ether(IntentKind::TopUp, Address::repeat_byte(9), 50_000_000_000_000_000, 20_000_000_000_000_000);
    let cheap = NewIntent::ether(IntentKind::Fund, Address::repeat_byte(8), 1_000_000_000, 1_000_000_000);
    scene.database.submit_intent(&account, "dear", &dear).await.unwrap();
    scene.database.submit_intent(&account, "cheap", &cheap).await.unwrap();
    let registrar = scene.registrar().await;
    let state = async |key| {
        let id = scene.database.find_transaction(key).await.unwrap().unwrap();
        scene.database.transaction(id).await.unwrap().unwrap().state
    };
    until("the cheap payment", PATIENCE, async || state("cheap").await == IntentState::Done).await;
    assert_eq!(state("dear").await, IntentState::Queued);
    let held_up = "select attempts from intent where idempotency_key = 'cheap' and attempts > 0";
    assert!(scene.sql(held_up).is_empty(), "the cheap payment was put off for the dear one");
    registrar.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retired_nodes_wallet_is_not_filled_up() {
    let scene = Scene::set().await;
    let (retired, open) = (scene.node("").await, scene.node("").await);
    let registrar = scene.registrar_with(quick_funding(&scene), FailPoints::default()).await;
    let wallet = scene.phase(&retired.id, Phase::Open).await.wallet.unwrap();
    let other = scene.phase(&open.id, Phase::Open).await.wallet.unwrap();
    let at = |index| nodeAtCall { index: U256::from(index) };
    let first = scene.chain.call(scene.contracts.pool, &at(0)).await.unwrap().wallet;
    scene.as_owner(&retireNodeCall { node: wallet, index: U256::from(u8::from(first != wallet)) }).await;
    scene.chain.mine(4).await.unwrap();
    scene.chain.set_balance(wallet, 1).await.unwrap();
    // Filled twice: between the two, every wallet was looked at.
    for _ in 0..2 {
        scene.chain.set_balance(other, 1).await.unwrap();
        until("a payment to the other", PATIENCE, async || scene.chain.balance(other).await.unwrap() > 1).await;
        scene.chain.mine(4).await.unwrap();
    }
    assert_eq!(scene.chain.balance(wallet).await.unwrap(), 1);
    registrar.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_with_words_that_no_database_takes_ends_nothing() {
    let scene = Scene::set().await;
    let directory = scene.directory.path().join("nodes");
    fs::create_dir(&directory).unwrap();
    let outside = scene.outside("one", "").await;
    let file = directory.join("one.toml");
    let good = format!("credentials_file = \"{}\"\n", outside.node.place.credentials_file.display());
    fs::write(&file, format!("{good}url = \"{}\"\n", outside.node.place.url)).unwrap();
    let listing = Listing { directory: Some(directory.clone()), interval: Duration::from_millis(100), ..Listing::default() };
    let registrar = scene.registrar_with(RegistrarConfig { listing, ..scene.config() }, FailPoints::default()).await;
    let id = scene.listed("one").await;
    scene.phase(&id, Phase::Open).await;
    let detail = async || scene.database.replicas_of(&id).await.unwrap().remove(0).detail.unwrap_or_default();
    fs::write(&file, "\"\\u0000\" = 1\n").unwrap();
    until("the parser's words", PATIENCE, async || detail().await.contains("one.toml is not usable")).await;
    fs::write(&file, format!("{good}url = \"\\u0000secret\"\n")).unwrap();
    until("the address", PATIENCE, async || detail().await.contains("not a URL")).await;
    assert!(!detail().await.contains("secret"), "an address may have a password in it");
    registrar.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_cannot_be_read_at_the_start_takes_no_node_down() {
    let scene = Scene::set().await;
    let directory = scene.directory.path().join("nodes");
    fs::create_dir(&directory).unwrap();
    let one = scene.outside("one", "").await;
    let place = &one.node.place;
    let text = format!("url = \"{}\"\ncredentials_file = \"{}\"\n", place.url, place.credentials_file.display());
    fs::write(directory.join("one.toml"), text).unwrap();
    let listing = |nodes: Vec<ListedNode>| RegistrarConfig {
        listing: Listing { nodes, directory: Some(directory.clone()), interval: Duration::from_millis(100) },
        ..scene.config()
    };
    let registrar = scene.registrar_with(listing(Vec::new()), FailPoints::default()).await;
    let id = scene.listed("one").await;
    scene.phase(&id, Phase::Open).await;
    registrar.stop().await;
    fs::rename(&directory, directory.with_extension("away")).unwrap();
    let new = ListedNode { name: "new".into(), ..one.node.clone() };
    let registrar = scene.registrar_with(listing(vec![new]), FailPoints::default()).await;
    // A round looks for nodes that are on no list any more before it takes in those of the lists.
    scene.listed("new").await;
    assert_ne!(scene.row(&id).await.health, Health::Down);
    registrar.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_comes_back_at_its_address_with_another_wallet_is_quarantined() {
    let scene = Scene::set().await;
    let node = scene.node("").await;
    let id = node.id.clone();
    let port = async || {
        let url = scene.database.replicas_of(&id).await.unwrap().remove(0).base_url.unwrap();
        url.rsplit(':').next().unwrap().parse::<u16>().unwrap()
    };
    let target = Arc::new(AtomicU16::new(port().await));
    let address = forward(target.clone()).await;
    scene.sight(&id, &address).await;
    let config = RegistrarConfig { audit_interval: Duration::from_millis(300), ..scene.config() };
    let registrar = scene.registrar_with(config, FailPoints::default()).await;
    let wallet = scene.phase(&id, Phase::Open).await.wallet;
    let node = scene.restart(node, "wallet-replaced").await;
    target.store(port().await, Ordering::SeqCst);
    scene.sight(&id, &address).await;
    let row = scene.phase(&id, Phase::Quarantined).await;
    assert_eq!((row.wallet, scene.registered().await), (wallet, 1));
    registrar.stop().await;
    node.end().await;
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
