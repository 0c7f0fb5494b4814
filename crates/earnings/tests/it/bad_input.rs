//! What is wrong with a source is a sentence that says what to do, and no transaction.

use std::time::Duration;

use alloy::{
    primitives::U256,
    sol_types::{SolCall, SolValue},
};
use linkpool_contracts::{
    creation,
    feed::{acceptPayeeshipCall, owedPaymentCall, withdrawPaymentCall},
    operator::acceptOwnershipCall,
    pool::retireNodeCall,
};
use linkpool_db::fleet::{OperatorRequest, OperatorRequestOutcome};
use linkpool_earnings::{Rules, Verdict};
use linkpool_primitives::{Address, JUELS_PER_LINK, checksum};
use linkpool_tx_manager::Until;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::{answering::answering, fixture::EarningsFixture};

const LINK: u128 = JUELS_PER_LINK;

/// What keeps the LINK of a place where it is.
async fn stays(fixture: &EarningsFixture, wallet: Address, source: Address) -> String {
    match fixture.planned(wallet, source).await.verdict {
        Verdict::Stays(why) => why,
        other => panic!("it does not stay: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_that_is_somebody_elses_or_none_is_left_alone() {
    let fixture = EarningsFixture::set().await;
    let wallet = fixture.node().await;
    let of_another = fixture.deploy(creation::operator(fixture.contracts.link, fixture.accounts.treasury)).await;
    fixture.pay(of_another, 5 * LINK).await;
    for (operator, parts) in [
        (
            of_another,
            vec![checksum(&fixture.accounts.treasury), format!("transferOwnership({})", checksum(&fixture.contract_of(wallet)))],
        ),
        (Address::repeat_byte(0xaa), vec!["there is no contract at".to_owned()]),
        (fixture.contracts.lens, vec!["is no Operator".to_owned()]),
    ] {
        fixture.name_operator(wallet, operator);
        let why = stays(&fixture, wallet, operator).await;
        assert!(parts.iter().all(|part| why.contains(part)), "{why}");
    }
    assert_eq!(fixture.look().await.sendings().count(), 0);
}

/// Between its take-over and the moment at which that is final it is nobody else's.
#[tokio::test(flavor = "multi_thread")]
async fn an_operator_that_is_just_being_taken_over_is_no_trouble_and_is_not_taken_again() {
    let fixture = EarningsFixture::set().await;
    let wallet = fixture.node().await;
    let (operator, contract) = (fixture.operator(wallet).await, fixture.contract_of(wallet));
    assert_eq!(fixture.look().await.sendings().count(), 1, "it is to be taken over");
    fixture.chain.forward("anvil_setBalance".into(), json!([contract, "0xde0b6b3a7640000"])).await.unwrap();
    fixture.send_as(contract, operator, &acceptOwnershipCall {}).await;
    let plan = fixture.look_now().await;
    let said: Vec<_> = plan.planned.iter().map(|planned| format!("{:?}", planned.verdict)).collect();
    assert!(!said.iter().any(|verdict| verdict.contains("transferOwnership")), "{said:?}");
    assert_eq!(plan.sendings().count(), 0, "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_that_pays_another_keeps_what_it_owes_and_one_that_is_the_nodes_is_emptied() {
    let mut fixture = EarningsFixture::set().await;
    let wallet = fixture.node().await;
    let owes = (owedPaymentCall::SELECTOR, U256::from(5 * LINK).abi_encode());
    let of_another = fixture.deploy(answering(std::slice::from_ref(&owes))).await;
    let ours = fixture
        .deploy(answering(&[owes, (withdrawPaymentCall::SELECTOR, Vec::new()), (acceptPayeeshipCall::SELECTOR, Vec::new())]))
        .await;
    // The last is none, which keeps nobody from the others.
    fixture.config.feeds = vec![fixture.contracts.lens, of_another, ours];
    let why = stays(&fixture, wallet, of_another).await;
    assert!(why.contains("pays another") && why.contains("transferPayeeship"), "{why}");
    let planned = fixture.planned(wallet, ours).await;
    let Verdict::Send(sending) = planned.verdict else { panic!("{planned:?}") };
    assert_eq!((planned.waiting, sending.step), (5 * LINK, linkpool_earnings::Step::Create));
}

#[tokio::test(flavor = "multi_thread")]
async fn dust_stays_a_node_without_ether_is_told_of_and_a_retired_one_earns_for_the_sink() {
    let mut fixture = EarningsFixture::set().await;
    let wallet = fixture.node().await;
    let (contract, operator) = (fixture.contract_of(wallet), fixture.operator(wallet).await);
    fixture.pay(contract, LINK - 1).await;
    let why = stays(&fixture, wallet, contract).await;
    assert!(why.contains("less waits than the least amount, 1 LINK"), "{why}");

    fixture.chain.set_balance(wallet, 1_000).await.unwrap();
    fixture.pay(operator, 2 * LINK).await;
    let plan = fixture.look().await;
    let said: Vec<_> = plan.troubles().collect();
    assert!(said.iter().any(|text| text.contains("has 1000 wei") && text.contains("send it ether")), "{said:?}");
    assert!(plan.sendings().count() > 0, "what the Operator holds does not wait for the node's ether");

    let retire = retireNodeCall { node: wallet, index: U256::ZERO };
    fixture.contracts.as_owner(&fixture.chain, &retire).await.unwrap();
    fixture.config.rules = Rules { least_juels: 1, interval: Duration::ZERO, ..Rules::default() };
    for source in [contract, operator] {
        let why = stays(&fixture, wallet, source).await;
        assert!(why.contains("has retired") && why.contains("sink"), "{why}");
    }
    assert_eq!(fixture.look().await.sendings().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_that_serves_another_node_is_not_named_twice_and_pays_the_first_ones_stakers() {
    let fixture = EarningsFixture::set().await;
    let (wallet, other) = (fixture.node().await, fixture.node().await);
    let operator = fixture.operator(wallet).await;
    let nodes = fixture.database.fleet_nodes().await.unwrap();
    let second = nodes.iter().find(|node| node.wallet == Some(other)).unwrap();
    let request = OperatorRequest { node_id: &second.id, actor: "a test", reason: "by mistake", dry_run: false };
    let outcome = fixture.database.set_operator_contract(Some(&operator), &request).await.unwrap();
    let OperatorRequestOutcome::Refused(why) = outcome else { panic!("{outcome:?}") };
    assert!(why.contains("one Operator serves one node") && why.contains("take it from the other one first"), "{why}");
    // Nor can the other node's contract be offered what is the first one's: who owns it pays, and no other.
    fixture.pay(operator, 2 * LINK).await;
    let plan = fixture.look().await;
    let of_operator: Vec<_> = plan.planned.iter().filter(|planned| planned.source == operator).map(|it| it.wallet).collect();
    assert_eq!(of_operator, [wallet]);
}

/// It is retired between the look and the block: what was sent to be a reward is the sink's, and nothing is sent again.
#[tokio::test(flavor = "multi_thread")]
async fn a_pool_that_refuses_because_the_node_has_just_retired_loses_nothing_and_gets_nothing_twice() {
    let fixture = EarningsFixture::set().await;
    let wallet = fixture.node().await;
    let contract = fixture.contract_of(wallet);
    fixture.pay(contract, 3 * LINK).await;
    let plan = fixture.look().await;
    let (_, sending) = plan.sendings().next().expect("it is to be passed on");
    let (key, request) = (sending.key.clone(), sending.request.clone());
    let retire = retireNodeCall { node: wallet, index: U256::ZERO };
    fixture.contracts.as_owner(&fixture.chain, &retire).await.unwrap();
    let (sink, before) = (fixture.accounts.treasury, fixture.balance(fixture.accounts.treasury).await);
    let (sender, shutdown) = (fixture.sender().await, CancellationToken::new());
    for _ in 0..2 {
        sender.send(&key, &request, Until::Mined, &shutdown).await.unwrap();
    }
    assert_eq!((fixture.balance(contract).await, fixture.balance(sink).await), (0, before + 3 * LINK));
    assert_eq!(fixture.sent().await, 1);
}
