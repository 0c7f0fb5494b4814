//! Nodes that somebody else runs.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    time::{Duration, Instant},
};

use linkpool_chainlink::{
    Secret,
    client::{Credentials, Limits, NewApiUser, NodeClient, NodeConfig, Role, Transport},
};
use linkpool_db::fleet::{PairHealth, Phase, Replica, ReplicaState, Source};
use linkpool_registrar::{ListedNode, Listing, RegistrarConfig};
use linkpool_testkit::tcp_proxy::{Passage, TcpProxy};

use crate::fixture::{Fixture, Outside};

#[tokio::test(flavor = "multi_thread")]
async fn a_node_of_the_settings_is_found_and_registered_beside_one_that_hangs() {
    let fixture = Fixture::set().await;
    let (good, bad) = (fixture.outside("good", "").await, fixture.outside("bad", "hang").await);
    let begin = Instant::now();
    let registrar = fixture.registrar_with(fixture.listing(&[&bad, &good]), Default::default()).await;
    let id = fixture.listed("good").await;
    let row = fixture.phase(&id, Phase::Open).await;
    assert!(begin.elapsed() < Duration::from_secs(9), "it waited for an answer that takes the other ten seconds");
    assert_eq!((row.source, row.health, row.replica_count), (Source::Settings, PairHealth::Healthy, 1));
    assert!(fixture.is_registered(row.wallet.unwrap()).await);
    let bad = fixture.listed("bad").await;
    assert_eq!(fixture.row(&bad).await.phase, Phase::Requested);
    registrar.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listed_node_with_an_api_token_is_never_logged_in_at() {
    let fixture = Fixture::set().await;
    let outside = fixture.outside("token", "").await;
    token(&outside).await;
    outside.end().await;
    // The same node, which lets nobody log in any more.
    let mut outside = fixture.outside("token", "logins-limited").await;
    outside.node.address.credentials_file.set_extension("token");
    let registrar = fixture.registrar_with(fixture.listing(&[&outside]), Default::default()).await;
    let id = fixture.listed("token").await;
    fixture.phase(&id, Phase::Open).await;
    registrar.stop().await;
}

/// Makes a token of the node's admin and writes it beside the password.
async fn token(outside: &Outside) {
    let address = &outside.node.address;
    let credentials = Credentials::Password { email: "token@node.local".into(), password: Secret::new("correct horse battery") };
    let config = NodeConfig { base_url: address.urls[0].parse().unwrap(), credentials };
    let token = NodeClient::new(&Transport::new(Limits::default()).unwrap(), config).unwrap().create_api_token().await.unwrap();
    let file = address.credentials_file.with_extension("token");
    fs::write(&file, format!("{}\n{}\n", token.key.expose(), token.secret.expose())).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_in_the_directory_is_a_node_and_a_bad_one_holds_up_nobody() {
    let fixture = Fixture::set().await;
    let directory = fixture.directory.path().join("nodes");
    fs::create_dir(&directory).unwrap();
    fs::write(directory.join("broken.toml"), "url = ").unwrap();
    let listing = Listing { directory: Some(directory.clone()), interval: Duration::from_millis(200), ..Listing::default() };
    let registrar = fixture.registrar_with(RegistrarConfig { listing, ..fixture.config() }, Default::default()).await;
    // Written while the registrar runs.
    let outside = fixture.outside("late", "").await;
    write(&directory.join("late.toml"), &outside.node);
    let id = fixture.listed("late").await;
    fixture.phase(&id, Phase::Open).await;
    // A file that goes takes no node off the chain: it is only looked at no more.
    fs::remove_file(directory.join("late.toml")).unwrap();
    let row = fixture.until(&id, "the end of the looks", |row| row.health == PairHealth::Down).await;
    assert_eq!(row.phase, Phase::Open);
    let detail = fixture.database.replicas_of(&id).await.unwrap().remove(0).detail.unwrap();
    assert!(detail.contains("neither the settings nor the directory"), "{detail}");
    write(&directory.join("late.toml"), &outside.node);
    fixture.until(&id, "the return", |row| row.health == PairHealth::Healthy).await;
    // One that breaks keeps its node, and says so there.
    fs::write(directory.join("late.toml"), "url = 7").unwrap();
    fixture.until(&id, "the broken file", |row| row.health == PairHealth::Down).await;
    let detail = fixture.database.replicas_of(&id).await.unwrap().remove(0).detail.unwrap();
    assert!(detail.contains("late.toml is not usable"), "{detail}");
    assert_eq!(fixture.database.listed_nodes().await.unwrap().len(), 1);
    registrar.stop().await;
}

fn write(path: &std::path::Path, node: &ListedNode) {
    let (url, file) = (&node.address.urls[0], node.address.credentials_file.display());
    fs::write(path, format!("url = \"{url}\"\ncredentials_file = \"{file}\"\n")).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listed_node_that_moves_and_shows_another_wallet_is_quarantined() {
    let fixture = Fixture::set().await;
    let mut first = fixture.outside("moved", "").await;
    let registrar = fixture.registrar_with(fixture.listing(&[&first]), Default::default()).await;
    let id = fixture.listed("moved").await;
    let wallet = fixture.phase(&id, Phase::Open).await.wallet;
    registrar.stop().await;
    let other = fixture.outside("other", "").await;
    first.node.address = other.node.address.clone();
    let registrar = fixture.registrar_with(fixture.listing(&[&first]), Default::default()).await;
    let row = fixture.phase(&id, Phase::Quarantined).await;
    assert_eq!(row.wallet, wallet);
    assert_eq!(fixture.registered().await, 1);
    registrar.stop().await;
}

/// Another user of a node, with the password that all have here.
async fn make_user(node: &ListedNode, email: &str) {
    let password = || Secret::new("correct horse battery");
    let credentials = Credentials::Password { email: format!("{}@node.local", node.name), password: password() };
    let config = NodeConfig { base_url: node.address.urls[0].parse().unwrap(), credentials };
    let client = NodeClient::new(&Transport::new(Limits::default()).unwrap(), config).unwrap();
    client.create_user(&NewApiUser { email: email.into(), password: password(), role: Role::View }).await.unwrap();
}

fn port(node: &ListedNode) -> u16 {
    node.address.urls[0].rsplit(':').next().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_listed_pair_whichever_serves_is_asked_and_a_fail_over_is_no_absence() {
    let fixture = Fixture::set().await;
    let mut first = fixture.outside("pair", "").await;
    let (one, two) = (TcpProxy::to(port(&first.node)).await.unwrap(), TcpProxy::to(9).await.unwrap());
    two.set(Passage::Closed);
    first.node.address.urls = [&one, &two].map(|way| format!("http://127.0.0.1:{}", way.port())).to_vec();
    let registrar = fixture.registrar_with(fixture.listing(&[&first]), Default::default()).await;
    let id = fixture.listed("pair").await;
    let wallet = fixture.phase(&id, Phase::Open).await.wallet;
    first.end().await;
    // The other replica takes over: the same database, another address.
    let second = fixture.outside("pair", "").await;
    one.set(Passage::Closed);
    two.lead_to(port(&second.node));
    two.set(Passage::Open);
    let other = format!("http://127.0.0.1:{}", two.port());
    linkpool_testkit::until("it is seen at the other address", crate::fixture::WAIT_TIMEOUT, async || {
        let replicas = fixture.database.replicas_of(&id).await.unwrap();
        let serves = |replica: &Replica| (replica.state, replica.base_url.as_deref()) == (ReplicaState::Serving, Some(&other));
        replicas.len() == 2 && replicas.iter().any(serves)
    })
    .await;
    let row = fixture.until(&id, "no absence", |row| row.health != PairHealth::Down).await;
    assert_eq!((row.phase, row.wallet), (Phase::Open, wallet));
    registrar.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_that_are_listed_as_one_are_not_registered_and_both_wallets_are_named() {
    let fixture = Fixture::set().await;
    let mut one = fixture.outside("one", "").await;
    let two = fixture.outside("two", "").await;
    // A login that both take.
    let replica = ListedNode { name: "two".into(), address: two.node.address.clone() };
    make_user(&replica, "one@node.local").await;
    one.node.address.urls.push(two.node.address.urls[0].clone());
    let registrar = fixture.registrar_with(fixture.listing(&[&one]), Default::default()).await;
    let id = fixture.listed("one").await;
    let row = fixture.error(&id, "these are two nodes").await;
    assert!(one.node.address.urls.iter().all(|url| row.last_error.as_ref().unwrap().contains(url.as_str())), "{row:?}");
    assert_eq!((row.phase, row.wallet, fixture.registered().await), (Phase::Healthy, None, 0));
    registrar.stop().await;
}
