//! A pool whose nodes have stake and an Operator each, which their own contracts are offered; who asks them, and who sends them LINK.

use std::fs;

use alloy::{
    primitives::{Address, U256, hex},
    sol_types::SolCall,
};
use linkpool_contracts::{
    creation,
    earnings_factory::earnings_of,
    link::transferAndCallCall,
    operator::{setAuthorizedSendersCall, transferOwnershipCall},
    stake_data,
};
use linkpool_db::{Connect, Database};
use linkpool_primitives::JUELS_PER_LINK;
use linkpool_testkit::{
    AnvilOptions,
    fixture::{Accounts, Consumer, Contracts, register_node},
};
use serde_json::json;

use crate::fixture::CliFixture;

/// Whoever asks or sends pays so much at most.
pub const MAX_PAYMENT: u128 = JUELS_PER_LINK;
const STAKE: u128 = 1_000 * JUELS_PER_LINK;
const ETHER: u128 = 1_000_000_000_000_000_000;
/// Blocks until one is final: twice as many. No reorg is as deep.
const SLOTS: u64 = 4;
/// Seconds between two blocks by the chain's clock: six of them, and the same source may be passed on again; one, and a consumer may take its payment
/// back.
const BLOCK_SECONDS: u64 = 600;

pub struct Node {
    pub wallet: Address,
    /// Its own contract, whether it is made or not.
    pub contract: Address,
    pub operator: Address,
}

pub struct World {
    pub fixture: CliFixture,
    pub contracts: Contracts,
    pub accounts: Accounts,
    pub database: Database,
    pub nodes: Vec<Node>,
    pub consumer: Consumer,
    /// Who calls the consumer, who sends plain LINK, and who does what anybody may: an account each, so that each has its own nonces.
    pub caller: Address,
    pub donor: Address,
    pub stranger: Address,
    pub stakers: Vec<Address>,
    /// The account that passes on.
    pub account: Address,
}

impl World {
    pub async fn make(nodes: usize, requests: u64) -> Self {
        let options = AnvilOptions { slots_in_epoch: SLOTS, accounts: 12, ..AnvilOptions::default() };
        let (fixture, contracts, accounts) = CliFixture::with_pool_on(&options, |accounts, ours| accounts.registrar = ours).await;
        let database = Database::connect(&Connect::new(fixture.database.url()).patient()).await.unwrap();
        // Requests that a reorg takes, and those that are paid back, are asked for again.
        let juels = MAX_PAYMENT * u128::from(2 * requests + 1_000);
        let consumer = Consumer::deploy(&fixture.chain, &accounts, contracts.link, juels).await.unwrap();
        let [first, second, third, caller, donor, stranger] = accounts.holders[..] else { panic!("twelve accounts") };
        let stakers = vec![first, second, third];
        let account = fixture.key_of_its_own("earnings").await;
        let mut world = Self {
            fixture,
            contracts,
            accounts,
            database,
            nodes: Vec::new(),
            consumer,
            caller,
            donor,
            stranger,
            stakers,
            account,
        };
        for _ in 0..nodes {
            let node = world.node().await;
            world.nodes.push(node);
        }
        world.configure();
        for account in [caller, donor, stranger, account] {
            world.fixture.chain.set_balance(account, 1_000 * ETHER).await.unwrap();
        }
        world.fixture.chain.mine(4 * SLOTS).await.unwrap();
        for (method, argument) in
            [("evm_setAutomine", json!([false])), ("anvil_setBlockTimestampInterval", json!([BLOCK_SECONDS]))]
        {
            world.fixture.chain.forward(method.into(), argument).await.unwrap();
        }
        world
    }

    async fn node(&self) -> Node {
        let (chain, operator_account) = (&self.fixture.chain, self.accounts.operator);
        let wallet = register_node(chain, &self.contracts, &self.accounts).await.unwrap();
        chain.set_balance(wallet, ETHER).await.unwrap();
        chain.forward("anvil_impersonateAccount".into(), json!([wallet])).await.unwrap();
        // Odd amounts: nothing divides evenly.
        for (number, staker) in (1u128..).zip(&self.stakers) {
            let amount = STAKE * number + 7 * number + 1;
            let data = stake_data(&[(wallet, amount)]).unwrap().into();
            let stake = transferAndCallCall { _to: self.contracts.pool, _value: U256::from(amount), _data: data };
            self.call(*staker, self.contracts.link, &stake).await;
        }
        let contract = earnings_of(self.contracts.earnings_factory, wallet);
        let code = creation::operator(self.contracts.link, operator_account);
        let operator = chain.send_now(operator_account, None, code).await.unwrap().contract_address.unwrap();
        self.call(operator_account, operator, &setAuthorizedSendersCall { senders: vec![wallet] }).await;
        self.call(operator_account, operator, &transferOwnershipCall { to: contract }).await;
        let (wallet_hex, operator_hex) = (hex::encode(wallet), hex::encode(operator));
        self.sql(&format!(
            "with made as (insert into operation (idempotency_key, actor, kind, request) values ('{wallet}', 'a test', 'scale', '{{}}') returning operation_id)
             insert into fleet_node (operation_id, phase, is_final, wallet, operator)
             select operation_id, 'open', true, '\\x{wallet_hex}', '\\x{operator_hex}' from made"
        ));
        Node { wallet, contract, operator }
    }

    async fn call(&self, from: Address, to: Address, call: &impl SolCall) {
        self.fixture.chain.send_now(from, Some(to), call.abi_encode()).await.unwrap();
    }

    pub fn sql(&self, statement: &str) -> Vec<String> {
        self.fixture.database.server().run(self.fixture.database.name(), statement).unwrap()
    }

    /// Wallets are filled up after every few answers, and what waits is passed on each hour.
    fn configure(&self) {
        let settings = format!(
            "[chain]\nrpc_url = \"{}\"\nchain_id = 31337\npool = \"{}\"\nearnings_factory = \"{}\"\n[database]\nurl = \"{}\"\n\
             [transactions]\npoll_ms = 50\nfees_daily_cap_eth = \"1000\"\n[indexer]\npoll_ms = 50\n\
             [registrar]\nkeystore = \"keystore.json\"\npassword_file = \"password\"\nregistrations_per_hour = 1000\nregistrations_per_day = 1000\n\
             balances_interval_seconds = 1\naudit_interval_seconds = 5\nfunding_daily_cap_eth = \"1000\"\n\
             funding_top_up_below_eth = \"0.98\"\nfunding_top_up_to_eth = \"1\"\n\
             [keys.earnings]\nkeystore = \"earnings.json\"\npassword_file = \"password\"\n\
             [earnings]\npoll_ms = 100\ninterval_hours = 1\n",
            self.fixture.rpc_url(),
            self.contracts.pool,
            self.contracts.earnings_factory,
            self.fixture.database.url(),
        );
        fs::write(self.fixture.path("linkpool.toml"), settings).unwrap();
    }
}
