//! A pool on a chain, a database that knows its nodes, and what the nodes have earned.

use std::{sync::Arc, time::Duration};

use alloy::{primitives::U256, sol_types::SolCall};
use linkpool_chain::{Chain, Endpoint};
use linkpool_contracts::{
    creation,
    earnings_factory::earnings_of,
    link::{balanceOfCall, transferAndCallCall, transferCall},
    operator::{setAuthorizedSendersCall, transferOwnershipCall, withdrawableCall},
    pool::totalsCall,
    stake_data,
};
use linkpool_db::{Connect, Database};
use linkpool_earnings::{EarningsConfig, Plan, Planned, Rules};
use linkpool_health::Heartbeat;
use linkpool_primitives::{Address, JUELS_PER_LINK, checksum};
use linkpool_testkit::{
    Anvil, AnvilOptions, TestDatabase, Tools,
    fixture::{Accounts, Contracts, register_node},
};
use linkpool_tx_manager::{FailPoints, Limits, LocalSigner, Sender, Signer, TransactionConfig};
use serde_json::json;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Longest wait for anything that takes a second on a quiet machine.
pub const WAIT_TIMEOUT: Duration = Duration::from_secs(60);
/// Whose account passes on: nobody else's.
const KEY: &str = "0x00000000000000000000000000000000000000000000000000000000ea41ed02";
/// Blocks after which what happened is final.
const UNTIL_FINAL: u64 = 3;

pub struct EarningsFixture {
    pub chain: Chain,
    pub contracts: Contracts,
    pub accounts: Accounts,
    pub database: Database,
    pub config: EarningsConfig,
    test_database: TestDatabase,
    _anvil: Anvil,
}

/// The role, in the background.
pub struct Running {
    pub token: CancellationToken,
    pub task: JoinHandle<linkpool_earnings::Result<()>>,
}

impl Running {
    pub async fn stop(self) {
        self.token.cancel();
        self.task.await.expect("the role does not panic").expect("the role ends well");
    }
}

impl EarningsFixture {
    /// A block for each transaction, and as many more as a test makes.
    pub async fn set() -> Self {
        let anvil = Anvil::start(&Tools::find().unwrap(), &AnvilOptions::default()).await.unwrap();
        let chain = Chain::connect(&Endpoint::new(anvil.http_url()).unwrap().patient(), None).await.unwrap();
        let accounts = Accounts::of(&chain).await.unwrap();
        let contracts = Contracts::deploy(&chain, &accounts).await.unwrap();
        let test_database = TestDatabase::create().await.unwrap();
        let database = Database::connect(&Connect::new(test_database.url()).patient()).await.unwrap();
        database.migrate().await.unwrap();
        let rules = Rules { interval: Duration::ZERO, ..Rules::default() };
        let transactions = TransactionConfig {
            limits: Limits::none(),
            poll_interval: Duration::from_millis(50),
            ..TransactionConfig::default()
        };
        let config = EarningsConfig {
            rules,
            transactions,
            look_interval: Duration::from_millis(100),
            ..EarningsConfig::new(contracts.pool, contracts.earnings_factory)
        };
        let fixture = Self { chain, contracts, accounts, database, config, test_database, _anvil: anvil };
        fixture.chain.set_balance(signer().address(), 10u128.pow(20)).await.unwrap();
        fixture
    }

    /// A node that is open, with stake on it: its wallet.
    pub async fn node(&self) -> Address {
        let wallet = register_node(&self.chain, &self.contracts, &self.accounts).await.unwrap();
        self.chain.set_balance(wallet, 10u128.pow(18)).await.unwrap();
        let amount = 1_000 * JUELS_PER_LINK;
        let data = stake_data(&[(wallet, amount)]).unwrap().into();
        let stake = transferAndCallCall { _to: self.contracts.pool, _value: U256::from(amount), _data: data };
        self.send(self.accounts.holders[0], self.contracts.link, &stake).await;
        self.sql(&format!(
            "with made as (insert into operation (idempotency_key, actor, kind, request) values ('{wallet}', 'a test', 'scale', '{{}}') returning operation_id)
             insert into fleet_node (operation_id, phase, is_final, wallet) select operation_id, 'open', true, '\\x{}' from made",
            alloy::primitives::hex::encode(wallet)
        ));
        wallet
    }

    /// Names the node's Operator.
    pub fn name_operator(&self, wallet: Address, operator: Address) {
        let hex = alloy::primitives::hex::encode;
        self.sql(&format!("update fleet_node set operator = '\\x{}' where wallet = '\\x{}'", hex(operator), hex(wallet)));
    }

    /// Chainlink's own Operator, which the node is named and its own contract is offered.
    pub async fn operator(&self, wallet: Address) -> Address {
        let operator = self.deploy(creation::operator(self.contracts.link, self.accounts.operator)).await;
        self.send(self.accounts.operator, operator, &setAuthorizedSendersCall { senders: vec![wallet] }).await;
        self.send(self.accounts.operator, operator, &transferOwnershipCall { to: self.contract_of(wallet) }).await;
        self.name_operator(wallet, operator);
        operator
    }

    pub fn contract_of(&self, wallet: Address) -> Address {
        earnings_of(self.contracts.earnings_factory, wallet)
    }

    pub async fn deploy(&self, code: Vec<u8>) -> Address {
        self.chain.send_now(self.accounts.operator, None, code).await.unwrap().contract_address.unwrap()
    }

    pub async fn send(&self, from: Address, to: Address, call: &impl SolCall) {
        self.chain.send_now(from, Some(to), call.abi_encode()).await.unwrap();
    }

    /// As an account whose key nobody has.
    pub async fn send_as(&self, from: Address, to: Address, call: &impl SolCall) {
        self.chain.forward("anvil_impersonateAccount".into(), json!([from])).await.unwrap();
        self.send(from, to, call).await;
    }

    /// LINK that somebody sends.
    pub async fn pay(&self, to: Address, juels: u128) {
        self.send(self.accounts.operator, self.contracts.link, &transferCall { _to: to, _value: U256::from(juels) }).await;
    }

    /// Makes final what has happened.
    pub async fn finalize(&self) {
        self.chain.mine(UNTIL_FINAL).await.unwrap();
    }

    pub async fn balance(&self, of: Address) -> u128 {
        self.chain.call(self.contracts.link, &balanceOfCall { _owner: of }).await.unwrap().to()
    }

    pub async fn withdrawable(&self, operator: Address) -> u128 {
        self.chain.call(operator, &withdrawableCall {}).await.unwrap().to()
    }

    /// All LINK that the pool counts.
    pub async fn accounted(&self) -> u128 {
        self.chain.call(self.contracts.pool, &totalsCall {}).await.unwrap().accounted.to()
    }

    /// Transactions of the role's account.
    pub async fn sent(&self) -> u64 {
        self.chain.nonce(signer().address()).await.unwrap()
    }

    pub async fn sender(&self) -> Sender {
        let database = Database::connect(&Connect::new(self.test_database.url()).patient()).await.unwrap();
        Sender::new(self.config.transactions.clone(), database, self.chain.clone(), Arc::new(signer()))
    }

    pub async fn role(&self, failpoints: FailPoints) -> Running {
        let (token, sender) = (CancellationToken::new(), self.sender().await.with_failpoints(failpoints));
        let database = Database::connect(&Connect::new(self.test_database.url()).patient()).await.unwrap();
        let work = (self.chain.clone(), database);
        let run = linkpool_earnings::run(self.config.clone(), work, sender, Heartbeat::default(), token.clone());
        Running { token, task: tokio::spawn(run) }
    }

    /// One look, with what is new final.
    pub async fn look(&self) -> Plan {
        self.finalize().await;
        self.look_now().await
    }

    /// One look, with what is new on its way to be final.
    pub async fn look_now(&self) -> Plan {
        let account = self.sender().await.account();
        Plan::look(&self.config, (&self.chain, &self.database), account, None).await.unwrap()
    }

    /// What a look says of the place where this node's LINK waits.
    pub async fn planned(&self, wallet: Address, source: Address) -> Planned {
        let plan = self.look().await;
        let found = plan.planned.iter().find(|planned| (planned.wallet, planned.source) == (wallet, source));
        found.unwrap_or_else(|| panic!("nothing is said of {}: {:#?}", checksum(&source), plan.planned)).clone()
    }

    pub fn sql(&self, statements: &str) -> Vec<String> {
        self.test_database.server().run(self.test_database.name(), statements).unwrap()
    }
}

pub fn signer() -> LocalSigner {
    LocalSigner::from_key(KEY).unwrap()
}
