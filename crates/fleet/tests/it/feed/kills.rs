//! The fleet killed at each request that it makes of a node: before the node hears of it, and before its answer is heard.

use linkpool_db::fleet::{ProofMode, TransferProof};
use linkpool_jobs::external_job_id;
use linkpool_testkit::until;
use tokio::task::{JoinSet, LocalSet};

use super::{
    fixture::{Feeding, REGISTRAR},
    give::{has, set},
    proxy::Cut,
};
use crate::fixture::PATIENCE;

const PAY: &str = "POST /v2/transfers/evm";

/// More requests than one node takes.
const MOST: usize = 24;

/// Most fleets killed at the same time.
const AT_ONCE: usize = 6;

/// Everything is wanted at once, and the fleet is killed at the `at`th request. False where it was done with fewer.
async fn killed(at: usize, cut: Cut) -> bool {
    let feeding = Feeding::set().await;
    let node = feeding.node(ProofMode::Transfer).await;
    node.proxy.answer(PAY, 200, "{}");
    let proposed = TransferProof::new(node.wallet, REGISTRAR, 7, 1);
    feeding.database().transfer_proof(&node.id, &proposed).await.unwrap();
    feeding.database().want_transfer(&node.id).await.unwrap();
    let version = feeding.wants(&set()).await;
    node.proxy.cut(at, cut);
    let fleet = feeding.fleet().await;
    let is_killed = tokio::select! {
        () = node.proxy.killed.cancelled() => true,
        () = feeding.until_fed(&node, version) => false,
    };
    drop(fleet);
    let _fleet = feeding.fleet().await;
    feeding.until_fed(&node, version).await;
    let at = format!("{cut:?} request {at} of {:?}", node.proxy.seen());
    let users = feeding.assert_let_in(&node).await;
    assert_eq!(users.len(), 3, "{at}: {users:?}");
    assert_eq!(has(&feeding, &node).await, (vec!["prices".into()], vec!["ask".into(), "tick".into()]), "{at}");
    let client = feeding.client(&node, linkpool_db::fleet::SecretKind::FleetToken).await;
    for name in ["ask", "tick"] {
        assert!(client.job(external_job_id(&node.id, name)).await.unwrap().is_some(), "{at}");
    }
    until("it is taken up", PATIENCE, async || {
        feeding.database().transfer_proof(&node.id, &proposed).await.unwrap().asked_at.is_some()
    })
    .await;
    assert!(node.proxy.count(PAY) <= 1, "paid twice: {at}");
    is_killed
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_request_it_makes_nothing_twice_and_the_next_one_finishes() {
    let runs = LocalSet::new();
    let ended = runs.run_until(async {
        let (mut under_way, mut is_done) = (JoinSet::new(), false);
        for at in 1..=MOST {
            for cut in [Cut::Before, Cut::After] {
                under_way.spawn_local(killed(at, cut));
            }
            while under_way.len() >= AT_ONCE {
                is_done |= !under_way.join_next().await.unwrap().unwrap();
            }
            // Beyond the last request nothing is cut.
            if is_done {
                break;
            }
        }
        under_way.join_all().await.into_iter().any(|was_killed| !was_killed) || is_done
    });
    assert!(ended.await, "there are more requests than {MOST}");
}
