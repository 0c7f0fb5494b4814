//! Real processes that die at every named fail point.

use linkpool_db::tx::IntentState;
use linkpool_tx_manager::failpoint;

use super::{
    desk::Desk,
    process::{Order, Process},
};
use crate::fixture::Scene;

pub fn order(scene: &Scene, use_lease: bool, lease_ms: u64) -> Order {
    Order { database_url: scene.url.clone(), rpc_url: scene.chain_url(), use_lease, lease_ms }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_dies_at_any_fail_point_leaves_nothing_lost_and_nothing_twice() {
    let desk = Desk::set(1).await;
    let order = order(&desk.scene, false, 0);
    for (count, point) in (1..).zip(failpoint::ALL) {
        let (wallet, payment) = desk.payment();
        let id = desk.sender().await.submit(&desk.key(), &payment).await.unwrap();
        // Wherever it is started again, it dies again, until the point is passed by another.
        Process::start_with(&order, Some(point)).ended().await;
        let alive = Process::start(&order);
        let view = desk.until(id, "the block", |view| view.state == IntentState::Done).await;
        alive.kill();
        assert_eq!(desk.scene.chain.balance(wallet).await.unwrap(), 1_000_000_000, "{point:?}: paid once");
        assert_eq!(desk.scene.sent().await, count, "{point:?}");
        let (mined, signed) = (view.inclusion.unwrap(), desk.scene.database.attempts_of(id).await.unwrap());
        let is_known = signed.iter().any(|(_, attempt)| attempt.hash == mined.transaction_hash);
        assert!(is_known, "{point:?}: a transaction that the database does not know of: {signed:#?}");
    }
    desk.assert_no_gap().await;
}
