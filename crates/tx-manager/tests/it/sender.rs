//! The door to the durable path: handed in once, driven by whoever is there, and taken up where it was.

use std::collections::HashSet;

use alloy::sol_types::SolCall;
use linkpool_contracts::{creation, pool::closeNodeCall};
use linkpool_db::{lease::Leader, tx::RequestState};
use linkpool_testkit::until;
use linkpool_tx_manager::{
    Error, FailPoints, NewTransactionRequest, Outcome, TransactionConfig, TransactionKind, Until, failpoint,
};
use tokio_util::sync::CancellationToken;

use super::mining_fixture::{MiningFixture, nobody, stop_once_explained};
use crate::fixture::WAIT_TIMEOUT;

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_is_the_same_transaction_and_another_request_is_refused() {
    let mining = MiningFixture::set(1).await;
    let sender = mining.sender().await;
    let (wallet, payment) = mining.payment();
    let first = mining.send(&sender, "pay once", &payment).await;
    assert!(matches!(first, Outcome::Mined(_)), "{first:?}");
    assert_eq!(mining.send(&sender, "pay once", &payment).await, first);
    let other = sender.submit("pay once", &mining.payment().1).await;
    assert!(matches!(other, Err(Error::OtherRequest { key }) if key == "pay once"));
    assert!(matches!(sender.submit("", &payment).await, Err(Error::Key)));
    assert_eq!((mining.fixture.chain.balance(wallet).await.unwrap(), mining.fixture.sent().await), (1_000_000_000, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_contract_refuses_is_told_in_its_sentence_costs_nothing_and_may_be_tried_again() {
    let mining = MiningFixture::set(1).await;
    let sender = mining.sender().await;
    let (wallet, registration) = mining.registration().await;
    let close = NewTransactionRequest::call(
        TransactionKind::Close,
        mining.fixture.contracts.pool,
        closeNodeCall { node: wallet }.abi_encode(),
    );
    let Outcome::Refused { reason } = mining.send(&sender, "close it", &close).await else { panic!("not refused") };
    assert!(reason.contains(&linkpool_primitives::checksum(&wallet)), "{reason}");
    assert_eq!(mining.fixture.sent().await, 0);
    assert!(matches!(mining.send(&sender, "register it", &registration).await, Outcome::Mined(_)));
    assert!(matches!(mining.send(&sender, "close it", &close).await, Outcome::Mined(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_step_the_command_goes_on_under_its_key_and_sends_once() {
    let mining = MiningFixture::set(1).await;
    for (count, point) in (1..).zip(failpoint::ALL) {
        let (key, (wallet, payment)) = (mining.key(), mining.payment());
        let dying = mining.sender().await.with_failpoints(FailPoints::once(point));
        let died = dying.send(&key, &payment, Until::Mined, &CancellationToken::new()).await;
        assert!(matches!(&died, Err(Error::FailPoint(name)) if *name == point), "{point:?}: {died:?}");
        assert!(matches!(mining.send(&mining.sender().await, &key, &payment).await, Outcome::Mined(_)), "{point:?}");
        assert_eq!(mining.fixture.chain.balance(wallet).await.unwrap(), 1_000_000_000, "{point:?}");
        assert_eq!(mining.fixture.sent().await, count, "{point:?}");
    }
    mining.assert_no_gap().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_role_drives_the_signer_a_command_waits_for_it() {
    let mining = MiningFixture::set(1).await;
    let config = TransactionConfig { use_lease: true, ..mining.config() };
    let role = mining.role(config.clone()).await;
    let sender = mining.sender_with(config).await;
    // A sender that came to sign anything would stop here.
    let sender = sender.with_failpoints(FailPoints::once(failpoint::SIGNED));
    while !mining.fixture.database.signer_state(&sender.account()).await.unwrap().is_some_and(|state| state.driven) {
        tokio::time::sleep(super::mining_fixture::POLL_INTERVAL).await;
    }
    assert!(matches!(mining.send(&sender, &mining.key(), &mining.payment().1).await, Outcome::Mined(_)));
    role.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_lease_is_held_a_command_signs_nothing_and_when_it_is_free_it_does() {
    let mining = MiningFixture::set(1).await;
    let sender = mining.sender_with(TransactionConfig { use_lease: true, ..mining.config() }).await;
    let mut holder = Leader::new(mining.fixture.database.clone(), sender.account().lease(), WAIT_TIMEOUT);
    assert!(holder.hold().await.unwrap().is_some());
    let sender = sender.with_failpoints(FailPoints::once(failpoint::SIGNED));
    let id = sender.submit(&mining.key(), &mining.payment().1).await.unwrap();
    let driven = tokio::spawn(async move { sender.drive(id, Until::Mined, &CancellationToken::new()).await });
    let mut looks = HashSet::new();
    let look = "select query_start from pg_stat_activity where datname = current_database() and query like 'insert into lease%'";
    until("five looks at the lease", WAIT_TIMEOUT, async || {
        looks.extend(mining.fixture.sql(look));
        looks.len() > 5
    })
    .await;
    assert!(!driven.is_finished());
    assert_eq!(mining.view(id).await.state, RequestState::Queued);
    holder.release().await.unwrap();
    let ended = tokio::time::timeout(WAIT_TIMEOUT, driven).await.expect("it takes over in time").unwrap();
    assert!(matches!(ended, Err(Error::FailPoint(_))), "{ended:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_gives_a_nonce_to_its_own_transaction_only_and_looks_after_those_before_it() {
    let mining = MiningFixture::set(1).await;
    let waiting = mining.sender().await.submit(&mining.key(), &mining.payment().1).await.unwrap();
    // Another command was killed before it could send: its nonce comes first.
    let left = mining.payment().1;
    let dying = mining.sender().await.with_failpoints(FailPoints::once(failpoint::COMMITTED));
    let left_id = dying.submit(&mining.key(), &left).await.unwrap();
    assert!(dying.drive(left_id, Until::Mined, &CancellationToken::new()).await.is_err());
    assert!(matches!(mining.send(&mining.sender().await, &mining.key(), &mining.payment().1).await, Outcome::Mined(_)));
    assert_eq!(mining.until(left_id, "the one before", |view| view.state == RequestState::Done).await.nonce, Some(0));
    assert_eq!(mining.view(waiting).await.nonce, None);
    assert_eq!(mining.fixture.sent().await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contract_is_made_on_the_same_way_and_its_address_told() {
    let mining = MiningFixture::set(1).await;
    let code = creation::lens();
    let deploy =
        NewTransactionRequest { kind: TransactionKind::Deploy, recipient: None, value_wei: 0, data: code, enough_wei: None };
    let Outcome::Mined(mined) = mining.send(&mining.sender().await, "deploy the lens", &deploy).await else {
        panic!("not mined")
    };
    assert!(mining.fixture.chain.has_code(mined.contract).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_is_waited_for_until_it_is_final_or_until_one_is_told_to_stop() {
    let mining = MiningFixture::set(1).await;
    let sender = mining.sender().await;
    let stop = CancellationToken::new();
    let outcome = sender.send(&mining.key(), &mining.payment().1, Until::Final, &stop).await.unwrap();
    let Outcome::Mined(mined) = outcome else { panic!("{outcome:?}") };
    assert!(mined.is_final);
    assert!(mining.fixture.chain.heads().await.unwrap().finalized >= mined.block_number);
    // Nobody can pay for this one.
    let payment = NewTransactionRequest::ether(TransactionKind::Fund, nobody(), 10u128.pow(25), 10u128.pow(25));
    let id = sender.submit(&mining.key(), &payment).await.unwrap();
    stop_once_explained(&mining.fixture.database, id, &stop);
    let outcome = sender.drive(id, Until::Mined, &stop).await.unwrap();
    let Outcome::Unfinished { state: RequestState::Queued, reason: Some(_) } = outcome else { panic!("{outcome:?}") };
}
