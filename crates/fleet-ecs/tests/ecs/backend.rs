//! What is ECS's own in tests that every backend passes.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
    time::Duration,
};

use linkpool_aws::{AwsConfig, Credentials, CredentialsSource};
use linkpool_chainlink::Secret;
use linkpool_db::fleet::NewRelease;
use linkpool_fleet::{
    Provisioner,
    local::{NodeChain, NodeEndpoint},
};
use linkpool_fleet_ecs::{EcsBackend, EcsConfig, EcsTimes};
use linkpool_node_postgres::Server;
use linkpool_standin_aws::{ACCESS_KEY, SECRET_KEY, ServiceStatus, StandinAws, StandinAwsConfig};
use linkpool_testkit::{TestDatabase, until};

use crate::{
    fixture::{Fixture, PATIENCE_TIME, processes_with},
    program::{self, Kind},
    rollout::fixture::{Nodes, OLD, dump},
};

/// How a backend is set up.
pub type Config = (AwsConfig, EcsConfig);

/// Within this time a replica that died has a successor. AWS takes half a minute for a start, the stand-in a second and a half.
pub const REPLACEMENT_TIME: Duration = Duration::from_secs(60);
/// ECS does by itself what its health checks say.
pub const ONLY_THE_FLEET_REPLACES: bool = false;
/// What the names of replicas have in common that were made.
pub const SECOND_GENERATION: &str = "arn:aws:ecs:";
const PREFIX: &str = "test";
/// How far reads lag behind.
const LAG_TIME: Duration = Duration::from_secs(1);

pub fn provisioner((aws, config): Config) -> Arc<dyn Provisioner> {
    Arc::new(EcsBackend::new(aws, config).unwrap())
}

/// An account of AWS, in which the node's old version is an image.
pub struct Surroundings {
    pub aws: Arc<StandinAws>,
}

impl Surroundings {
    /// Misbehaving from the beginning.
    pub async fn of(database: &TestDatabase, directory: &Path) -> Self {
        let server = database.server();
        // Tasks have addresses of their own, whose connections the server takes as those of this machine.
        static IS_OPEN: OnceLock<()> = OnceLock::new();
        IS_OPEN.get_or_init(|| {
            let line = "copy (select 'host all all 127.0.0.0/8 scram-sha-256') to program 'cat >> pg_hba.conf'";
            server.run("postgres", &format!("{line}; select pg_reload_conf()")).unwrap();
        });
        program::chainlink(directory, OLD, Kind::Lives);
        let mut config = StandinAwsConfig::new(directory.join("images"), directory.join("tasks"));
        config.database = Some(SocketAddr::from(([127, 0, 0, 1], server.port())));
        config.behaviour.lag = LAG_TIME;
        (config.behaviour.lost_answers, config.behaviour.lost_calls, config.behaviour.server_errors) = (20, 20, 20);
        let aws = StandinAws::start(config).await.unwrap();
        aws.world(|world| world.view.clusters.insert("pool".into(), Arc::from("ACTIVE")));
        Self { aws: Arc::new(aws) }
    }
}

impl Fixture {
    pub fn usual(&self) -> Config {
        config(self.path(), &self.url, &self.surroundings.aws.url(), true)
    }

    /// The same, at another AWS.
    pub fn usual_at(&self, aws: &str) -> Config {
        config(self.path(), &self.url, aws, true)
    }

    /// The process ids of the node's replicas, by id.
    pub fn processes(&self, id: &str) -> Vec<(String, i32)> {
        let task = |pid: i32| {
            let environment = fs::read(format!("/proc/{pid}/environ")).ok()?;
            let environment = String::from_utf8_lossy(&environment).into_owned();
            let told = environment.split('\0').find_map(|variable| variable.strip_prefix("LINKPOOL_STANDIN_TASK="))?;
            Some((told.split_once(' ')?.1.to_owned(), pid))
        };
        processes_with(&mark(id, None)).into_iter().filter_map(task).collect()
    }

    /// What all tasks have written.
    pub fn logs(&self, _id: &str) -> String {
        let folders = fs::read_dir(self.path().join("tasks")).into_iter().flatten().flatten();
        folders.filter_map(|folder| fs::read_to_string(folder.path().join("log")).ok()).collect::<Vec<_>>().join("\n")
    }
}

/// What is in the environment of a node's processes, of all generations or of one.
pub fn mark(id: &str, generation: Option<u32>) -> String {
    generation.map_or_else(|| format!("service:{PREFIX}-{id}-g"), |number| format!("service:{PREFIX}-{id}-g{number} "))
}

/// Where each of a node's tasks answers.
pub fn answering(fixture: &Fixture) -> impl Fn(&str) -> Vec<SocketAddr> + Clone + Send + use<> {
    let aws = fixture.surroundings.aws.clone();
    move |id| {
        let group = mark(id, None);
        aws.world(|world| {
            let tasks = world.view.tasks.values().filter(|task| task.group.starts_with(&group) && !task.is_over());
            tasks.map(|task| SocketAddr::from((task.address, 6_688))).collect()
        })
    }
}

/// What a fleet of many nodes needs on one machine: AWS at a pace at which their health checks leave it time, with buckets of that pace. As many tasks end in
/// minutes as elsewhere in days, so they are told of for minutes.
pub fn prepare_for_many(fixture: &Fixture) {
    let aws = &fixture.surroundings.aws;
    aws.behave(|it| (it.pace, it.bucket_share) = (5, 5.0));
    aws.world(|world| world.times.told = Duration::from_secs(120));
}

/// What the fleets of a test have asked AWS for.
pub fn counted(fixture: &Fixture) -> Vec<(&'static str, u64)> {
    let (calls, throttled) = fixture.surroundings.aws.counted();
    vec![("aws_calls", calls.values().sum()), ("aws_throttled", throttled)]
}

/// The node has one service, of two tasks, and no definition of another generation. Of its own there may be two: a definition whose answer was lost is
/// registered again, and goes with the first.
pub async fn nothing_left_over(fixture: &Fixture, id: &str, generation: u32) {
    let (prefix, name) = (format!("{PREFIX}-{id}-g"), format!("{PREFIX}-{id}-g{generation}"));
    let alone = async || {
        fixture.surroundings.aws.world(|world| {
            let view = &world.view;
            let services =
                view.services.values().filter(|it| it.status != ServiceStatus::Inactive && it.name.starts_with(&prefix));
            let mut definitions = view.definitions.values().filter(|it| it.is_active && it.family.starts_with(&prefix));
            let tasks = view.tasks.values().filter(|it| it.service.starts_with(&prefix) && !it.is_over());
            services.map(|it| it.name.as_str()).eq([name.as_str()])
                && definitions.all(|it| it.family == name)
                && tasks.map(|it| it.service.as_str()).eq([name.as_str(); 2])
        })
    };
    until("one service, its two tasks and its definition alone", PATIENCE_TIME, alone).await;
}

/// Where the program of an image stands.
pub fn program_path(directory: &Path, version: &str) -> PathBuf {
    let folder = directory.join("images/chainlink").join(version);
    fs::create_dir_all(&folder).unwrap();
    folder.join("chainlink")
}

/// How a release names it.
pub fn program_name(_directory: &Path, version: &str) -> String {
    format!("chainlink:{version}")
}

/// Where a node answers: at its task's address.
pub fn address_of(_arguments: &str) -> SocketAddr {
    SocketAddr::new(std::env::var("LINKPOOL_STANDIN_ADDRESS").unwrap().parse().unwrap(), 6_688)
}

/// No two tests share anything of an account.
pub struct Share;

impl Share {
    pub fn take(_blocks: u16) -> Self {
        Self
    }

    pub fn config(&self, fixture: &Fixture, keeps_databases: bool) -> Config {
        config(fixture.path(), &fixture.url, &fixture.surroundings.aws.url(), keeps_databases)
    }

    /// What another process needs to know to do the same.
    pub fn told(&self, fixture: &Fixture) -> String {
        format!("{}\n{}\n{}", fixture.path().display(), fixture.url, fixture.surroundings.aws.url())
    }
}

/// What [`Share::told`] has told.
pub fn of_told(words: &[&str]) -> (String, Config) {
    let [directory, url, aws] = words else { panic!("{words:?}") };
    ((*url).to_owned(), config(Path::new(directory), url, aws, true))
}

/// Every fleet in a process of its own is told of by [`Share::told`].
pub fn run_fleet(words: &[&str]) {
    panic!("{words:?}");
}

/// A way to ask what answers at this address.
pub fn aws_at(url: &str) -> AwsConfig {
    let credentials = Credentials { access_key: ACCESS_KEY.into(), secret_key: Secret::new(SECRET_KEY), session_token: None };
    AwsConfig {
        region: "us-east-1".into(),
        endpoint: Some(url.parse().unwrap()),
        credentials: CredentialsSource::Fixed(credentials),
        attempts: 8,
    }
}

fn config(directory: &Path, url: &str, aws: &str, keeps_databases: bool) -> Config {
    let aws = aws_at(aws);
    let (http, ws) = (Secret::new("http://127.0.0.1:1"), Some(Secret::new("ws://127.0.0.1:1")));
    let endpoints = vec![NodeEndpoint { name: "main".into(), http, ws }];
    let config = EcsConfig {
        region: "us-east-1".into(),
        prefix: PREFIX.into(),
        cluster: "pool".into(),
        subnets: vec!["subnet-1".into(), "subnet-2".into()],
        security_groups: vec!["sg-1".into()],
        execution_role: "arn:aws:iam::123456789012:role/execution".into(),
        task_role: None,
        log_group: None,
        image: program_name(directory, OLD),
        version: None,
        cpu: 512,
        memory_mib: 1_024,
        overlay: None,
        server: Server::new(&Secret::new(url)).unwrap(),
        // The embedded server is an 18, which no real node runs on.
        server_versions: 14..=18,
        chain: NodeChain { chain_id: 31_337, endpoints, is_development: true },
        dump: keeps_databases.then(|| dump(directory)),
        lease_duration: Duration::from_secs(3),
        lease_refresh: Duration::from_millis(500),
        times: EcsTimes::hurried(LAG_TIME),
    };
    (aws, config)
}

/// Only the second generation's service and task definition are left.
pub fn assert_nothing_left_of_the_first(nodes: &Nodes, id: &str) {
    let first = format!("{PREFIX}-{id}-g1");
    nodes.fixture.surroundings.aws.world(|world| {
        assert!(world.view.services.get(&first).is_none_or(|service| service.status != ServiceStatus::Active), "{first} is left");
        assert!(!world.view.definitions.values().any(|it| it.family == first && it.is_active), "a definition of {first} is left");
        assert!(world.view.services.contains_key(&format!("{PREFIX}-{id}-g2")));
    });
}

/// The second generation's tasks were given what the release says.
pub fn assert_configured(nodes: &Nodes, id: &str, release: &NewRelease<'_>) {
    let family = format!("{PREFIX}-{id}-g2");
    nodes.fixture.surroundings.aws.world(|world| {
        let definition = world.view.definitions.values().find(|it| it.family == family).unwrap();
        let given = definition.container()["environment"].as_array().unwrap().clone();
        let overlay = given.iter().find(|variable| variable["name"] == "LINKPOOL_OVERLAY").unwrap();
        assert_eq!(overlay["value"].as_str(), release.config);
    });
}
