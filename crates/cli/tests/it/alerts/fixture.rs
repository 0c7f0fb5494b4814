//! All roles with two endpoints and a chain that makes blocks, and a Prometheus that asks them.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use linkpool_contracts::pool::setRolesCall;
use linkpool_db::fleet::{FleetNode, Phase};
use linkpool_primitives::{Address, B256};
use linkpool_testkit::{
    AnvilOptions, Proxy,
    fixture::{Accounts, Asked, Consumer, Contracts},
};
use serde_json::json;
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;

use super::prometheus::Prometheus;
use crate::{
    fixture::{CliFixture, restrict},
    roles::Roles,
};

pub const ROLES: [&str; 6] = ["index", "api", "registrar", "fleet", "reporter", "earnings"];
/// Blocks below the head that are final: deep enough for a reorg of a few.
pub const FINAL: u64 = 32;
/// Of the contract's roles.
pub const REGISTRAR: u8 = 1;
/// For a loaded machine.
const WAIT_TIMEOUT: Duration = Duration::from_secs(180);
const POLL_INTERVAL: Duration = Duration::from_millis(100);
const BLOCK_TIME: Duration = Duration::from_millis(500);
/// A node's program that ends at once while the file `broken` is there.
const NODE: &str = "#!/bin/sh\n[ -e '{broken}' ] && exit 1\nexec '{linkpool}' standin-node --development-chain 31337 \"$@\"\n";

pub struct AlertsFixture {
    pub roles: Roles,
    pub prometheus: Prometheus,
    pub accounts: Accounts,
    /// Between the roles and the chain: the endpoint `main` and the endpoint `spare`.
    pub main: Proxy,
    pub spare: Proxy,
    /// Blocks that come each half second.
    pub pace: watch::Sender<u64>,
    pub reporter: Address,
    /// The account that passes earnings on.
    pub earnings: Address,
    /// What a consumer has asked that nobody answers.
    pub asked: Option<(Consumer, Asked)>,
    /// The node that somebody else has registered.
    pub stranger: Option<Address>,
    /// What the timelock has scheduled.
    pub announced: Option<B256>,
    /// What makes blocks full of events.
    pub busy: Option<AbortOnDropHandle<()>>,
}

impl AlertsFixture {
    pub async fn set() -> Self {
        let fixture = CliFixture::on(&AnvilOptions { slots_in_epoch: FINAL / 2, ..AnvilOptions::default() }).await;
        let mut accounts = Accounts::of(&fixture.chain).await.unwrap();
        accounts.guardian = accounts.treasury;
        accounts.registrar = fixture.account;
        accounts.reporter = fixture.key_of_its_own("reporter").await;
        let earnings = fixture.key_of_its_own("earnings").await;
        let contracts = Contracts::deploy(&fixture.chain, &accounts).await.unwrap();
        fixture.chain.mine(FINAL + 1).await.unwrap();
        let (main, spare) =
            (Proxy::start(fixture.chain_port()).await.unwrap(), Proxy::start(fixture.chain_port()).await.unwrap());
        let mut roles = Roles::prepared(fixture, contracts, None, main.port()).await;
        configure(&mut roles, &spare);
        let reporter = accounts.reporter;
        let pace = mine(&roles);
        roles.begin();
        roles.spawn("reporter", "reporter");
        roles.spawn("earnings", "earnings");
        let prometheus = Prometheus::start(&roles.fixture.path("prometheus"));
        let (stranger, announced, busy, asked) = (None, None, None, None);
        let mut monitored =
            Self { roles, prometheus, accounts, main, spare, pace, reporter, earnings, asked, stranger, announced, busy };
        for role in ROLES {
            monitored.found(role).await;
        }
        monitored.prometheus.until_asked().await;
        monitored.prometheus.until_quiet().await;
        monitored
    }

    /// Nothing was wrong while the roles came up, so none of them has warned of anything.
    pub fn is_calm(&self) {
        for role in ROLES {
            let log = fs::read_to_string(self.roles.log(role)).unwrap();
            let warned = log.lines().find(|line| line.contains(" WARN ") || line.contains(" ERROR "));
            assert_eq!(warned, None, "{role}");
        }
    }

    /// Starts a role that was killed.
    pub async fn start(&mut self, role: &'static str) {
        let line = match role {
            "index" => format!("index --deploy-block {}", self.roles.contracts.deploy_block),
            _ => role.to_owned(),
        };
        self.roles.spawn(role, &line);
        self.found(role).await;
    }

    /// Has Prometheus ask a role where it listens now.
    async fn found(&mut self, role: &'static str) {
        let place = self.roles.address(role, "health and metrics at http://").await;
        self.prometheus.jobs.insert(role, place);
        self.prometheus.ask(&self.prometheus.jobs);
    }

    pub fn unask(&self) {
        self.prometheus.ask(&BTreeMap::new());
    }

    /// An operator's command that must succeed.
    pub async fn operate(&self, line: &str) -> String {
        let operator = self.roles.address("fleet", "the operator's calls at ").await;
        let output = self.roles.fixture.command(line).env("LINKPOOL__OPERATOR__URL", &operator).output().unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(output.status.success(), "{line}: {said}");
        said
    }

    /// At least so many open nodes; those that are missing are asked for.
    pub async fn open_nodes(&self, count: usize) -> Vec<FleetNode> {
        let begin = Instant::now();
        let there = self.roles.database.fleet_nodes().await.unwrap().len();
        if there < count {
            self.operate(&format!("scale up {}", count - there)).await;
        }
        loop {
            let nodes = self.roles.database.fleet_nodes().await.unwrap();
            let open: Vec<FleetNode> = nodes.into_iter().filter(|node| node.phase == Phase::Open).collect();
            if open.len() >= count {
                return open;
            }
            assert!(begin.elapsed() < WAIT_TIMEOUT, "{} of {count} nodes are open", open.len());
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    /// As the pool's owner, the timelock, after its delay.
    pub async fn grant(&self, account: Address, roles: u8) {
        use alloy::sol_types::SolCall;
        let (chain, contracts) = (&self.roles.fixture.chain, &self.roles.contracts);
        chain.forward("anvil_impersonateAccount".into(), json!([contracts.timelock])).await.unwrap();
        chain.set_balance(contracts.timelock, 10u128.pow(18)).await.unwrap();
        let call = setRolesCall { account, roles }.abi_encode();
        chain.send_now(contracts.timelock, Some(contracts.pool), call).await.unwrap();
    }

    pub fn broken(&self) -> PathBuf {
        self.roles.fixture.path("broken")
    }
}

/// What these settings have beside those of all roles: a second endpoint, two roles with keys of their own, comparisons each second,
/// and nodes that can be broken.
fn configure(roles: &mut Roles, spare: &Proxy) {
    let path = roles.fixture.path("linkpool.toml");
    let settings = fs::read_to_string(&path).unwrap();
    let settings = ["reporter", "earnings"].into_iter().fold(settings, |settings, name| {
        let own = format!("[keys.{name}]\nkeystore = \"{name}.json\"");
        let settings = settings.replace(&format!("[keys.{name}]\nkeystore = \"keystore.json\""), &own);
        assert!(settings.contains(&own), "{settings}");
        settings
    });
    let endpoint = format!("[[chain.endpoints]]\nname = \"spare\"\nurl = \"{}\"\n", spare.http_url());
    fs::write(&path, settings + &endpoint).unwrap();
    restrict(&path, 0o600);
    fs::write(roles.fixture.path("size"), "19000\n").unwrap();
    let program = node_program(roles);
    roles.variables = vec![
        ("LINKPOOL_LOG", "info".into()),
        ("LINKPOOL__INDEXER__VERIFY_EVERY_S", "1".into()),
        ("LINKPOOL__EARNINGS__POLL_MS", "500".into()),
        ("LINKPOOL__REGISTRAR__REGISTRATIONS_PER_HOUR", "1000".into()),
        ("LINKPOOL__FLEET__NODE_PROGRAM", program.display().to_string()),
    ];
}

fn node_program(roles: &Roles) -> PathBuf {
    let path = roles.fixture.path("node.sh");
    let broken = roles.fixture.path("broken").display().to_string();
    fs::write(&path, NODE.replace("{broken}", &broken).replace("{linkpool}", env!("CARGO_BIN_EXE_linkpool"))).unwrap();
    restrict(Path::new(&path), 0o700);
    path
}

/// Blocks come as on a real chain, until they shall not.
fn mine(roles: &Roles) -> watch::Sender<u64> {
    let (pace, told) = watch::channel(1);
    let chain = roles.fixture.chain.clone();
    tokio::spawn(async move {
        while told.has_changed().is_ok() {
            let blocks = *told.borrow();
            if blocks > 0 {
                let _ = chain.mine(blocks).await;
            }
            tokio::time::sleep(BLOCK_TIME).await;
        }
    });
    pace
}
