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
use linkpool_testkit::{fixture::Contracts, tcp_proxy::TcpProxy};
use rustix::process::{Pid, Signal, kill_process};

use crate::{
    fixture::{CliFixture, restrict},
    users::Users,
};

/// Longest wait for anything that takes seconds on a quiet machine, with every role at its most talkative.
pub const WAIT_TIMEOUT: Duration = Duration::from_secs(120);
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Secrets that stand nowhere else, so that a search finds only them.
pub const RPC_KEY: &str = "plantedRpcKey";
pub const OPERATOR_TOKEN: &str = "plantedOperatorTokenOfFortyCharacters000";
pub const SEAL_KEY: &str = "5ea15ea15ea15ea15ea15ea15ea15ea15ea15ea15ea15ea15ea15ea15ea15ea1";
pub const NODE_PASSWORD: &str = "plantedNodePassword00";
pub const WRONG_PASSWORD: &str = "plantedWrongPassword0";
pub const API_SECRET: &str = "plantedApiSecret";
/// Of the keystore that the office keeps, and the key inside.
pub const KEYSTORE_PASSWORD: &str = "a test password";
pub const PRIVATE_KEY: &str = "59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d";

pub struct Roles {
    pub fixture: CliFixture,
    pub contracts: Contracts,
    pub database: Database,
    /// Between the roles and what they need.
    pub proxy_to_database: TcpProxy,
    pub proxy_to_chain: TcpProxy,
    /// A database user for each role, or the owner for all.
    pub users: Option<Users>,
    /// Variables of every process, beside the settings.
    pub variables: Vec<(&'static str, String)>,
    children: Vec<(&'static str, Child)>,
}

impl Roles {
    /// Starts index, api, registrar and fleet, each with everything it can say.
    pub async fn start() -> Self {
        let (fixture, contracts, _) = CliFixture::with_pool(|accounts, ours| accounts.registrar = ours).await;
        Self::of(fixture, contracts).await
    }

    /// [`Roles::start`], each role as its own database user; commands as the API's unless told otherwise.
    pub async fn with_a_user_each() -> Self {
        let (fixture, contracts, _) = CliFixture::with_pool(|accounts, ours| accounts.registrar = ours).await;
        let users = Users::of(&fixture.database);
        Self::with(fixture, contracts, Some(users)).await
    }

    /// [`Roles::start`] for a pool that is there.
    pub async fn of(fixture: CliFixture, contracts: Contracts) -> Self {
        Self::with(fixture, contracts, None).await
    }

    async fn with(fixture: CliFixture, contracts: Contracts, users: Option<Users>) -> Self {
        let chain_port = fixture.chain_port();
        let mut roles = Self::prepared(fixture, contracts, users, chain_port).await;
        roles.begin();
        roles
    }

    /// With settings, and none of them started; their endpoint leads to this port.
    pub async fn prepared(fixture: CliFixture, contracts: Contracts, users: Option<Users>, chain_port: u16) -> Self {
        let database = Database::connect(&Connect::new(fixture.database.url()).patient()).await.unwrap();
        let proxy_to_database = TcpProxy::to(url(&fixture).port().unwrap()).await.unwrap();
        let proxy_to_chain = TcpProxy::to(chain_port).await.unwrap();
        let variables = vec![("LINKPOOL_LOG", "trace".to_owned())];
        let children = Vec::new();
        let roles = Self { fixture, contracts, database, proxy_to_database, proxy_to_chain, users, variables, children };
        roles.configure();
        roles
    }

    /// Starts the roles.
    pub fn begin(&mut self) {
        self.index();
        for role in ["api", "registrar", "fleet"] {
            self.spawn(role, role);
        }
    }

    pub fn index(&mut self) {
        self.spawn("index", &format!("index --deploy-block {}", self.contracts.deploy_block));
    }

    /// Stops all processes as a supervisor does, and waits for their end.
    pub fn end(&mut self) {
        for (_, child) in &self.children {
            kill_process(Pid::from_child(child), Signal::TERM).unwrap();
        }
        for (role, mut child) in self.children.drain(..) {
            let status = child.wait().unwrap();
            assert!(status.success(), "{role} ends with {status}");
        }
    }

    /// The office's settings, with secrets wherever one can stand.
    fn configure(&self) {
        let owner = url(&self.fixture);
        let (url, nodes_url) = match &self.users {
            Some(users) => (users.url("linkpool_api"), users.nodes_url()),
            None => (owner.clone(), owner),
        };
        self.secret("database-url", self.by_tcp_proxy(url).as_str());
        self.secret("node-database-url", self.by_tcp_proxy(nodes_url).as_str());
        self.secret("operator-token", OPERATOR_TOKEN);
        self.secret("seal-key", SEAL_KEY);
        self.secret("rpc-url", &self.rpc_url());
        fs::create_dir(self.fixture.path("listed")).unwrap();
        let chain_id = self.fixture.chain.chain_id();
        let settings = format!(
            "[chain]\nchain_id = {chain_id}\nstatistics_seconds = 0\npool = \"{}\"\nearnings_factory = \"{}\"\n[[chain.endpoints]]\nname = \"main\"\nurl_file = \"rpc-url\"\n\
             [database]\nurl_file = \"database-url\"\n[transactions]\npoll_ms = 50\n\
             [indexer]\npoll_ms = 50\nhealth_listen = \"127.0.0.1:0\"\n\
             [api]\nlisten = \"127.0.0.1:0\"\nhealth_listen = \"127.0.0.1:0\"\n[operator]\nlisten = \"127.0.0.1:0\"\ntoken_file = \"operator-token\"\n\
             [fleet]\nnode_database_url_file = \"node-database-url\"\nhealth_listen = \"127.0.0.1:0\"\n\
             seal_key_file = \"seal-key\"\ndevelopment_chains = [{chain_id}]\nnodes_end_with_fleet = true\n\
             [registrar]\nkeystore = \"keystore.json\"\npassword_file = \"password\"\nnodes_directory = \"listed\"\n\
             nodes_interval_seconds = 1\naudit_interval_seconds = 1\nhealth_listen = \"127.0.0.1:0\"\n\
             [keys.reporter]\nkeystore = \"keystore.json\"\npassword_file = \"password\"\n\
             [reporter]\nsource_file = \"size\"\npoll_ms = 50\nhealth_listen = \"127.0.0.1:0\"\n\
             [keys.earnings]\nkeystore = \"keystore.json\"\npassword_file = \"password\"\n\
             [earnings]\nhealth_listen = \"127.0.0.1:0\"\n",
            self.contracts.pool, self.contracts.earnings_factory
        );
        fs::write(self.fixture.path("linkpool.toml"), settings).unwrap();
    }

    fn by_tcp_proxy(&self, mut url: reqwest::Url) -> reqwest::Url {
        url.set_port(Some(self.proxy_to_database.port())).unwrap();
        url
    }

    pub fn secret(&self, name: &str, text: &str) {
        fs::write(self.fixture.path(name), text).unwrap();
        restrict(&self.fixture.path(name), 0o600);
    }

    /// The password of the test's database, which is its own.
    pub fn database_password(&self) -> String {
        let url = url(&self.fixture);
        let password = url.password().unwrap_or_default().to_owned();
        assert!(password.len() >= 16, "too short to be searched for");
        password
    }

    /// Of the roles' only endpoint; it has a key.
    pub fn rpc_url(&self) -> String {
        format!("http://127.0.0.1:{}/?key={RPC_KEY}", self.proxy_to_chain.port())
    }

    pub fn log(&self, role: &str) -> PathBuf {
        self.fixture.path(&format!("{role}.log"))
    }

    /// Starts a process whose log is kept.
    pub fn spawn(&mut self, role: &'static str, line: &str) {
        let log = fs::File::create(self.log(role)).unwrap();
        let mut command = self.fixture.command(line);
        if let Some(users) = &self.users {
            command.env("LINKPOOL_DATABASE_URL", self.by_tcp_proxy(users.url(Users::of_role(role))).as_str());
        }
        let child = command
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdout(Stdio::from(log.try_clone().unwrap()))
            .stderr(Stdio::from(log))
            .spawn()
            .unwrap();
        self.children.push((role, child));
    }

    /// kill -9.
    pub fn kill(&mut self, role: &str) {
        let place = self.children.iter().position(|(name, _)| *name == role).unwrap();
        let (_, mut child) = self.children.remove(place);
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Waits until a role has ended by itself; its exit code.
    pub async fn ended(&mut self, role: &str) -> Option<i32> {
        let place = self.children.iter().position(|(name, _)| *name == role).unwrap();
        let deadline = Instant::now() + WAIT_TIMEOUT;
        loop {
            if let Some(status) = self.children[place].1.try_wait().unwrap() {
                self.children.remove(place);
                return status.code();
            }
            assert!(Instant::now() < deadline, "{role} goes on: {}", self.tail(role));
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    /// A stand-in node in a process of its own, listed for the registrar with this login.
    pub async fn listed(&mut self, name: &'static str, faults: &str, login: &str) {
        self.secret(&format!("{name}.admin"), &format!("{name}@node.local\n{NODE_PASSWORD}\n"));
        self.secret(&format!("{name}.login"), login);
        let port = self.fixture.path(&format!("{name}.port"));
        let chain_id = self.fixture.chain.chain_id();
        let line = format!(
            "standin-node --database-url-file node-database-url --schema node_{name} --port-file {name}.port --chain-id {chain_id} --development-chain {chain_id} \
             --api-credentials-file {name}.admin --rpc-url-file rpc-url --faults={faults}"
        );
        self.spawn(name, &line);
        self.until(&format!("the port of {name}"), || fs::read_to_string(&port).ok()).await;
        let address = fs::read_to_string(&port).unwrap();
        let entry = format!("url = \"http://{}\"\ncredentials_file = \"../{name}.login\"\n", address.trim());
        let mut file = fs::File::create(self.fixture.path(&format!("listed/{name}.toml"))).unwrap();
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
        let deadline = Instant::now() + WAIT_TIMEOUT;
        loop {
            if let Some(found) = look() {
                return found;
            }
            if Instant::now() > deadline {
                let logs = self.children.iter().map(|(role, _)| (role, self.tail(role))).collect::<Vec<_>>();
                panic!("{what} did not come: {logs:#?}");
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    pub async fn until_node(&self, what: &str, holds: impl Fn(&FleetNode) -> bool) -> FleetNode {
        let deadline = Instant::now() + WAIT_TIMEOUT;
        loop {
            let nodes = self.database.fleet_nodes().await.unwrap();
            if let Some(node) = nodes.iter().find(|node| holds(node)) {
                return node.clone();
            }
            assert!(Instant::now() < deadline, "{what} did not come: {nodes:#?}\n{}", self.tail("registrar"));
            tokio::time::sleep(POLL_INTERVAL).await;
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

    pub fn tail(&self, role: &str) -> String {
        let text = fs::read_to_string(self.log(role)).unwrap_or_default();
        let lines: Vec<&str> = text.lines().filter(|line| !line.contains("TRACE") && !line.contains("DEBUG")).collect();
        lines[lines.len().saturating_sub(12)..].join("\n")
    }
}

/// Of the test's own database, without the road.
fn url(fixture: &CliFixture) -> reqwest::Url {
    fixture.database.url().parse().unwrap()
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
