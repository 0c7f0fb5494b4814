//! All roles as processes of their own, on one chain and one database: what they serve, and what they never say.

use std::{
    fs,
    io::Write,
    path::PathBuf,
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use linkpool_db::{
    Connect, Database,
    fleet::{FleetNode, Phase},
};
use linkpool_testkit::stage::Contracts;

use crate::{
    office::{Office, restrict},
    road::Road,
};

/// Longest wait for anything that takes seconds on a quiet machine, with every role at its most talkative.
const PATIENCE: Duration = Duration::from_secs(120);
const LOOK: Duration = Duration::from_millis(50);

/// Secrets that stand nowhere else, so that a search finds only them.
pub const RPC_KEY: &str = "plantedRpcKey";
pub const OPERATOR_TOKEN: &str = "plantedOperatorTokenOfFortyCharacters000";
pub const NODE_PASSWORD: &str = "plantedNodePassword00";
pub const WRONG_PASSWORD: &str = "plantedWrongPassword0";
pub const API_SECRET: &str = "plantedApiSecret";
/// Of the keystore that the office keeps, and the key inside.
pub const KEYSTORE_PASSWORD: &str = "a test password";
pub const PRIVATE_KEY: &str = "59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d";

pub struct Roles {
    pub office: Office,
    pub contracts: Contracts,
    pub database: Database,
    /// Between the roles and what they need.
    pub road_to_database: Road,
    pub road_to_chain: Road,
    children: Vec<(&'static str, Child)>,
}

impl Roles {
    /// Starts index, api, registrar and fleet, each with everything it can say.
    pub async fn start() -> Self {
        let (office, contracts, _) = Office::with_pool(|people, ours| people.registrar = ours).await;
        Self::of(office, contracts).await
    }

    /// [`Roles::start`] for a pool that is there.
    pub async fn of(office: Office, contracts: Contracts) -> Self {
        let database = Database::connect(&Connect::new(office.database.url())).await.unwrap();
        let road_to_database = Road::to(url(&office).port().unwrap()).await;
        let road_to_chain = Road::to(office.chain_port()).await;
        let mut roles = Self { office, contracts, database, road_to_database, road_to_chain, children: Vec::new() };
        roles.settle();
        let index = format!("index --deploy-block {}", roles.contracts.deploy_block);
        for (role, line) in [("index", index.as_str()), ("api", "api"), ("registrar", "registrar"), ("fleet", "fleet")] {
            roles.spawn(role, line);
        }
        roles
    }

    /// The office's settings, with secrets wherever one can stand.
    fn settle(&self) {
        let mut url = url(&self.office);
        url.set_port(Some(self.road_to_database.port())).unwrap();
        self.secret("database-url", url.as_str());
        self.secret("node-database-url", url.as_str());
        self.secret("operator-token", OPERATOR_TOKEN);
        self.secret("rpc-url", &self.rpc_url());
        fs::create_dir(self.office.path("listed")).unwrap();
        let settings = format!(
            "[chain]\nchain_id = 31337\npool = \"{}\"\n[[chain.endpoints]]\nname = \"main\"\nurl_file = \"rpc-url\"\n\
             [database]\nurl_file = \"database-url\"\n[transactions]\npoll_ms = 50\n\
             [indexer]\npoll_ms = 50\nhealth_listen = \"127.0.0.1:0\"\n\
             [api]\nlisten = \"127.0.0.1:0\"\n[operator]\nlisten = \"127.0.0.1:0\"\ntoken_file = \"operator-token\"\n\
             [fleet]\nnode_database_url_file = \"node-database-url\"\nhealth_listen = \"127.0.0.1:0\"\n\
             [registrar]\nkeystore = \"keystore.json\"\npassword_file = \"password\"\nnodes_directory = \"listed\"\n\
             nodes_interval_seconds = 1\naudit_interval_seconds = 1\nhealth_listen = \"127.0.0.1:0\"\n",
            self.contracts.pool
        );
        fs::write(self.office.path("linkpool.toml"), settings).unwrap();
    }

    pub fn secret(&self, name: &str, text: &str) {
        fs::write(self.office.path(name), text).unwrap();
        restrict(&self.office.path(name), 0o600);
    }

    /// The password of the test's database, which is its own.
    pub fn database_password(&self) -> String {
        let url = url(&self.office);
        let password = url.password().unwrap_or_default().to_owned();
        assert!(password.len() >= 16, "too short to be searched for");
        password
    }

    /// Of the roles' only endpoint; it has a key.
    pub fn rpc_url(&self) -> String {
        format!("http://127.0.0.1:{}/?key={RPC_KEY}", self.road_to_chain.port())
    }

    pub fn log(&self, role: &str) -> PathBuf {
        self.office.path(&format!("{role}.log"))
    }

    /// Starts a process whose log is kept.
    pub fn spawn(&mut self, role: &'static str, line: &str) {
        let log = fs::File::create(self.log(role)).unwrap();
        let child = self
            .office
            .command(line)
            .env("LINKPOOL_LOG", "trace")
            .stdout(Stdio::from(log.try_clone().unwrap()))
            .stderr(Stdio::from(log))
            .spawn()
            .unwrap();
        self.children.push((role, child));
    }

    /// A stand-in node in a process of its own, listed for the registrar with this login.
    pub async fn listed(&mut self, name: &'static str, faults: &str, login: &str) {
        self.secret(&format!("{name}.admin"), &format!("{name}@node.local\n{NODE_PASSWORD}\n"));
        self.secret(&format!("{name}.login"), login);
        let port = self.office.path(&format!("{name}.port"));
        let line = format!(
            "standin-node --database-url-file node-database-url --schema node_{name} --port-file {name}.port --chain-id 31337 \
             --api-credentials-file {name}.admin --rpc-url-file rpc-url --faults={faults}"
        );
        self.spawn(name, &line);
        self.until(&format!("the port of {name}"), || fs::read_to_string(&port).ok()).await;
        let address = fs::read_to_string(&port).unwrap();
        let entry = format!("url = \"http://{}\"\ncredentials_file = \"../{name}.login\"\n", address.trim());
        let mut file = fs::File::create(self.office.path(&format!("listed/{name}.toml"))).unwrap();
        file.write_all(entry.as_bytes()).unwrap();
    }

    /// Where a role says that it listens.
    pub async fn address(&self, role: &str, phrase: &str) -> String {
        let log = self.log(role);
        self.until(&format!("{phrase} of {role}"), || {
            let text = fs::read_to_string(&log).unwrap_or_default();
            let after = text.split(phrase).nth(1)?;
            after.split_whitespace().next().map(|url| url.trim_end_matches('/').to_owned())
        })
        .await
    }

    pub async fn until<T>(&self, what: &str, look: impl Fn() -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(found) = look() {
                return found;
            }
            if Instant::now() > deadline {
                let logs = self.children.iter().map(|(role, _)| (role, self.tail(role))).collect::<Vec<_>>();
                panic!("{what} did not come: {logs:#?}");
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    pub async fn until_node(&self, what: &str, holds: impl Fn(&FleetNode) -> bool) -> FleetNode {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let nodes = self.database.fleet_nodes().await.unwrap();
            if let Some(node) = nodes.iter().find(|node| holds(node)) {
                return node.clone();
            }
            assert!(Instant::now() < deadline, "{what} did not come: {nodes:#?}\n{}", self.tail("registrar"));
            tokio::time::sleep(LOOK).await;
        }
    }

    pub async fn open(&self, name: &str) -> FleetNode {
        let is_it = |node: &FleetNode| node.listed_name.as_deref() == Some(name) && node.phase == Phase::Open;
        self.until_node(&format!("{name} open"), is_it).await
    }

    pub fn pids(&self) -> Vec<u32> {
        self.children.iter().map(|(_, child)| child.id()).collect()
    }

    pub fn names(&self) -> Vec<&'static str> {
        self.children.iter().map(|(role, _)| *role).collect()
    }

    fn tail(&self, role: &str) -> String {
        let text = fs::read_to_string(self.log(role)).unwrap_or_default();
        let lines: Vec<&str> = text.lines().filter(|line| !line.contains("TRACE") && !line.contains("DEBUG")).collect();
        lines[lines.len().saturating_sub(12)..].join("\n")
    }
}

/// Of the test's own database, without the road.
fn url(office: &Office) -> reqwest::Url {
    office.database.url().parse().unwrap()
}

impl Drop for Roles {
    fn drop(&mut self) {
        for (_, child) in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

pub async fn get(url: &str, token: Option<&str>) -> (u16, String) {
    let client = reqwest::Client::builder().tls_certs_only([]).no_proxy().build().unwrap();
    let mut request = client.get(url);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}
