//! How each trouble begins and ends.

use std::{fs, time::Duration};

use alloy::sol_types::SolCall;
use linkpool_contracts::pool::{setFeeCall, setRolesCall};
use linkpool_primitives::JUELS_PER_LINK;
use linkpool_testkit::{Fault, When, fixture::register_node, tcp_proxy::Passage};
use rustix::process::{Pid, Signal, kill_process};
use tokio_util::task::AbortOnDropHandle;

use super::{
    causes::Trouble,
    fixture::{AlertsFixture, FINAL, REGISTRAR, ROLES},
};

const TAKE_INTERVAL: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);
/// For an answer that never comes.
pub const ASKED: u128 = 2 * JUELS_PER_LINK;
const ETHER: u128 = 1_000_000_000_000_000_000;
const PLENTY: u128 = 100 * ETHER;
/// Less than a new node's wallet is given.
const ALMOST_NOTHING: u128 = ETHER / 100;
const NODES: usize = 4;

impl AlertsFixture {
    pub async fn begin(&mut self, trouble: Trouble) {
        let chain = self.roles.fixture.chain.clone();
        match trouble {
            Trouble::JobsRemoved => self.unask(),
            Trouble::RolesKilled => ROLES.into_iter().for_each(|role| self.roles.kill(role)),
            Trouble::DatabaseCut => self.roles.proxy_to_database.set(Passage::Closed),
            Trouble::RoleNotGranted => {
                self.grant(self.accounts.registrar, 0).await;
                self.roles.kill("registrar");
                self.start("registrar").await;
            }
            Trouble::MiningStops => self.mine(0),
            Trouble::EndpointStops => self.spare.stop().await.unwrap(),
            Trouble::EndpointLags => self.spare.set(Fault::LagsBehind(30)),
            Trouble::EndpointsFail => {
                for endpoint in [&self.main, &self.spare] {
                    endpoint.set(Fault::Status(503).when(When::Every(2)));
                }
            }
            Trouble::RowChanged => self.sql("update pool set fee_bps = fee_bps + 1"),
            Trouble::LogsSlow => {
                for endpoint in [&self.main, &self.spare] {
                    endpoint.set(Fault::Latency(Duration::from_secs(4)).on("eth_getLogs"));
                }
                self.busy = Some(self.change_roles().await);
            }
            Trouble::Announced => {
                let (contracts, call) = (&self.roles.contracts, setFeeCall { feeBps: 400 });
                self.announced = Some(contracts.announce(&chain, &self.accounts, &call).await.unwrap());
            }
            Trouble::PursesEmpty => {
                for account in [self.accounts.registrar, self.reporter] {
                    chain.set_balance(account, ALMOST_NOTHING).await.unwrap();
                }
                self.operate("scale up 1").await;
            }
            Trouble::KeyUsedElsewhere => self.use_the_key().await,
            Trouble::TransactionsForgotten => {
                self.forget_transactions();
                self.operate("scale up 1").await;
            }
            Trouble::NonceTaken => {
                self.forget_transactions();
                let before = self.sent();
                self.operate("scale up 1").await;
                self.roles.until("a transaction that is sent", || (self.sent() > before).then_some(())).await;
                self.use_the_key().await;
                chain.mine(FINAL + 1).await.unwrap();
            }
            Trouble::Reorg => self.reorg().await,
            Trouble::Quarantine => {
                let node = &self.open_nodes(1).await[0];
                self.operate(&format!("node quarantine {} --reason proof", node.id)).await;
            }
            Trouble::ReplicaLost => {
                self.open_nodes(1).await;
                fs::write(self.broken(), "").unwrap();
                kill(self.replicas()[0]);
            }
            Trouble::ReplicasEnd => {
                self.open_nodes(NODES).await;
                fs::write(self.broken(), "").unwrap();
                self.replicas().into_iter().for_each(kill);
            }
            Trouble::RolloutRefused => {
                self.open_nodes(1).await;
                self.operate("rollout start --node-version 9.9.9 --reason proof").await;
            }
            Trouble::NodeNotKept => {
                self.open_nodes(1).await;
                self.sql("update fleet_node set keep_error = 'a proof'");
            }
            Trouble::AutoscaleStops => self.sql("update autoscale set stopped_why = 'a proof'"),
            Trouble::NodeUnknown => {
                let stranger = self.accounts.holders[0];
                self.grant(stranger, REGISTRAR).await;
                let accounts = linkpool_testkit::fixture::Accounts { registrar: stranger, ..self.accounts.clone() };
                let wallet = register_node(&chain, &self.roles.contracts, &accounts).await.unwrap();
                self.stranger = Some(wallet);
                chain.mine(FINAL + 1).await.unwrap();
            }
            Trouble::ChainCut => {
                self.roles.proxy_to_chain.set(Passage::Closed);
                self.spare.stop().await.unwrap();
            }
            Trouble::OperatorOfAnother => {
                let node = self.final_node().await;
                self.operator_of(&node).await;
            }
            Trouble::WalletLetsIn => self.let_in().await,
            Trouble::ReporterBlind => {
                fs::remove_file(self.roles.fixture.path("size")).unwrap();
                chain.advance_time(8 * DAY).await.unwrap();
            }
            Trouble::EarningsHeldUp => {
                self.hold_up().await;
                chain.advance_time(10 * DAY).await.unwrap();
            }
        }
    }

    pub async fn end(&mut self, trouble: Trouble) {
        let chain = self.roles.fixture.chain.clone();
        match trouble {
            Trouble::JobsRemoved => self.prometheus.ask(&self.prometheus.jobs),
            Trouble::RolesKilled => {
                for role in ROLES {
                    self.start(role).await;
                }
            }
            Trouble::DatabaseCut => self.roles.proxy_to_database.set(Passage::Open),
            Trouble::RoleNotGranted => self.grant(self.accounts.registrar, REGISTRAR).await,
            Trouble::MiningStops => self.mine(1),
            Trouble::EndpointStops => self.spare.resume().unwrap(),
            Trouble::EndpointLags => self.spare.clear(),
            Trouble::EndpointsFail | Trouble::TransactionsForgotten | Trouble::NonceTaken => self.clear(),
            Trouble::RowChanged => {
                self.operate("verify --repair").await;
            }
            Trouble::LogsSlow => {
                self.busy = None;
                self.clear();
            }
            Trouble::Announced => {
                let operation = self.announced.take().unwrap();
                self.roles.contracts.cancel(&chain, &self.accounts, operation).await.unwrap();
            }
            Trouble::PursesEmpty => {
                for account in [self.accounts.registrar, self.reporter] {
                    chain.set_balance(account, PLENTY).await.unwrap();
                }
            }
            Trouble::KeyUsedElsewhere => {
                chain.mine(FINAL + 1).await.unwrap();
                self.operate("signer resync").await;
            }
            // The registrar has sent them again.
            Trouble::Reorg => {}
            Trouble::Quarantine => {
                let nodes = self.roles.database.fleet_nodes().await.unwrap();
                let node = nodes.iter().find(|node| node.phase == linkpool_db::fleet::Phase::Quarantined).unwrap();
                self.operate(&format!("node release {} --reason proof", node.id)).await;
            }
            Trouble::RolloutRefused => {
                self.operate("rollout abort --reason proof").await;
            }
            Trouble::NodeNotKept => self.sql("update fleet_node set keep_error = null"),
            Trouble::AutoscaleStops => {
                self.operate("scale resume --reason proof").await;
            }
            Trouble::ReplicaLost | Trouble::ReplicasEnd => fs::remove_file(self.broken()).unwrap(),
            Trouble::NodeUnknown => {
                let wallet = self.stranger.unwrap();
                self.operate(&format!("node adopt {wallet} --reason ours")).await;
            }
            Trouble::ChainCut => {
                self.roles.proxy_to_chain.set(Passage::Open);
                self.spare.resume().unwrap();
            }
            Trouble::OperatorOfAnother => {
                let node = self.final_node().await;
                self.operate(&format!("node operator {} --none --reason proof", node.id)).await;
            }
            // An Operator is taken back once an hour at most.
            Trouble::WalletLetsIn => chain.advance_time(TAKE_INTERVAL).await.unwrap(),
            Trouble::ReporterBlind => fs::write(self.roles.fixture.path("size"), "19000\n").unwrap(),
            Trouble::EarningsHeldUp => {
                chain.set_balance(self.earnings, PLENTY).await.unwrap();
                let (consumer, asked) = self.asked.take().unwrap();
                consumer.cancel(&asked, ASKED).await.unwrap();
            }
        }
    }

    fn sql(&self, text: &str) {
        let database = &self.roles.fixture.database;
        database.server().run(database.name(), text).unwrap();
    }

    fn forget_transactions(&self) {
        self.main.set(Fault::ForgetsTransactions);
        self.spare.set(Fault::ForgetsTransactions);
    }

    fn clear(&self) {
        self.main.clear();
        self.spare.clear();
    }

    /// Many blocks with an event of the contract each: what has none need not be asked for its logs.
    async fn change_roles(&self) -> AbortOnDropHandle<()> {
        let account = self.accounts.holders[1];
        self.grant(account, 0).await;
        let (chain, contracts) = (self.roles.fixture.chain.clone(), self.roles.contracts.clone());
        AbortOnDropHandle::new(tokio::spawn(async move {
            for roles in (0..2).cycle() {
                let call = setRolesCall { account, roles }.abi_encode();
                let _ = chain.send_unlocked(contracts.timelock, Some(contracts.pool), call).await;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }))
    }

    /// Somebody else has the registrar's key and sends with it, not by an endpoint of ours.
    async fn use_the_key(&self) {
        let account = self.accounts.registrar;
        self.roles.fixture.chain.send_now(account, Some(account), Vec::new()).await.unwrap();
    }

    /// Transactions that the endpoints were given.
    fn sent(&self) -> u64 {
        [&self.main, &self.spare].map(|endpoint| endpoint.calls("eth_sendRawTransaction")).iter().sum()
    }

    /// Has so many blocks come each half second.
    fn mine(&self, blocks: u64) {
        self.pace.send_replace(blocks);
    }

    /// New nodes are opened, and a reorg that is no deeper than what is final takes their transactions back.
    async fn reorg(&self) {
        let chain = &self.roles.fixture.chain;
        let there = self.roles.database.fleet_nodes().await.unwrap().len();
        // Blocks come with the transactions alone, so that they lie close together.
        self.mine(0);
        let before = chain.heads().await.unwrap().head.number;
        self.open_nodes(there + NODES).await;
        let depth = chain.heads().await.unwrap().head.number - before;
        assert!(depth < FINAL, "{depth} blocks are too deep a reorg");
        chain.reorg(depth).await.unwrap();
        self.mine(1);
    }

    /// The processes of the nodes' replicas: those of this machine that name our folder.
    fn replicas(&self) -> Vec<Pid> {
        let folder = self.roles.fixture.path("nodes").display().to_string();
        let mut found = Vec::new();
        for entry in fs::read_dir("/proc").unwrap().flatten() {
            let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            let line = String::from_utf8_lossy(&line).into_owned();
            let number = entry.file_name().to_string_lossy().parse().ok().and_then(Pid::from_raw);
            if let Some(pid) = number.filter(|_| line.contains("standin-node") && line.contains(&folder)) {
                found.push(pid);
            }
        }
        assert!(!found.is_empty(), "no replica runs");
        found
    }
}

fn kill(pid: Pid) {
    kill_process(pid, Signal::KILL).unwrap();
}
