//! One that was paused for longer than its lease: it may send again what is committed, and nothing else.

use std::time::Duration;

use linkpool_db::{
    Error,
    lease::Leader,
    tx::{AddAttempt, Added, Assignment, Attempt, Limits, RequestState, Reserve},
};
use linkpool_primitives::B256;

use super::{crash::order, mining_fixture::MiningFixture, process::Process};

/// A role listens from its first tick on.
const BOTH_LISTEN: &str = "select 1 from pg_stat_activity
    where datname = current_database() and query ilike 'listen %' having count(*) >= 2";

#[tokio::test(flavor = "multi_thread")]
async fn an_old_lease_takes_no_nonce_and_commits_no_bytes() {
    let mining = MiningFixture::set(1).await;
    let (database, sender) = (&mining.fixture.database, mining.sender().await);
    let id = sender.submit(&mining.key(), &mining.payment().1).await.unwrap();
    let term = Duration::from_secs(3);
    let mut first = Leader::new(database.clone(), sender.account().lease(), term);
    let mut second = Leader::new(database.clone(), sender.account().lease(), term);
    let old = first.hold().await.unwrap().unwrap();
    assert_eq!(second.hold().await.unwrap(), None);
    let new = loop {
        // The first one sleeps.
        if let Some(lease) = second.hold().await.unwrap() {
            break lease;
        }
        tokio::time::sleep(super::mining_fixture::POLL_INTERVAL).await;
    };
    let request = database.queued_requests(&sender.account(), Some(id), 1).await.unwrap().remove(0);
    let limits = Limits::none();
    let (old, new) = (database.under(&old), database.under(&new));
    let reserve = Reserve { request: &request, gas_limit: 21_000, cost_wei: 1, limits: &limits };
    assert!(matches!(old.reserve_nonce(&sender.account(), reserve).await, Err(Error::LeaseLost { .. })));
    assert_eq!(new.reserve_nonce(&sender.account(), reserve).await.unwrap(), Assignment::Nonce(0));
    let reservation = database.open_reservations(&sender.account()).await.unwrap().remove(0);
    let attempt = Attempt {
        hash: B256::repeat_byte(1),
        number: 0,
        raw: vec![1],
        gas_limit: 21_000,
        max_fee_wei: 1,
        tip_wei: 1,
        cancels: false,
        since_block: 0,
        ..Attempt::default()
    };
    let add = || AddAttempt { reservation: &reservation, attempt: &attempt, limits: &limits, operator_request: None };
    assert!(matches!(old.add_attempt(&sender.account(), add()).await, Err(Error::LeaseLost { .. })));
    assert_eq!(new.add_attempt(&sender.account(), add()).await.unwrap(), Added::Committed);
    assert_eq!(new.add_attempt(&sender.account(), add()).await.unwrap(), Added::Late);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_paused_beyond_its_lease_and_wakes_does_no_harm() {
    let mining = MiningFixture::set(1).await;
    let (sender, order) = (mining.sender().await, order(&mining.fixture, true, 600));
    let (first, second) = (Process::start(&order), Process::start(&order));
    // Whoever sleeps while it connects finds its time-outs over when it wakes, and ends.
    mining.fixture.until_sql(BOTH_LISTEN).await;
    let mut ids = Vec::new();
    for round in 0..6u64 {
        let sleeper = if round % 2 == 0 { &first } else { &second };
        ids.push(sender.submit(&mining.key(), &mining.payment().1).await.unwrap());
        // Somewhere on the transaction's way, each time elsewhere.
        tokio::time::sleep(Duration::from_millis(13 * round)).await;
        sleeper.pause();
        ids.push(sender.submit(&mining.key(), &mining.payment().1).await.unwrap());
        mining.until(ids[ids.len() - 1], "the other's work", |view| view.state == RequestState::Done).await;
        sleeper.go_on();
    }
    for id in &ids {
        mining.until(*id, "its block", |view| view.state == RequestState::Done).await;
    }
    assert_eq!(mining.fixture.sent().await, ids.len() as u64);
    mining.assert_no_gap().await;
    first.kill();
    second.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_paused_inside_a_database_transaction_loses_its_locks_and_works_again_when_it_wakes() {
    let mining = MiningFixture::set(1).await;
    let (fixture, sender, order) = (&mining.fixture, mining.sender().await, order(&mining.fixture, true, 600));
    let first = Process::start(&order);
    // It works, and holds the lease.
    let id = sender.submit(&mining.key(), &mining.payment().1).await.unwrap();
    mining.until(id, "the first", |view| view.state == RequestState::Done).await;
    // It comes as far as the signer's row, inside a transaction that has locked the lease, and sleeps there.
    fixture.hold("select 1 from signer for no key update").await;
    let before = sender.submit(&mining.key(), &mining.payment().1).await.unwrap();
    fixture.until_sql("select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'").await;
    first.pause();
    fixture.let_go();
    let second = Process::start(&order);
    mining.until(before, "the other's work", |view| view.state == RequestState::Done).await;
    second.kill();
    first.go_on();
    let after = sender.submit(&mining.key(), &mining.payment().1).await.unwrap();
    mining.until(after, "its own work again", |view| view.state == RequestState::Done).await;
    assert_eq!(fixture.sent().await, 3);
    first.kill();
}
