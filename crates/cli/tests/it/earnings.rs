//! `linkpool earnings` as a person meets it, and what happens to a node's earnings before it retires.

use alloy::{
    primitives::{U256, hex},
    sol_types::SolCall,
};
use linkpool_contracts::{
    earnings_factory::earnings_of,
    link::{transferAndCallCall, transferCall},
    pool::{nodeOfCall, totalsCall},
    stake_data,
};
use linkpool_primitives::{Address, JUELS_PER_LINK, NodeStatus};
use linkpool_testkit::fixture::{Accounts, Contracts, register_node};
use serde_json::Value;

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
        let database = &earned.fixture.database;
        let statement = format!(
            "with made as (insert into operation (idempotency_key, actor, kind, request) values ('a node', 'a test', 'scale', '{{}}') returning operation_id)
             insert into fleet_node (operation_id, phase, is_final, wallet) select operation_id, 'open', true, '\\x{}' from made",
            hex::encode(wallet)
        );
        database.server().run(database.name(), &statement).unwrap();
        earned.configure(earned.contracts.earnings_factory, "");
        earned
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
