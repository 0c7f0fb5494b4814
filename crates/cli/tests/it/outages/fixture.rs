//! A chain, a database with a standby, and two processes of every role, each with a road of its own to the database.

use std::{collections::BTreeMap, fs, path::PathBuf, sync::Arc, time::Duration};

use linkpool_primitives::Address;
use linkpool_testkit::{
    AnvilOptions, Clock, Postgres, PostgresOptions, Tools,
    fixture::{Accounts, Contracts},
    tcp_proxy::TcpProxy,
};

use super::{
    health::Asker,
    instance::{API, EARNINGS, FLEET, INDEX, Instance, REGISTRAR, REPORTER, ROLES},
};
use crate::{
    fixture::{CliFixture, restrict},
    roles::{OPERATOR_TOKEN, SEAL_KEY},
};

/// Of an epoch; two of them are final.
const SLOTS: u64 = 8;
/// What is final lies sixteen of them behind, and no reorg here goes so deep.
const BLOCK_TIME: Duration = Duration::from_millis(500);

pub struct OutageFixture {
    /// Before the chain, which it asks.
    pub clock: Arc<Clock>,
    pub fixture: CliFixture,
    pub contracts: Contracts,
    pub accounts: Accounts,
    pub tools: Tools,
    pub primary: Postgres,
    /// None after a fail-over, until somebody needs another.
    pub standby: Option<Postgres>,
    pub instances: Vec<Instance>,
    pub asker: Asker,
    /// The trace of every node process that was ever seen.
    pub replicas: BTreeMap<PathBuf, String>,
    /// The account that passes earnings on.
    pub passes_on: Address,
}

impl OutageFixture {
    pub async fn open() -> Self {
        let options = AnvilOptions { slots_in_epoch: SLOTS, ..AnvilOptions::default() };
        let cast = |accounts: &mut Accounts, ours| accounts.registrar = ours;
        let (fixture, contracts, accounts) = CliFixture::on(&options).await.deploy(cast).await;
        let passes_on = fixture.key_of_its_own("earnings").await;
        let clock = Arc::new(Clock::start(&fixture.chain, BLOCK_TIME).await.unwrap());
        let tools = Tools::find().unwrap();
        let primary = Postgres::start(&tools, &PostgresOptions::default()).await.unwrap();
        primary.create_database("linkpool").unwrap();
        let url = primary.url("linkpool");
        configure(&fixture, &contracts);
        let migrated = fixture.command("migrate").env("LINKPOOL_DATABASE_URL", &url).output().unwrap();
        assert!(migrated.status.success(), "{}", String::from_utf8_lossy(&migrated.stderr));
        let mut starts = Vec::new();
        for number in 1..=2 {
            for role in ROLES {
                starts.push((role, number, TcpProxy::to(primary.port()).await.unwrap()));
            }
        }
        let index = format!("index --deploy-block {}", contracts.deploy_block);
        let start = async |(role, number, tcp_proxy): (&'static str, usize, TcpProxy)| {
            let line = if role == INDEX { index.as_str() } else { role };
            let url = url.replace(&format!(":{}/", primary.port()), &format!(":{}/", tcp_proxy.port()));
            Instance::start(&fixture, role, number, line, &url, tcp_proxy).await
        };
        let instances = futures_util::future::join_all(starts.into_iter().map(start)).await;
        let replicas = BTreeMap::new();
        let asker = Asker::new();
        let mut outage =
            Self { fixture, clock, contracts, accounts, tools, primary, standby: None, instances, asker, replicas, passes_on };
        outage.with_standby().await;
        outage
    }

    /// Makes a standby if there is none. From then on nothing that was answered is lost with the primary.
    pub async fn with_standby(&mut self) {
        if self.standby.is_none() {
            self.standby = Some(self.primary.standby(&self.tools).await.unwrap());
        }
    }

    /// The one that does the role's work now.
    pub async fn leader(&self, role: &str) -> &Instance {
        for _ in 0..1_200 {
            let mut leaders = Vec::new();
            for instance in self.of(role) {
                if role == API || self.asker.leads(instance).await {
                    leaders.push(instance);
                }
            }
            // Between two leaders both may say so, or nobody.
            match leaders.as_slice() {
                [leader] => return leader,
                [first, _] if role == API => return first,
                _ => {}
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("nobody does the work of {role}\n{}", self.tails());
    }

    pub fn of(&self, role: &str) -> impl Iterator<Item = &Instance> {
        self.instances.iter().filter(move |instance| instance.role == role)
    }

    pub fn tails(&self) -> String {
        self.instances.iter().map(Instance::tail).collect::<Vec<_>>().join("\n")
    }

    /// SIGTERM for all, which they obey; and no node process stays behind.
    pub async fn end(self) {
        for instance in &self.instances {
            instance.end().await;
        }
        let stopped = self.fixture.succeed("fleet --stop-nodes");
        let all = format!("{} replicas were stopped", self.replicas.len());
        assert_eq!(stopped.trim(), all);
    }
}

fn configure(fixture: &CliFixture, contracts: &Contracts) {
    let secret = |name: &str, text: &str| {
        fs::write(fixture.path(name), text).unwrap();
        restrict(&fixture.path(name), 0o600);
    };
    secret("operator-token", OPERATOR_TOKEN);
    secret("seal-key", SEAL_KEY);
    // The nodes have a server of their own, which nothing befalls here.
    secret("node-database-url", fixture.database.url());
    fs::write(fixture.path("size"), "19000").unwrap();
    let listening =
        |roles: &[&str]| roles.iter().map(|role| format!("[{role}]\nhealth_listen = \"127.0.0.1:0\"\n")).collect::<String>();
    let settings = format!(
        "[chain]\nchain_id = 31337\npool = \"{}\"\nearnings_factory = \"{}\"\nrpc_url = \"{}\"\n[transactions]\npoll_ms = 200\n\
         {}poll_ms = 200\n{}listen = \"127.0.0.1:0\"\n[operator]\nlisten = \"127.0.0.1:0\"\ntoken_file = \"operator-token\"\n\
         {}node_database_url_file = \"node-database-url\"\nseal_key_file = \"seal-key\"\ndevelopment_chains = [31337]\n\
         {}keystore = \"keystore.json\"\npassword_file = \"password\"\naudit_interval_seconds = 2\n\
         [keys.reporter]\nkeystore = \"keystore.json\"\npassword_file = \"password\"\n\
         {}source_file = \"size\"\npoll_ms = 1000\n\
         [keys.earnings]\nkeystore = \"earnings.json\"\npassword_file = \"password\"\n\
         {}poll_ms = 500\ninterval_hours = 1\n",
        contracts.pool,
        contracts.earnings_factory,
        fixture.rpc_url(),
        listening(&["indexer"]),
        listening(&[API]),
        listening(&[FLEET]),
        listening(&[REGISTRAR]),
        listening(&[REPORTER]),
        listening(&[EARNINGS]),
    );
    fs::write(fixture.path("linkpool.toml"), settings).unwrap();
}
