//! What is the local backend's own in tests that every backend passes. The tests of another backend have a module of this name, too.

use std::{
    fs,
    net::SocketAddr,
    ops::RangeInclusive,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use linkpool_chainlink::Secret;
use linkpool_db::{Connect, Database, fleet::NewRelease};
use linkpool_fleet::{
    Provisioner,
    local::{Chainlink, ChainlinkSpec, DumpSpec, Life, LocalBackend, LocalConfig, NodeChain, NodeEndpoint, NodeProgram},
};
use linkpool_node_postgres::Server;
use linkpool_testkit::TestDatabase;
use tokio_util::sync::CancellationToken;

use crate::{
    fixture::{Fixture, Running, fleet_config, processes_with},
    program::{self, port_of},
    rollout::fixture::{Nodes, OLD, dump},
};

/// How a backend is set up.
pub type Config = LocalConfig;

/// Within this time a replica that died has a successor.
pub const REPLACEMENT_TIME: Duration = Duration::from_secs(3);
/// Whether nobody but the fleet replaces a replica that hangs.
pub const ONLY_THE_FLEET_REPLACES: bool = true;
/// What the names of the second generation's replicas have in common.
pub const SECOND_GENERATION: &str = "g2-";

pub fn provisioner(config: Config) -> Arc<dyn Provisioner> {
    Arc::new(LocalBackend::new(config).unwrap())
}

/// The machine is all that it needs.
pub struct Surroundings;

impl Surroundings {
    pub async fn of(_database: &TestDatabase, _directory: &Path) -> Self {
        Self
    }
}

/// Nodes whose lease a crash does not outlive for long.
pub fn local_config(directory: &Path, url: &str) -> LocalConfig {
    let program = NodeProgram {
        lease_duration: Duration::from_millis(1_500),
        lease_refresh: Duration::from_millis(200),
        stop_grace: Duration::from_secs(2),
        ..NodeProgram::new(program::node(directory), Secret::new(url), 31_337)
    };
    let local = LocalConfig::new(program, directory.join("fleet"));
    LocalConfig { life: Life::WithParent, ..local }
}

impl Fixture {
    /// Nodes that end with their fleet.
    pub fn usual(&self) -> LocalConfig {
        local_config(self.path(), &self.url)
    }

    /// A fleet whose nodes outlive it.
    pub async fn persistent_fleet(&self) -> Running {
        self.fleet_with(fleet_config(), self.persistent()).await
    }

    /// The same, with another way to the database.
    pub async fn persistent_fleet_at(&self, url: &str) -> Running {
        Running::start(fleet_config(), provisioner(self.persistent()), url).await
    }

    pub fn persistent(&self) -> LocalConfig {
        LocalConfig { life: Life::OfItsOwn, ..self.usual() }
    }

    /// Whose nodes end with it, with another way to the database.
    pub async fn fleet_at(&self, url: &str) -> Running {
        Running::start(fleet_config(), provisioner(self.usual()), url).await
    }

    /// The process ids of the node's replicas, by id.
    pub fn processes(&self, id: &str) -> Vec<(String, i32)> {
        let mut found = Vec::new();
        for replica in ["g1-0", "g1-1"] {
            let port_file = format!("{id}/{replica}.port");
            found.extend(processes_with(&port_file).into_iter().map(|pid| (replica.to_owned(), pid)));
        }
        found
    }

    /// What the node's first replicas have written.
    pub fn logs(&self, id: &str) -> String {
        let read =
            |ordinal: u16| fs::read_to_string(self.path().join(format!("fleet/{id}/g1-{ordinal}.log"))).unwrap_or_default();
        format!("{}\n{}", read(0), read(1))
    }
}

/// What is in the command lines of a node's processes, of all generations or of one.
pub fn mark(id: &str, generation: Option<u32>) -> String {
    generation.map_or_else(|| format!("{id}/g"), |generation| format!("{id}/g{generation}-"))
}

/// Where each of a node's replicas answers that is there, or may come back: what a generation had, another node may get once it is deleted.
pub fn answering(fixture: &Fixture) -> impl Fn(&str) -> Vec<SocketAddr> + Clone + Send + use<> {
    let folder = fixture.path().join("fleet");
    move |id| {
        let files = fs::read_dir(folder.join(id)).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
        let told = files.filter(|path| path.to_str().is_some_and(|path| path.ends_with(".fixed.toml")));
        let port = |path: PathBuf| port_of(&fs::read_to_string(path).ok()?);
        told.filter_map(port).map(|port| SocketAddr::from(([127, 0, 0, 1], port))).collect()
    }
}

/// Many nodes need nothing else here than a few.
pub fn prepare_for_many(_fixture: &Fixture) {}

/// Nobody is asked for anything.
pub fn counted(_fixture: &Fixture) -> Vec<(&'static str, u64)> {
    Vec::new()
}

/// Beside processes a node has nothing here that could be left over.
pub async fn nothing_left_over(_fixture: &Fixture, _id: &str, _generation: u32) {}

/// Where the program of a version of the node stands.
pub fn program_path(directory: &Path, version: &str) -> PathBuf {
    directory.join(format!("chainlink-{version}"))
}

/// How a release names that program.
pub fn program_name(directory: &Path, version: &str) -> String {
    program_path(directory, version).display().to_string()
}

/// Where a node answers that is called with these words.
pub fn address_of(arguments: &str) -> SocketAddr {
    let fixed = arguments.split('\n').find(|word| word.ends_with(".fixed.toml")).unwrap();
    SocketAddr::from(([127, 0, 0, 1], port_of(&fs::read_to_string(fixed).unwrap()).unwrap()))
}

pub use crate::rollout::ports::Ports as Share;

impl Share {
    /// Nodes that are called as Chainlink's are.
    pub fn config(&self, fixture: &Fixture, keeps_databases: bool) -> Config {
        config(fixture.path(), &fixture.url, self.range(), keeps_databases)
    }

    pub fn spec(&self, fixture: &Fixture, dump: Option<DumpSpec>) -> ChainlinkSpec {
        spec(fixture.path(), &fixture.url, self.range(), dump)
    }

    /// What another process needs to know to do the same.
    pub fn told(&self, fixture: &Fixture) -> String {
        format!("{}\n{}\n{}\n{}", fixture.path().display(), fixture.url, self.first, self.blocks)
    }
}

/// What [`Share::told`] has told.
pub fn of_told(words: &[&str]) -> (String, Config) {
    let [directory, url, first, blocks] = words else { panic!("{words:?}") };
    let range = crate::rollout::ports::range(first.parse().unwrap(), blocks.parse().unwrap());
    ((*url).to_owned(), config(Path::new(directory), url, range, true))
}

fn config(directory: &Path, url: &str, ports: RangeInclusive<u16>, keeps_databases: bool) -> LocalConfig {
    let spec = spec(directory, url, ports, keeps_databases.then(|| dump(directory)));
    LocalConfig { life: Life::OfItsOwn, ..LocalConfig::new(Chainlink::new(spec), directory.join("fleet")) }
}

fn spec(directory: &Path, url: &str, ports: RangeInclusive<u16>, dump: Option<DumpSpec>) -> ChainlinkSpec {
    let server = Server::new(&Secret::new(url)).unwrap();
    let program = program_path(directory, OLD);
    // The embedded server is an 18, which no real node runs on.
    ChainlinkSpec { ports, server_versions: 14..=18, dump, ..ChainlinkSpec::new(program, server, chain()) }
}

/// A fleet by itself: the directory, the database's URL, and whether the nodes outlive it.
pub fn run_fleet(words: &[&str]) {
    let (directory, url) = (words[0], words[1]);
    let life = if words.len() > 2 { Life::OfItsOwn } else { Life::WithParent };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let database = Database::connect(&Connect::new(url).patient()).await.unwrap();
        let backend = provisioner(LocalConfig { life, ..local_config(Path::new(directory), url) });
        linkpool_fleet::run(fleet_config(), database, backend, CancellationToken::new()).await.unwrap();
    });
}

/// The chain of the nodes' wallets, of which nothing answers.
pub fn chain() -> NodeChain {
    let (http, ws) = (Secret::new("http://127.0.0.1:1"), Some(Secret::new("ws://127.0.0.1:1")));
    NodeChain { chain_id: 31_337, endpoints: vec![NodeEndpoint { name: "main".into(), http, ws }], is_development: true }
}

/// Only the second generation has anything on this machine; logs say what was.
pub fn assert_nothing_left_of_the_first(nodes: &Nodes, id: &str) {
    let ports = nodes.fixture.sql("select replica_id from fleet_port order by 1");
    assert_eq!(ports, ["g2-0", "g2-1"]);
    let left: Vec<String> = fs::read_dir(nodes.fixture.path().join("fleet").join(id))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("g1-") && !name.contains(".log"))
        .collect();
    assert_eq!(left, Vec::<String>::new());
}

/// The second generation's processes were given what the release says.
pub fn assert_configured(nodes: &Nodes, id: &str, release: &NewRelease<'_>) {
    use std::os::unix::fs::PermissionsExt;
    let file = nodes.fixture.path().join("fleet").join(id).join("g2-0.release.toml");
    assert_eq!(Some(fs::read_to_string(&file).unwrap().as_str()), release.config);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
}
