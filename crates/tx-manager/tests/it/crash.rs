//! Real processes that die at every named fail point.

use linkpool_db::tx::RequestState;
use linkpool_tx_manager::failpoint;

use super::{
    mining_fixture::MiningFixture,
    process::{Order, Process},
};
use crate::fixture::Fixture;

pub fn order(fixture: &Fixture, use_lease: bool, lease_ms: u64) -> Order {
    Order { database_url: fixture.url.clone(), rpc_url: fixture.chain_url(), use_lease, lease_ms }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_dies_at_any_fail_point_leaves_nothing_lost_and_nothing_twice() {
    let mining = MiningFixture::set(1).await;
    let order = order(&mining.fixture, false, 0);
    for (count, point) in (1..).zip(failpoint::ALL) {
        let (wallet, payment) = mining.payment();
        let id = mining.sender().await.submit(&mining.key(), &payment).await.unwrap();
        // Wherever it is started again, it dies again, until the point is passed by another.
        Process::start_with(&order, Some(point)).ended().await;
        let alive = Process::start(&order);
        let view = mining.until(id, "the block", |view| view.state == RequestState::Done).await;
        alive.kill();
        assert_eq!(mining.fixture.chain.balance(wallet).await.unwrap(), 1_000_000_000, "{point:?}: paid once");
        assert_eq!(mining.fixture.sent().await, count, "{point:?}");
        let (mined, signed) = (view.receipt.unwrap(), mining.fixture.database.attempts_of(id).await.unwrap());
        let is_known = signed.iter().any(|(_, attempt)| attempt.hash == mined.transaction_hash);
        assert!(is_known, "{point:?}: a transaction that the database does not know of: {signed:#?}");
    }
    mining.assert_no_gap().await;
}
