//! The role at work: everything is passed on, and nothing twice, however often it is killed and however many run.

use linkpool_contracts::operator::{getAuthorizedSendersCall, ownerCall, setAuthorizedSendersCall};
use linkpool_db::earnings::{EarningsSource, SourceKind};
use linkpool_earnings::{Step, Verdict};
use linkpool_primitives::JUELS_PER_LINK;
use linkpool_testkit::until;
use linkpool_tx_manager::{FailPoints, Until, failpoint};
use tokio_util::sync::CancellationToken;

use crate::fixture::{EarningsFixture, WAIT_TIMEOUT};

const LINK: u128 = JUELS_PER_LINK;

/// Waits until nothing waits anywhere, while blocks come.
async fn until_passed_on(fixture: &EarningsFixture, accounted: u128) {
    until("all that waited in the pool", WAIT_TIMEOUT, async || {
        fixture.finalize().await;
        fixture.accounted().await == accounted
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_operator_and_strangers_paid_goes_to_the_nodes_stakers_in_three_transactions() {
    let fixture = EarningsFixture::set().await;
    let wallet = fixture.node().await;
    let (contract, operator) = (fixture.contract_of(wallet), fixture.operator(wallet).await);
    fixture.pay(contract, 3 * LINK).await;
    fixture.pay(operator, 5 * LINK).await;
    fixture.finalize().await;
    let before = fixture.accounted().await;
    // Two at once: one works, and the other waits for its turn.
    let (one, other) = (fixture.role(FailPoints::default()).await, fixture.role(FailPoints::default()).await);
    until_passed_on(&fixture, before + 8 * LINK).await;
    assert_eq!((fixture.balance(contract).await, fixture.withdrawable(operator).await), (0, 0));
    let senders = fixture.chain.call(operator, &getAuthorizedSendersCall {}).await.unwrap();
    assert_eq!((fixture.chain.call(operator, &ownerCall {}).await.unwrap(), senders), (contract, vec![wallet]));
    assert_eq!(fixture.sent().await, 3, "push with the contract's creation, take, collect");
    // Once it is final and nothing waits, nothing is sent.
    let looks = fixture.database.earnings_sources().await.unwrap();
    assert_eq!(looks.len(), 2, "{looks:#?}");
    until("a look after it", WAIT_TIMEOUT, async || {
        fixture.finalize().await;
        let looks = fixture.database.earnings_sources().await.unwrap();
        looks.iter().all(|row| row.waiting == 0 && row.waiting_since.is_none() && row.passed_block.is_some())
    })
    .await;
    one.stop().await;
    other.stop().await;
    assert_eq!(fixture.sent().await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_step_it_goes_on_and_passes_on_once() {
    let fixture = EarningsFixture::set().await;
    let wallet = fixture.node().await;
    let contract = fixture.contract_of(wallet);
    for (count, point) in (1..).zip(failpoint::ALL) {
        let before = fixture.accounted().await;
        fixture.pay(contract, LINK).await;
        let dying = fixture.role(FailPoints::once(point)).await;
        until("its death", WAIT_TIMEOUT, async || {
            fixture.finalize().await;
            dying.task.is_finished()
        })
        .await;
        let died = dying.task.await.unwrap().unwrap_err().to_string();
        assert!(died.contains(point), "{died}");
        let alive = fixture.role(FailPoints::default()).await;
        until_passed_on(&fixture, before + LINK).await;
        // Until it has seen that: otherwise the next would be taken for this one.
        until("its own look at it", WAIT_TIMEOUT, async || {
            fixture.finalize().await;
            let rows = fixture.database.earnings_sources().await.unwrap();
            rows.iter().all(|row| row.waiting == 0 && row.passed_block.is_some())
        })
        .await;
        alive.stop().await;
        assert_eq!((fixture.sent().await, fixture.balance(contract).await), (count, 0), "{point}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_let_in_by_the_wallet_is_put_out_and_told_of() {
    let fixture = EarningsFixture::set().await;
    let wallet = fixture.node().await;
    let operator = fixture.operator(wallet).await;
    let role = fixture.role(FailPoints::default()).await;
    let senders = async || {
        fixture.finalize().await;
        fixture.chain.call(operator, &getAuthorizedSendersCall {}).await.unwrap()
    };
    let contract = fixture.contract_of(wallet);
    until("the Operator taken for good", WAIT_TIMEOUT, async || {
        fixture.finalize().await;
        let is_taken = fixture.chain.call(operator, &ownerCall {}).await.unwrap() == contract;
        is_taken && fixture.sql("select 1 from transaction_request where state in ('queued', 'assigned')").is_empty()
    })
    .await;
    role.stop().await;
    // An hour later, because it is taken over once an hour at most.
    fixture.chain.advance_time(std::time::Duration::from_secs(3_600)).await.unwrap();
    let stranger = fixture.accounts.holders[2];
    fixture.send_as(wallet, operator, &setAuthorizedSendersCall { senders: vec![wallet, stranger] }).await;
    let seen = fixture.look().await;
    let rows: Vec<_> = seen.planned.iter().filter(|planned| planned.source == operator).collect();
    assert!(matches!(rows[0].verdict, linkpool_earnings::Verdict::Send(_)), "{rows:?}");
    let role = fixture.role(FailPoints::default()).await;
    until("the stranger put out", WAIT_TIMEOUT, async || senders().await == [wallet]).await;
    role.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_is_not_taken_over_again_while_that_is_under_way_whatever_the_hour() {
    let fixture = EarningsFixture::set().await;
    let wallet = fixture.node().await;
    let (operator, sender) = (fixture.operator(wallet).await, fixture.sender().await);
    let sending = async || match fixture.planned(wallet, operator).await.verdict {
        Verdict::Send(sending) => sending,
        other => panic!("nothing is to be sent: {other:?}"),
    };
    let create = sending().await;
    sender.send(&create.key, &create.request, Until::Mined, &CancellationToken::new()).await.unwrap();
    let take = sending().await;
    assert_eq!((create.step, take.step), (Step::Create, Step::Take));
    sender.submit(&take.key, &take.request).await.unwrap();
    for _ in 0..3 {
        fixture.chain.advance_time(std::time::Duration::from_secs(3_600)).await.unwrap();
        let planned = fixture.planned(wallet, operator).await;
        assert!(matches!(planned.verdict, Verdict::UnderWay { .. }), "{planned:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_reorg_took_out_of_its_block_is_waited_for_and_not_passed_on_by_a_second_transaction() {
    let fixture = EarningsFixture::set().await;
    let wallet = fixture.node().await;
    let (contract, sender) = (fixture.contract_of(wallet), fixture.sender().await);
    fixture.pay(contract, LINK).await;
    let planned = fixture.planned(wallet, contract).await;
    let Verdict::Send(pass) = planned.verdict else { panic!("nothing is to be sent: {planned:?}") };
    sender.send(&pass.key, &pass.request, Until::Mined, &CancellationToken::new()).await.unwrap();
    let id = fixture.database.find_transaction(&pass.key).await.unwrap().unwrap();
    let mined = fixture.database.transaction(id).await.unwrap().unwrap();
    let passed_block = mined.receipt.map(|receipt| receipt.block_number);
    let seen = EarningsSource { passed_block, ..EarningsSource::new(wallet, SourceKind::Plain, contract) };
    fixture.database.keep_earnings_source(&seen).await.unwrap();
    // The block goes, and nobody brings the transaction into another one before that height is final.
    fixture.chain.reorg(1).await.unwrap();
    fixture.chain.forward("anvil_dropAllTransactions".into(), serde_json::json!([])).await.unwrap();
    let (account, nonces) = (sender.account(), [mined.nonce.unwrap()]);
    fixture.database.reopen_reservations(&account, &nonces, passed_block.unwrap(), "a reorg").await.unwrap();
    let planned = fixture.planned(wallet, contract).await;
    assert!(matches!(planned.verdict, Verdict::UnderWay { id: it } if it == id), "{planned:?}");
    assert_eq!(fixture.balance(contract).await, LINK);
}
