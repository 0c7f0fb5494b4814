//! The launcher of Chainlink nodes, with a script in the node's place: what it makes before anything runs, and what it refuses.

use std::{
    fs,
    net::TcpListener,
    ops::RangeInclusive,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use linkpool_chainlink::Secret;
use linkpool_db::fleet::FleetNode;
use linkpool_fleet::local::{Chainlink, ChainlinkSpec, Life, LocalConfig, NodeChain, NodeEndpoint};
use linkpool_node_postgres::Server;
use linkpool_testkit::until;

use crate::fixture::{Fixture, PATIENCE_TIME, Running, fleet_config};

/// Notes how it is called. It takes any configuration but one with a word that no node knows.
const SCRIPT: &str = r#"#!/bin/sh
cd "$(dirname "$0")"
case "$*" in
--version) echo "chainlink version $(cat version)@abc"; exit ;;
*validate) echo validate >> calls
  if grep -q Nonsense overlay.toml; then printf '1| Nonsense = 1\n | ~~~ missing field\n' >&2; exit 1; fi
  echo Valid configuration.; exit ;;
esac
{ echo start; echo "$*"; env; echo started; } >> calls
exec sleep 600
"#;

/// Two ports that nobody has at the moment.
fn ports() -> RangeInclusive<u16> {
    let is_free = |port: u16| TcpListener::bind(("0.0.0.0", port)).is_ok();
    let offered = || TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let first = (0..100).map(|_| offered()).find(|port| *port < u16::MAX && is_free(*port) && is_free(port + 1));
    let first = first.expect("two free ports");
    first..=first + 1
}

struct Nodes {
    fixture: Fixture,
    spec: ChainlinkSpec,
}

impl Nodes {
    async fn set() -> Self {
        let fixture = Fixture::set().await;
        let program = fixture.path().join("chainlink");
        fs::write(&program, SCRIPT).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let write = |name: &str, text: &str| fs::write(fixture.path().join(name), text).unwrap();
        write("version", "2.31.0");
        write("calls", "");
        write("overlay.toml", "");
        let (http, ws) = (Secret::new("http://127.0.0.1:1/a-key-of-ours"), Some(Secret::new("ws://127.0.0.1:1")));
        let chain =
            NodeChain { chain_id: 31_337, endpoints: vec![NodeEndpoint { name: "main".into(), http, ws }], is_development: true };
        let server = Server::new(&Secret::new(fixture.url.as_str())).unwrap();
        let overlay = Some(fixture.path().join("overlay.toml"));
        // The embedded server is an 18, which no node runs on.
        let spec =
            ChainlinkSpec { overlay, ports: ports(), server_versions: 14..=18, ..ChainlinkSpec::new(program, server, chain) };
        Self { fixture, spec }
    }

    async fn fleet(&self) -> Running {
        let launcher = Chainlink::new(self.spec.clone());
        let local = LocalConfig::new(launcher, self.fixture.path().join("fleet"));
        self.fixture.fleet_with(fleet_config(), LocalConfig { life: Life::WithParent, ..local }).await
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.fixture.path().join(name), text).unwrap();
    }

    fn calls(&self) -> String {
        fs::read_to_string(self.fixture.path().join("calls")).unwrap()
    }

    async fn refused(&self, expect: &str) -> FleetNode {
        let fleet = self.fleet().await;
        let id = self.fixture.request("one", 1).await.nodes.remove(0).id;
        let says = |node: &FleetNode| node.last_error.as_deref().is_some_and(|error| error.contains(expect));
        let node = self.fixture.until(&id, expect, |node, _| says(node)).await;
        assert!(!self.calls().contains("start"), "it was started: {}", self.calls());
        fleet.stop().await;
        node
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_gets_a_database_of_its_own_and_files_for_its_owner_alone_before_it_is_started() {
    let nodes = Nodes::set().await;
    let fleet = nodes.fleet().await;
    let id = nodes.fixture.request("one", 1).await.nodes.remove(0).id;
    until("both starts", PATIENCE_TIME, async || nodes.calls().matches("started\n").count() == 2).await;
    let calls = nodes.calls();
    assert!(calls.starts_with("validate\n"), "{calls}");
    assert!(calls.contains("GOMEMLIMIT=300MiB") && !calls.contains("CARGO"), "what it sees of our variables: {calls}");
    let directory = nodes.fixture.path().join("fleet").join(&id);
    let owner = format!("select pg_get_userbyid(datdba) from pg_database where datname = 'linkpool_node_{id}'");
    assert_eq!(nodes.fixture.sql(&owner), [format!("linkpool_node_{id}")]);
    let secrets: Vec<PathBuf> =
        ["secrets.toml", "api-credentials", "g1-0.usual.toml", "g1-1.fixed.toml"].map(|name| directory.join(name)).into();
    for secret in &secrets {
        assert_eq!(mode(secret), 0o600, "{}", secret.display());
    }
    assert_eq!((mode(&directory), mode(&directory.join("g1-0.root"))), (0o700, 0o700));
    let text = fs::read_to_string(directory.join("secrets.toml")).unwrap();
    let password = text.split_once(&format!("{id}:")).unwrap().1.split_once('@').unwrap().0;
    assert!(
        password.len() >= 16 && !calls.contains(password) && !calls.contains("a-key-of-ours"),
        "a secret among its arguments"
    );
    let (first, last) = (nodes.spec.ports.start(), nodes.spec.ports.end());
    let port = |replica: &str| fs::read_to_string(directory.join(format!("{replica}.fixed.toml"))).unwrap();
    let both = port("g1-0") + &port("g1-1");
    assert!(both.contains(&format!("HTTPPort = {first}\n")) && both.contains(&format!("HTTPPort = {last}\n")), "{both}");
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_is_no_node_is_said_and_not_started() {
    let mut nodes = Nodes::set().await;
    nodes.spec.program = "/bin/true".into();
    nodes.refused("/bin/true is no Chainlink node").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_of_another_version_than_the_settings_say_is_not_started() {
    let mut nodes = Nodes::set().await;
    nodes.spec.version = Some("2.32.0".into());
    nodes.refused("is Chainlink 2.31.0, and 2.32.0 is to be run").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_with_an_unknown_key_is_refused_by_the_programs_own_words() {
    let nodes = Nodes::set().await;
    nodes.write("overlay.toml", "Nonsense = 1\n");
    nodes.refused("the node refuses its configuration: it knows no `Nonsense` (line 1)").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_postgres_that_the_node_does_not_run_on_gets_no_role_and_no_database() {
    let mut nodes = Nodes::set().await;
    nodes.spec.server_versions = 14..=17;
    let node = nodes.refused("is version 18, and this node program runs on 14 to 17").await;
    let made = nodes.fixture.sql(&format!("select rolname from pg_roles where rolname = 'linkpool_node_{}'", node.id));
    assert_eq!(made, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_somebody_else_has_is_not_fought_for() {
    let nodes = Nodes::set().await;
    let taken: Vec<TcpListener> = nodes.spec.ports.clone().map(|port| TcpListener::bind(("127.0.0.1", port)).unwrap()).collect();
    nodes.refused("can't be had").await;
    drop(taken);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_a_newer_node_has_held_is_not_given_to_an_older_one() {
    let nodes = Nodes::set().await;
    let fleet = nodes.fleet().await;
    let id = nodes.fixture.request("one", 1).await.nodes.remove(0).id;
    until("both starts", PATIENCE_TIME, async || nodes.calls().matches("started\n").count() == 2).await;
    fleet.stop().await;
    let held =
        "create table node_versions (version text, created_at timestamptz); insert into node_versions values ('2.32.0', now())";
    nodes.fixture.sql_of(&format!("linkpool_node_{id}"), &format!("set role linkpool_node_{id}; {held}"));
    nodes.write("calls", "");
    let fleet = nodes.fleet().await;
    let expect = "its database was last run by Chainlink 2.32.0, and this program is 2.31.0";
    let says = |node: &FleetNode| node.last_error.as_deref().is_some_and(|error| error.contains(expect));
    nodes.fixture.until(&id, expect, |node, _| says(node)).await;
    assert_eq!(nodes.calls(), "", "it was started");
    // The newer one is let in.
    nodes.write("version", "2.32.0");
    fleet.stop().await;
    let fleet = nodes.fleet().await;
    until("a start", PATIENCE_TIME, async || nodes.calls().contains("started\n")).await;
    fleet.stop().await;
}
