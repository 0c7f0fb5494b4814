//! A chain with the contracts and one node, a database, and an indexer between them.

use std::time::Duration;

use alloy::{
    primitives::{Bytes, U256},
    rpc::types::TransactionReceipt,
    sol_types::SolCall,
};
use linkpool_chain::{Chain, Endpoint};
use linkpool_contracts::{link, pool, reward_data, stake_data};
use linkpool_db::{Connect, Database};
use linkpool_indexer::{Config, Standing, Verification, follow, log_lines, run_observed, verify};
use linkpool_primitives::{Address, JUELS_PER_LINK};
use linkpool_testkit::{
    Anvil, AnvilOptions, TestDatabase, Tools,
    fixture::{Accounts, Contracts, register_node},
    until,
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub const WAIT_TIMEOUT: Duration = Duration::from_secs(120);
const POLL_INTERVAL: Duration = Duration::from_millis(10);
const HEAD_POLL_INTERVAL: Duration = Duration::from_millis(10);
/// Reorgs of these tests are shorter than the 32 blocks that are not final yet.
const SLOTS_IN_EPOCH: u64 = 16;

pub struct Fixture {
    pub chain: Chain,
    pub database: Database,
    pub contracts: Contracts,
    pub accounts: Accounts,
    pub node: Address,
    pub url: String,
    pub anvil: Anvil,
    test_database: TestDatabase,
}

pub struct Running {
    token: CancellationToken,
    task: JoinHandle<linkpool_indexer::Result<()>>,
}

impl Running {
    pub async fn stop(self) -> linkpool_indexer::Result<()> {
        self.token.cancel();
        self.task.await.expect("the indexer does not panic")
    }

    pub fn abort(self) {
        self.task.abort();
    }

    pub async fn ended(self) -> linkpool_indexer::Result<()> {
        tokio::time::timeout(WAIT_TIMEOUT, self.task)
            .await
            .expect("the indexer ends by itself")
            .expect("the indexer does not panic")
    }
}

impl Fixture {
    pub async fn set() -> Self {
        Self::set_with(AnvilOptions::default().accounts).await
    }

    /// With so many unlocked accounts, of which all but six hold LINK.
    pub async fn set_with(accounts: u32) -> Self {
        let options = AnvilOptions { slots_in_epoch: SLOTS_IN_EPOCH, accounts, ..AnvilOptions::default() };
        let anvil = Anvil::start(&Tools::find().unwrap(), &options).await.unwrap();
        let chain = Chain::connect(&Endpoint::new(anvil.http_url()).unwrap().patient(), None).await.unwrap();
        let accounts = Accounts::of(&chain).await.unwrap();
        let contracts = Contracts::deploy(&chain, &accounts).await.unwrap();
        let node = register_node(&chain, &contracts, &accounts).await.unwrap();
        let test_database = TestDatabase::create().await.unwrap();
        let url = test_database.url().to_owned();
        let database = Self::connect(&url).await;
        Self { chain, database, contracts, accounts, node, url, anvil, test_database }
    }

    async fn connect(url: &str) -> Database {
        let database = Database::connect(&Connect::new(url).patient()).await.unwrap();
        database.migrate().await.unwrap();
        database
    }

    /// An indexer with connections of its own.
    pub async fn index(&self) -> Running {
        self.index_through(self.chain.clone()).await
    }

    /// An indexer that sees the chain through other endpoints than the test does.
    pub async fn index_through(&self, chain: Chain) -> Running {
        self.index_looking(chain, HEAD_POLL_INTERVAL).await
    }

    /// An indexer that looks at the head so often.
    pub async fn index_looking(&self, chain: Chain, poll: Duration) -> Running {
        self.index_with(chain, Self::connect(&self.url).await, poll, Standing::default()).await
    }

    /// An indexer on these connections, that tells how it stands.
    pub async fn index_with(&self, chain: Chain, database: Database, poll: Duration, standing: Standing) -> Running {
        follow(&self.chain, &database, self.contracts.pool, self.contracts.deploy_block).await.unwrap();
        let token = CancellationToken::new();
        let config = Config { pool: self.contracts.pool, range: 10, poll };
        let task = tokio::spawn(run_observed(config, chain, database, token.clone(), log_lines, standing));
        Running { token, task }
    }

    pub async fn stake(&self, holder: usize, link: u128) -> TransactionReceipt {
        let amount = link * JUELS_PER_LINK;
        self.transfer(self.accounts.holders[holder], amount, stake_data(&[(self.node, amount)]).unwrap()).await
    }

    pub async fn reward(&self, link: u128) -> TransactionReceipt {
        let amount = link * JUELS_PER_LINK;
        self.transfer(self.accounts.operator, amount, reward_data(&[(self.node, amount)]).unwrap()).await
    }

    pub async fn unbond(&self, holder: usize, link: u128) -> TransactionReceipt {
        let call = pool::unbondCall { node: self.node, shares: U256::from(link * JUELS_PER_LINK) };
        let holder = self.accounts.holders[holder];
        self.chain.send_unlocked(holder, Some(self.contracts.pool), call.abi_encode()).await.unwrap()
    }

    /// Unbonds a little, if there is something to.
    pub async fn try_unbond(&self, holder: usize) -> linkpool_chain::Result<TransactionReceipt> {
        let call = pool::unbondCall { node: self.node, shares: U256::from(JUELS_PER_LINK) };
        self.chain.send_unlocked(self.accounts.holders[holder], Some(self.contracts.pool), call.abi_encode()).await
    }

    pub async fn transfer(&self, from: Address, amount: u128, data: Vec<u8>) -> TransactionReceipt {
        let call = link::transferAndCallCall { _to: self.contracts.pool, _value: U256::from(amount), _data: Bytes::from(data) };
        self.chain.send_unlocked(from, Some(self.contracts.link), call.abi_encode()).await.unwrap()
    }

    /// Waits until an indexer began.
    pub async fn is_followed(&self) {
        until("an indexer's first block", WAIT_TIMEOUT, async || self.database.cursor().await.unwrap().is_some()).await;
    }

    /// Waits until the database stands at the chain's head, by hash.
    pub async fn caught_up(&self) {
        let deadline = tokio::time::Instant::now() + WAIT_TIMEOUT;
        loop {
            let head = self.chain.heads().await.unwrap().head;
            let cursor = self.database.cursor().await.unwrap();
            if cursor.as_ref().is_some_and(|cursor| cursor.block.hash == head.hash) {
                return;
            }
            assert!(tokio::time::Instant::now() < deadline, "while the head is {head} the cursor stays at {cursor:?}");
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    pub async fn verified(&self) -> Verification {
        verify(&self.chain, &self.database, self.contracts.pool).await.unwrap().unwrap()
    }

    /// Caught up, and equal to the contract.
    pub async fn assert_equal(&self) {
        self.caught_up().await;
        let found = self.verified().await;
        assert_eq!(found.differences, [], "at {}", found.block);
    }

    /// Changes the database behind the indexer's back.
    pub async fn plant(&self, sql: &str) {
        self.test_database.server().run(self.test_database.name(), sql).unwrap();
    }

    pub async fn stake_of(&self, holder: usize) -> u128 {
        let state = self.database.state().await.unwrap().unwrap();
        let staker = self.accounts.holders[holder];
        let position = state.positions.into_iter().find(|(_, found, _)| *found == staker);
        position.and_then(|(_, _, fields)| fields.position_shares).unwrap_or_default()
    }
}
