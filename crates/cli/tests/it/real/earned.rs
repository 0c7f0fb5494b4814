//! What a real node earns reaches who stakes on it: a consumer asks, the node answers at an Operator that was made for it, the role passes on, a staker claims.

use std::{
    fs,
    time::{Duration, Instant},
};

use alloy::{
    primitives::{Address, B256, U256},
    sol_types::SolCall,
};
use linkpool_contracts::{
    earnings_factory::earnings_of,
    link::balanceOfCall,
    operator::{getAuthorizedSendersCall, ownerCall, withdrawableCall},
    pool::{claimCall, totalsCall},
};
use linkpool_db::{
    fleet::FleetNode,
    tx::{Account, TransactionFilter},
};
use linkpool_primitives::JUELS_PER_LINK;
use linkpool_testkit::fixture::Consumer;

use super::{
    requests::percentile,
    world::{World, topic},
};

const REQUESTS: u32 = 5;
const PAYMENT: u128 = 2 * JUELS_PER_LINK;
const BASIS_POINTS: u128 = 10_000;
const FEE_BPS: u128 = 500;
/// Between two of the same source, by the settings here.
const PASS_INTERVAL: Duration = Duration::from_secs(3_600);
const VEST_TIME: Duration = Duration::from_secs(7 * 86_400);
/// The steps of the role by the word in their keys, and what they are called here.
const STEPS: [(&str, &str); 4] =
    [("/make/", "operator_gas"), ("/create/", "contract_gas"), ("/take/", "take_gas"), ("/pass/", "pass_gas")];

fn statistic(name: &str, value: impl std::fmt::Display) {
    println!("statistic {name} {value}");
}

fn seconds(since: Instant) -> String {
    format!("{:.1}", since.elapsed().as_secs_f64())
}

impl World {
    /// Starts the role, with an account of its own and a budget for Operators; what waits goes each hour.
    async fn pass_on(&mut self) -> Address {
        let account = self.roles.fixture.key_of_its_own("earnings").await;
        let file = self.roles.fixture.path("linkpool.toml");
        let key = |name: &str| format!("[keys.earnings]\nkeystore = \"{name}.json\"");
        let more = "[earnings]\npoll_ms = 500\ninterval_hours = 1\noperators_daily_cap_eth = \"1\"\n";
        let settings = fs::read_to_string(&file).unwrap();
        let settings = settings.replace(&key("keystore"), &key("earnings")).replace("[earnings]\n", more);
        fs::write(&file, settings).unwrap();
        self.roles.spawn("earnings", "earnings");
        account
    }

    /// The node's Operator, once the role has made it, made it the node's own contract's, and named it.
    async fn made_operator(&self, node: &FleetNode) -> Address {
        let named = async || self.roles.database.fleet_node(&node.id).await.unwrap().unwrap().operator;
        self.until("an Operator that was made for the node", async || named().await.is_some()).await;
        named().await.unwrap()
    }

    /// All LINK that the pool counts, and what of it are fees.
    async fn pool(&self) -> (u128, u128) {
        let totals = self.roles.fixture.chain.call(self.roles.contracts.pool, &totalsCall {}).await.unwrap();
        (totals.accounted.to(), totals.feesOwed.to())
    }

    async fn balance(&self, of: Address) -> u128 {
        self.roles.fixture.chain.call(self.roles.contracts.link, &balanceOfCall { _owner: of }).await.unwrap().to()
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the node's program: cargo xtask prove chainlink"]
async fn a_consumer_pays_the_node_answers_the_role_passes_on_and_a_staker_claims_to_the_juel() {
    let mut world = World::begin().await;
    let (node, _) = world.scale().await;
    world.stake(&node, 1_000).await;
    let account = world.pass_on().await;
    let begin = Instant::now();
    world.jobs().await;
    let operator = world.made_operator(&node).await;
    statistic("jobs_with_operator_s", seconds(begin));
    let (chain, wallet) = (world.roles.fixture.chain.clone(), node.wallet.unwrap());
    let (owner, senders) =
        (chain.call(operator, &ownerCall {}).await.unwrap(), chain.call(operator, &getAuthorizedSendersCall {}).await.unwrap());
    assert_eq!((owner, senders), (earnings_of(world.roles.contracts.earnings_factory, wallet), vec![wallet]));

    let before = world.pool().await;
    let times = ask(&world, (&node, operator)).await;
    statistic("answer_p50_s", format!("{:.1}", percentile(&times, 50)));
    // What the first answers brought may have gone already.
    chain.advance_time(PASS_INTERVAL).await.unwrap();
    let (begin, earned) = (Instant::now(), u128::from(REQUESTS) * PAYMENT);
    world.until("all of it at the pool", async || world.pool().await.0 == before.0 + earned).await;
    statistic("passed_on_s", seconds(begin));
    assert_eq!(chain.call(operator, &withdrawableCall {}).await.unwrap(), U256::ZERO);
    let fee = earned * FEE_BPS / BASIS_POINTS;
    assert_eq!(world.pool().await.1 - before.1, fee);

    gas(&world, account).await;
    let staker = world.accounts.holders[0];
    chain.advance_time(VEST_TIME).await.unwrap();
    let had = world.balance(staker).await;
    let claim = claimCall { node: wallet, staker };
    let claimed = chain.send_unlocked(staker, Some(world.roles.contracts.pool), claim.abi_encode()).await.unwrap();
    statistic("claim_gas", claimed.gas_used);
    assert_eq!(world.balance(staker).await - had, earned - fee, "the only staker gets all but the fee");
    statistic("claimed_juels", earned - fee);
    world.roles.end();
}

/// One request after the other; the seconds from each call to its answer, sorted.
async fn ask(world: &World, (node, operator): (&FleetNode, Address)) -> Vec<f64> {
    let juels = PAYMENT * u128::from(REQUESTS);
    let consumer =
        Consumer::deploy(&world.roles.fixture.chain, &world.accounts, world.roles.contracts.link, juels).await.unwrap();
    let mut seconds = Vec::new();
    for _ in 0..REQUESTS {
        let begin = Instant::now();
        let asked = consumer.ask(operator, topic(node), PAYMENT).await.unwrap();
        let answers = async || consumer.answers_since(asked.block_number).await.unwrap();
        let is_it = |(request, _): &(B256, U256)| *request == asked.request_id;
        world.until("the answer", async || answers().await.iter().any(is_it)).await;
        seconds.push(begin.elapsed().as_secs_f64());
    }
    seconds.sort_by(f64::total_cmp);
    seconds
}

/// What each step of the role has cost; each was made once, but for what was passed on in more than one go.
async fn gas(world: &World, account: Address) {
    let account = Account { chain_id: world.roles.fixture.chain.chain_id(), address: account };
    let filter = TransactionFilter { account: Some(account), limit: 100, ..TransactionFilter::default() };
    let sent = world.roles.database.transactions(&filter).await.unwrap();
    for (word, name) in STEPS {
        let of_step = sent.iter().filter(|view| view.idempotency_key.contains(word));
        let gas: Vec<String> =
            of_step.rev().filter_map(|view| view.receipt.as_ref()).map(|receipt| receipt.gas_used.to_string()).collect();
        assert!(!gas.is_empty(), "{word} was not sent: {sent:#?}");
        statistic(name, gas.join(","));
    }
}
