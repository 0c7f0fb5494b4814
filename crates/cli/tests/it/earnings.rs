//! `linkpool earnings` as a person meets it, and what happens to a node's earnings before it retires.

use std::time::Duration;

use alloy::{
    primitives::{U256, hex},
    sol_types::SolCall,
};
use linkpool_contracts::{
    earnings_factory::earnings_of,
    link::{balanceOfCall, transferAndCallCall, transferCall},
    operator::{acceptOwnershipCall, ownerCall},
    pool::{nodeOfCall, retireNodeCall, totalsCall, withdrawRetiredCall},
    stake_data,
};
use linkpool_db::{Connect, Database};
use linkpool_primitives::{Address, JUELS_PER_LINK, NodeStatus};
use linkpool_testkit::{
    fixture::{Accounts, Contracts, deploy_operator, offer_operator, register_node},
    process::{ChildOptions, ChildProcess},
    until,
};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::{fixture::CliFixture, program::assert_refused};

const LINK: u128 = JUELS_PER_LINK;
/// Blocks after which what happened is final.
const UNTIL_FINAL: u64 = 3;

struct Earned {
    fixture: CliFixture,
    contracts: Contracts,
    accounts: Accounts,
    wallet: Address,
}

impl Earned {
    /// An open node with stake on it. Our account passes on, and is the pool's guardian.
    async fn set() -> Self {
        let (fixture, contracts, accounts) = CliFixture::with_pool(|accounts, ours| accounts.guardian = ours).await;
        let wallet = register_node(&fixture.chain, &contracts, &accounts).await.unwrap();
        let earned = Self { fixture, contracts, accounts, wallet };
        let data = stake_data(&[(wallet, 100 * LINK)]).unwrap().into();
        let stake = transferAndCallCall { _to: earned.contracts.pool, _value: U256::from(100 * LINK), _data: data };
        earned.send(earned.accounts.holders[0], earned.contracts.link, &stake).await;
        let statement = format!(
            "with made as (insert into operation (idempotency_key, actor, kind, request) values ('a node', 'a test', 'scale', '{{}}') returning operation_id)
             insert into fleet_node (operation_id, phase, is_final, wallet) select operation_id, 'open', true, '\\x{}' from made",
            hex::encode(wallet)
        );
        earned.sql(&statement);
        earned.configure(earned.contracts.earnings_factory, "");
        earned
    }

    fn sql(&self, statement: &str) {
        let database = &self.fixture.database;
        database.server().run(database.name(), statement).unwrap();
    }

    fn configure(&self, factory: Address, more: &str) {
        let chain = format!("pool = \"{}\"\nearnings_factory = \"{factory}\"\n", self.contracts.pool);
        self.fixture.configure(31337, &chain, more);
    }

    async fn send(&self, from: Address, to: Address, call: &impl SolCall) {
        self.fixture.chain.send_now(from, Some(to), call.abi_encode()).await.unwrap();
    }

    /// LINK at the node's own contract, in a final block.
    async fn earn(&self, juels: u128) {
        let contract = earnings_of(self.contracts.earnings_factory, self.wallet);
        let transfer = transferCall { _to: contract, _value: U256::from(juels) };
        self.send(self.accounts.operator, self.contracts.link, &transfer).await;
        self.fixture.chain.mine(UNTIL_FINAL).await.unwrap();
    }

    async fn accounted(&self) -> u128 {
        self.fixture.chain.call(self.contracts.pool, &totalsCall {}).await.unwrap().accounted.to()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_shown_sent_at_once_when_asked_for_and_before_the_node_retires() {
    let earned = Earned::set().await;
    let (fixture, wallet) = (&earned.fixture, earned.wallet);
    earned.earn(5 * LINK).await;
    let (before, nonce) = (earned.accounted().await, fixture.nonce().await);
    let shown = fixture.succeed("earnings --dry-run");
    assert!(
        shown.contains("5 LINK  pass on") && shown.contains("1 transactions. Nothing was signed and nothing was sent."),
        "{shown}"
    );
    assert_eq!((earned.accounted().await, fixture.nonce().await), (before, nonce));

    // Killed with it on its way, and run again.
    fixture.killed_at("sent", &format!("earnings --send {wallet}"));
    fixture.succeed(&format!("earnings --send {wallet}"));
    assert_eq!((earned.accounted().await, fixture.nonce().await), (before + 5 * LINK, nonce + 1));
    assert!(fixture.succeed(&format!("earnings --send {wallet}")).contains("nothing waits"));
    assert_eq!(fixture.nonce().await, nonce + 1);

    earned.earn(2 * LINK).await;
    let key = "--keystore keystore.json --password-file password";
    let retired = fixture.run(&format!("node retire {wallet} {key}"));
    let said = String::from_utf8_lossy(&retired.stderr).into_owned();
    assert!(retired.status.success(), "{said}");
    assert_eq!(earned.accounted().await, before + 7 * LINK, "what waited was not sent first: {said}");
    let status = fixture.chain.call(earned.contracts.pool, &nodeOfCall { node: wallet }).await.unwrap().status;
    assert_eq!(status, NodeStatus::Retired.code());
    earned.earn(LINK).await;
    assert!(fixture.succeed(&format!("earnings --send {wallet}")).contains("has retired"));
    assert_eq!(fixture.nonce().await, nonce + 3, "push, push, retire");
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_would_pay_others_or_nobody_are_refused_and_the_doctor_says_what_is_missing() {
    let earned = Earned::set().await;
    let fixture = &earned.fixture;
    let line = |check: &str| {
        let output = fixture.run("doctor --json");
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let lines = report["checks"].as_array().unwrap().clone();
        let found = lines.into_iter().find(|line| line["check"] == check);
        found.map(|line| (line["level"].as_str().unwrap().to_owned(), line["sentence"].as_str().unwrap().to_owned()))
    };
    assert_eq!(line("earnings").unwrap().0, "ok");
    let (level, sentence) = line("link-price").unwrap();
    assert!(level == "warn" && sentence.contains("nothing says what a LINK is worth"), "{sentence}");
    earned.configure(earned.contracts.earnings_factory, "[earnings]\nlink_price_eth = \"0.005\"\n");
    assert_eq!(line("link-price").unwrap().0, "ok");

    let other = Contracts::deploy(&fixture.chain, &earned.accounts).await.unwrap();
    earned.configure(other.earnings_factory, "");
    for command in ["earnings", "earnings --dry-run", &format!("earnings --send {}", earned.wallet)] {
        assert_refused(&fixture.run(command), 2, &["is of the pool", "correct chain.earnings_factory"]);
    }
    let (level, sentence) = line("earnings").unwrap();
    assert!(level == "fail" && sentence.contains("is of the pool"), "{sentence}");
    earned.configure(other.lens, "");
    let (level, sentence) = line("earnings").unwrap();
    assert!(level == "fail" && sentence.contains("is not NodeEarningsFactory's"), "{sentence}");

    fixture.configure(31337, &format!("pool = \"{}\"\n", earned.contracts.pool), "");
    assert_refused(&fixture.run("earnings"), 2, &["set chain.deployment or chain.earnings_factory", "deploy --earnings"]);
    assert_eq!(line("earnings"), None);
    earned.configure(earned.contracts.earnings_factory, "");
    let nobody = Address::repeat_byte(0xaa);
    assert_refused(&fixture.run(&format!("earnings --send {nobody}")), 3, &["no open node has the wallet"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_node_has_left_behind_is_offered_to_the_pools_owner_when_its_last_share_has_gone() {
    let earned = Earned::set().await;
    let (fixture, wallet) = (&earned.fixture, earned.wallet);
    let (chain, staker, sink) = (&fixture.chain, earned.accounts.holders[0], earned.accounts.treasury);
    let operator = deploy_operator(chain, &earned.accounts, earned.contracts.link, wallet).await.unwrap();
    let contract = earnings_of(earned.contracts.earnings_factory, wallet);
    offer_operator(chain, &earned.accounts, operator, contract).await.unwrap();
    earned.sql(&format!("update fleet_node set operator = '\\x{}'", hex::encode(operator)));
    chain.mine(UNTIL_FINAL).await.unwrap();
    fixture.succeed(&format!("earnings --send {wallet}"));
    assert_eq!(chain.call(operator, &ownerCall {}).await.unwrap(), contract);
    let release = format!("earnings --release {wallet}");
    assert!(fixture.succeed(&release).contains("the node has not retired: what it earns is its stakers'"));

    fixture.succeed(&format!("node retire {wallet} --keystore keystore.json --password-file password"));
    assert!(fixture.succeed(&release).contains("100 LINK of stake are on the node still"));
    chain.advance_time(Duration::from_secs(28 * 86_400)).await.unwrap();
    earned.send(earned.accounts.operator, earned.contracts.pool, &withdrawRetiredCall { node: wallet, staker }).await;
    let transfer = transferCall { _to: operator, _value: U256::from(3 * LINK) };
    earned.send(earned.accounts.operator, earned.contracts.link, &transfer).await;
    let before = chain.call(earned.contracts.link, &balanceOfCall { _owner: sink }).await.unwrap();
    fixture.killed_at("sent", &release);
    let nonce = fixture.nonce().await;
    assert!(fixture.succeed(&release).contains("it was offered to the pool's owner"));
    let after = chain.call(earned.contracts.link, &balanceOfCall { _owner: sink }).await.unwrap();
    assert_eq!((after - before, fixture.nonce().await), (U256::from(3 * LINK), nonce), "what waited is the sink's, once");
    let owner = earned.contracts.timelock;
    chain.forward("anvil_impersonateAccount".into(), json!([owner])).await.unwrap();
    chain.set_balance(owner, 10u128.pow(18)).await.unwrap();
    earned.send(owner, operator, &acceptOwnershipCall {}).await;
    assert_eq!(chain.call(operator, &ownerCall {}).await.unwrap(), owner);
    let nobody = Address::repeat_byte(0xaa);
    assert_refused(&fixture.run(&format!("earnings --release {nobody}")), 3, &["no node with the wallet"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_goes_before_a_timelock_can_retire_the_node_however_dear_gas_is() {
    let earned = Earned::set().await;
    let (fixture, chain) = (&earned.fixture, &earned.fixture.chain);
    earned.configure(earned.contracts.earnings_factory, "[earnings]\nlink_price_eth = \"0.000000000000000001\"\n");
    earned.earn(5 * LINK).await;
    let retire = retireNodeCall { node: earned.wallet, index: U256::ZERO };
    earned.contracts.announce(chain, &earned.accounts, &retire).await.unwrap();
    let index = fixture.command(&format!("index --deploy-block {}", earned.contracts.deploy_block));
    let options = ChildOptions { what: "index", stop_signal: Signal::TERM, log: fixture.path("index.log"), lock: None };
    let _index = ChildProcess::spawn(index, options).unwrap();
    let database = Database::connect(&Connect::new(fixture.database.url()).patient()).await.unwrap();
    let planned = async || {
        chain.mine(UNTIL_FINAL).await.unwrap();
        let head = chain.heads().await.unwrap().head.number;
        until("the index", Duration::from_secs(60), async || {
            database.cursor().await.unwrap().is_some_and(|cursor| cursor.block.number >= head)
        })
        .await;
        fixture.succeed("earnings --dry-run")
    };
    let said = planned().await;
    assert!(said.contains("waits for cheaper gas"), "{said}");
    let half_an_hour = Duration::from_secs(1_800);
    chain.advance_time(Duration::from_secs(28 * 86_400) - 3 * half_an_hour).await.unwrap();
    let said = planned().await;
    assert!(said.contains("waits for cheaper gas"), "an hour and a half before it can be done: {said}");
    chain.advance_time(2 * half_an_hour).await.unwrap();
    let said = planned().await;
    assert!(said.contains("5 LINK  pass on"), "{said}");
}
