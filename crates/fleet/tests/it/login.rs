//! The login of a node, which every fleet needs.

use std::os::unix::fs::PermissionsExt;

use linkpool_chainlink::{
    SealKey, Secret,
    client::{Credentials, Limits, NodeClient, NodeConfig, Transport},
};
use linkpool_db::fleet::{PairHealth, Phase, SecretKind};
use linkpool_fleet::{FleetConfig, Login, local::LocalConfig};

use crate::fixture::{Fixture, PATIENCE_TIME, fleet_config};

/// The wallet that the node shows to whoever has the login in the database.
async fn wallet(fixture: &Fixture, id: &str) -> Result<linkpool_primitives::Address, String> {
    let (_, url) = fixture.serving(id).await;
    let text = fixture.secrets().kept(id, SecretKind::AdminLogin).await.unwrap().expect("a login");
    let Login { email, password } = Login::parse(text.expose()).unwrap();
    let credentials = Credentials::Password { email, password };
    let config = NodeConfig { base_url: url.parse().unwrap(), credentials };
    let client = NodeClient::new(&Transport::new(Limits::default()).unwrap(), config).unwrap();
    client.wallet(31_337).await.map_err(|error| error.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_with_a_directory_of_its_own_is_let_in_by_the_nodes_of_another() {
    let fixture = Fixture::set().await;
    let first = fixture.fleet().await;
    let id = fixture.request("one", 1).await.nodes.remove(0).id;
    fixture.phase(&id, Phase::Healthy).await;
    let before = wallet(&fixture, &id).await.unwrap();
    first.stop().await;
    assert_eq!(fixture.processes(&id), [], "these end with their fleet");
    // As on another machine.
    std::fs::rename(fixture.path().join("fleet"), fixture.path().join("lost")).unwrap();
    let local = fixture.usual();
    let second = fixture.fleet_with(fleet_config(), LocalConfig { directory: fixture.path().join("another"), ..local }).await;
    fixture
        .until(&id, "down first", |_, replicas| {
            replicas.iter().all(|it| it.location.as_ref().is_some_and(|location| location.ends_with("another")))
        })
        .await;
    fixture.until(&id, "healthy again", |node, _| node.health == PairHealth::Healthy).await;
    assert_eq!(wallet(&fixture, &id).await, Ok(before));
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_from_before_is_taken_over_and_the_database_never_holds_it_open() {
    let fixture = Fixture::set().await;
    let id = fixture.request("one", 1).await.nodes.remove(0).id;
    let old = "old@linkpool.internal\n0123456789abcdef\n";
    let file = fixture.path().join("fleet").join(&id).join("api-credentials");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, old).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let fleet = fixture.fleet().await;
    fixture.phase(&id, Phase::Healthy).await;
    assert_eq!(fixture.secrets().kept(&id, SecretKind::AdminLogin).await.unwrap(), Some(Secret::new(old)));
    let sealed = fixture.database.sealed_secret(&id, SecretKind::AdminLogin).await.unwrap().unwrap();
    assert!(!sealed.windows(16).any(|window| window == b"0123456789abcdef"));
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_with_another_key_starts_nothing_and_says_why() {
    let fixture = Fixture::set().await;
    let fleet = fixture.fleet().await;
    let id = fixture.request("one", 1).await.nodes.remove(0).id;
    fixture.phase(&id, Phase::Healthy).await;
    fleet.stop().await;
    let other = SealKey::parse(SealKey::generate().expose()).unwrap();
    let config = FleetConfig { seal_key: other, ..fleet_config() };
    let heartbeat = config.heartbeat.clone();
    let fleet = fixture.fleet_with(config, fixture.usual()).await;
    let deadline = std::time::Instant::now() + PATIENCE_TIME;
    let said = loop {
        match heartbeat.read().trouble {
            Some(trouble) => break trouble,
            None => assert!(std::time::Instant::now() < deadline, "it has nothing to say"),
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    };
    assert!(said.contains(&id) && said.contains("was not sealed with this key"), "{said}");
    assert_eq!(fixture.processes(&id), []);
    fleet.stop().await;
}
