//! What must hold after every round, and at the end.

use std::{
    collections::HashSet,
    fs,
    time::{Duration, Instant},
};

use alloy::primitives::U256;
use linkpool_contracts::{earnings_factory::earnings_of, link::balanceOfCall, pool::nodeCountCall};
use linkpool_db::{
    Connect, Database,
    fleet::{FleetNode, Phase},
    tx::Account,
};
use linkpool_primitives::JUELS_PER_LINK;
use linkpool_replay::random::Random;
use serde_json::json;

use super::{fixture::OutageFixture, instance::FLEET};
use crate::roles::OPERATOR_TOKEN;

/// For a busy machine, and for endpoints and nodes that are asked again after a minute.
const WAIT_TIMEOUT: Duration = Duration::from_secs(120);
/// Between two of the same source, by the settings here.
const PASS_INTERVAL: Duration = Duration::from_secs(3_600);
const POLL_INTERVAL: Duration = Duration::from_millis(100);

impl OutageFixture {
    /// Beside every road.
    async fn database(&self) -> Database {
        Database::connect(&Connect::new(self.primary.url("linkpool")).patient()).await.unwrap()
    }

    pub async fn nodes(&self) -> Vec<FleetNode> {
        self.database().await.fleet_nodes().await.unwrap()
    }

    /// Asks one of the fleets for a node. Where no answer came, the same call is repeated.
    pub async fn scale(&self, random: &mut Random, key: &str) {
        let fleets: Vec<_> = self.of(FLEET).collect();
        let deadline = Instant::now() + WAIT_TIMEOUT;
        loop {
            let fleet = fleets[random.index(fleets.len())];
            match self.asker.scale(fleet, OPERATOR_TOKEN, key).await {
                Some(200 | 202) => return,
                code => assert!(Instant::now() < deadline, "{code:?} for `{key}`\n{}", self.tails()),
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    pub async fn until_open(&self) {
        let deadline = Instant::now() + WAIT_TIMEOUT;
        loop {
            let nodes = self.nodes().await;
            let Some(waiting) = nodes.iter().find(|node| node.phase != Phase::Open) else { return };
            assert!(
                Instant::now() < deadline,
                "{} stays {:?}: {:?}\n{}",
                waiting.id,
                waiting.phase,
                waiting.last_error,
                self.tails()
            );
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    /// Every row equals the contract's, once the index has followed to where the chain is now. Gives the number of events.
    pub async fn equal(&self) -> usize {
        let (chain, database) = (&self.fixture.chain, self.database().await);
        let head = chain.heads().await.unwrap().head.number;
        let deadline = Instant::now() + WAIT_TIMEOUT;
        while database.cursor().await.unwrap().unwrap().block.number < head {
            assert!(Instant::now() < deadline, "the index does not come to {head}\n{}", self.tails());
            tokio::time::sleep(POLL_INTERVAL).await;
        }
        let mut is_second = false;
        let found = loop {
            match linkpool_indexer::verify(chain, &database, self.contracts.pool).await {
                // While anvil makes a block it answers some questions about the one before, asked for by its hash, as of the new one
                // (20 of 28,505 balances of a busy account). Nothing is written here meanwhile that could cover a row that is wrong.
                Ok(found) if !is_second && found.as_ref().is_some_and(|found| !found.is_equal()) => is_second = true,
                Ok(found) => break found.unwrap(),
                // The block that was compared at was replaced meanwhile, and its state can't be asked for any more.
                Err(error) => assert!(Instant::now() < deadline, "{error}"),
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        };
        assert_eq!(found.differences, []);
        found.events
    }

    /// Less than the least amount waits at each node's own contract, an hour after something was passed on last.
    pub async fn passed_on(&self) {
        self.fixture.chain.forward("evm_increaseTime".into(), json!([PASS_INTERVAL.as_secs()])).await.unwrap();
        let (chain, nodes, deadline) = (&self.fixture.chain, self.nodes().await, Instant::now() + WAIT_TIMEOUT);
        let contracts = nodes.iter().filter_map(|node| node.wallet);
        let contracts: Vec<_> = contracts.map(|wallet| earnings_of(self.contracts.earnings_factory, wallet)).collect();
        for contract in contracts {
            let waits = async || chain.call(self.contracts.link, &balanceOfCall { _owner: contract }).await.unwrap();
            while waits().await >= U256::from(JUELS_PER_LINK) {
                assert!(Instant::now() < deadline, "what waits at {contract} is not passed on\n{}", self.tails());
                tokio::time::sleep(POLL_INTERVAL).await;
            }
        }
    }

    /// Every process is the one that it was, and says that it is well.
    pub async fn alive(&mut self) {
        let deadline = Instant::now() + WAIT_TIMEOUT;
        for instance in &self.instances {
            while !self.asker.is_well(instance).await {
                assert!(!instance.has_ended() && Instant::now() < deadline, "it is not well: {}", instance.tail());
                tokio::time::sleep(POLL_INTERVAL).await;
            }
        }
        for node in fs::read_dir(self.fixture.path("nodes")).unwrap() {
            let node = node.unwrap().path();
            let files = fs::read_dir(&node).into_iter().flatten().map(|file| file.unwrap().path());
            for file in files.filter(|file| file.extension().is_some_and(|kind| kind == "process")) {
                let trace = fs::read_to_string(&file).unwrap();
                // Its last line the process writes itself, when it has begun.
                if trace.lines().count() == 4 {
                    let known = self.replicas.entry(file).or_insert_with(|| trace.clone());
                    assert_eq!(*known, trace, "a node process was started again");
                }
            }
        }
        for (file, trace) in &self.replicas {
            let then = trace.lines().nth(3).unwrap();
            let pid = then.split(' ').next().unwrap();
            let now = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            assert!(started(&now).is_some() && started(&now) == started(then), "{} has ended: {now}", file.display());
        }
    }

    /// Every node was made once, and no nonce was used twice or left out.
    pub async fn nothing_twice(&self) {
        let (chain, database) = (&self.fixture.chain, self.database().await);
        let nodes = self.nodes().await;
        let wallets: HashSet<_> = nodes.iter().filter_map(|node| node.wallet).collect();
        assert_eq!(wallets.len(), nodes.len(), "two nodes share a wallet");
        let registered = chain.call(self.contracts.pool, &nodeCountCall {}).await.unwrap();
        assert_eq!(registered.to::<usize>(), nodes.len(), "the contract has other nodes than the fleet");
        for address in [self.fixture.account, self.passes_on] {
            let (account, mined) = (Account { chain_id: chain.chain_id(), address }, chain.nonce(address).await.unwrap());
            assert_eq!(database.signer_nonce(&account, mined).await.unwrap(), mined, "a nonce of {address} was left out");
        }
        assert_eq!(self.replicas.len(), 2 * nodes.len(), "a node has other processes than its two replicas");
    }
}

/// When the process of this line of `/proc` was started, unless it has ended.
fn started(stat: &str) -> Option<&str> {
    let mut fields = stat.rsplit_once(") ")?.1.split(' ');
    fields.next().filter(|state| !matches!(*state, "Z" | "X"))?;
    fields.nth(18).map(str::trim)
}
