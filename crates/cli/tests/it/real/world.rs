//! The pool, its roles, and what its nodes need to work.

use std::{
    env, fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use alloy::{primitives::U256, sol_types::SolCall};
use linkpool_contracts::{link, pool::setProoflessCall, stake_data};
use linkpool_db::fleet::{FleetNode, Phase, ReplicaState};
use linkpool_primitives::{Address, B256, JUELS_PER_LINK, checksum};
use linkpool_testkit::{
    AnvilOptions, NodePostgres,
    fixture::{Accounts, deploy_operator},
};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::adapter::Adapter;
use crate::{
    fixture::CliFixture,
    roles::{Roles, get},
};

/// The job that answers requests, which asks no adapter.
pub const ANSWER: &str = "number";
const ANSWER_JOB: &str = include_str!("../../../src/dev/work/job.toml");
/// A job that asks the adapter each second.
const CRON_JOB: &str = r#"
type = "cron"
schemaVersion = 1
evmChainID = "{{chain_id}}"
schedule = "CRON_TZ=UTC * * * * * *"
observationSource = '''
    ask [type="bridge" name="prices" requestData="{\"data\": {\"node\": \"{{node}}\"}}"]
'''
"#;
const POLL_INTERVAL: Duration = Duration::from_millis(50);
const WAIT_TIMEOUT: Duration = Duration::from_secs(180);

pub struct World {
    pub roles: Roles,
    pub accounts: Accounts,
    pub adapter: Adapter,
    _postgres: NodePostgres,
}

fn named(variable: &str) -> String {
    env::var(variable)
        .unwrap_or_else(|_| panic!("{variable} is set by `cargo xtask prove chainlink` and `cargo xtask bench fleet`"))
}

impl World {
    pub async fn begin() -> Self {
        let postgres = NodePostgres::start(&PathBuf::from(named("LINKPOOL_NODE_POSTGRES"))).unwrap();
        let options = AnvilOptions { block_time: Some(Duration::from_secs(1)), ..AnvilOptions::default() };
        let (fixture, contracts, accounts) = CliFixture::with_pool_on(&options, |accounts, ours| accounts.registrar = ours).await;
        // A stock node signs nothing but transactions: its wallet is proven by a transfer.
        contracts.as_owner(&fixture.chain, &setProoflessCall { allowed: true }).await.unwrap();
        let port = fixture.chain_port();
        let mut roles = Roles::prepared(fixture, contracts, None, port).await;
        roles.variables = vec![("LINKPOOL_LOG", "info".to_owned())];
        roles.secret("node-database-url", &postgres.url());
        roles.secret("rpc-ws-url", &roles.rpc_url().replace("http://", "ws://"));
        let file = roles.fixture.path("linkpool.toml");
        let program = format!("[fleet]\nprogram = \"chainlink\"\nnode_program = \"{}\"\n", named("LINKPOOL_CHAINLINK"));
        let settings = fs::read_to_string(&file).unwrap().replace("[fleet]\n", &program);
        let endpoint = "url_file = \"rpc-url\"\n";
        fs::write(&file, settings.replace(endpoint, &format!("{endpoint}ws_url_file = \"rpc-ws-url\"\n"))).unwrap();
        roles.begin();
        // Where commands send the calls is known once the fleet listens.
        let operator = roles.address("fleet", "the operator's calls at ").await;
        let settings = fs::read_to_string(&file).unwrap();
        fs::write(&file, settings.replace("[operator]\n", &format!("[operator]\nurl = \"{operator}\"\n"))).unwrap();
        Self { roles, accounts, adapter: Adapter::start().await, _postgres: postgres }
    }

    /// Asks for one more node, and waits until it stands open for stake.
    pub async fn scale(&self) -> (FleetNode, Duration) {
        let begin = Instant::now();
        let asked = self.roles.fixture.json("scale up 1");
        let id = asked["nodes"][0]["id"].as_str().unwrap().to_owned();
        let node = self.roles.until_node("an open node", |node| node.id == id && node.phase == Phase::Open).await;
        (node, begin.elapsed())
    }

    /// A holder stakes on the node; how long until the API shows it.
    pub async fn stake(&self, node: &FleetNode, amount_link: u128) -> Duration {
        let holder = self.accounts.holders[0];
        let (begin, amount) = (Instant::now(), amount_link * JUELS_PER_LINK);
        let data = stake_data(&[(node.wallet.unwrap(), amount)]).unwrap();
        let call = link::transferAndCallCall { _to: self.roles.contracts.pool, _value: U256::from(amount), _data: data.into() };
        self.roles.fixture.chain.send_unlocked(holder, Some(self.roles.contracts.link), call.abi_encode()).await.unwrap();
        let api = self.roles.address("api", "the page and the API at ").await;
        let url = format!("{api}/api/v1/stakers/{}", checksum(&holder));
        self.until("the stake on the API", async || {
            let (_, text) = get(&url, None).await;
            let answer: Value = serde_json::from_str(&text).unwrap_or_default();
            answer["data"]["stake_juels"].as_str() == Some(&amount.to_string())
        })
        .await;
        begin.elapsed()
    }

    /// Gives the node an Operator of its own.
    pub async fn operator(&self, node: &FleetNode) -> Address {
        let (chain, link) = (&self.roles.fixture.chain, self.roles.contracts.link);
        let contract = deploy_operator(chain, &self.accounts, link, node.wallet.unwrap()).await.unwrap();
        self.roles.fixture.succeed(&format!("node operator {} {contract} --reason proof", node.id));
        contract
    }

    /// Gives all nodes the bridge and both jobs; how long until each has them.
    pub async fn jobs(&self) -> Duration {
        let folder = self.roles.fixture.path("jobs");
        fs::create_dir(&folder).unwrap();
        let write = |name: &str, text: &str| fs::write(folder.join(name), text).unwrap();
        write("prices.bridge.toml", &format!("url = \"{}\"\n", self.adapter.url));
        write("heartbeat.job.toml", CRON_JOB);
        write(&format!("{ANSWER}.job.toml"), ANSWER_JOB);
        let begin = Instant::now();
        self.roles.fixture.succeed("jobs apply jobs --reason proof");
        self.until("the jobs everywhere", async || self.roles.fixture.run("jobs status").status.success()).await;
        begin.elapsed()
    }

    /// kill -9 of the process that serves.
    pub async fn kill_active(&self, node: &FleetNode) {
        let serving = async || {
            let replicas = self.roles.database.replicas_of(&node.id).await.unwrap();
            replicas.into_iter().find(|replica| replica.state == ReplicaState::Serving)
        };
        let replica = linkpool_testkit::until_some("a serving replica", WAIT_TIMEOUT, serving).await;
        let mark = format!("{}/{}.usual.toml", replica.node_id, replica.replica_id);
        let is_its = |path: PathBuf| -> Option<i32> {
            let line = fs::read(path.join("cmdline")).ok()?;
            let pid = path.file_name()?.to_str()?.parse().ok()?;
            String::from_utf8_lossy(&line).contains(&mark).then_some(pid)
        };
        let pid = fs::read_dir("/proc").unwrap().find_map(|entry| is_its(entry.ok()?.path())).expect("its process");
        kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
    }

    pub async fn until(&self, what: &str, holds: impl AsyncFn() -> bool) {
        let begin = Instant::now();
        while !holds().await {
            assert!(begin.elapsed() < WAIT_TIMEOUT, "{what} did not come");
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }
}

/// The id of the job that answers, as a request names it.
pub fn topic(node: &FleetNode) -> B256 {
    let mut topic = B256::ZERO;
    topic[..16].copy_from_slice(linkpool_jobs::external_job_id(&node.id, ANSWER).as_bytes());
    topic
}
