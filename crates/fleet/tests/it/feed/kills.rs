//! The fleet killed at each request that it makes of a node: before the node hears of it, and before its answer is heard.

use std::time::Duration;

use linkpool_db::fleet::{ProofMode, TransferProof};
use linkpool_jobs::external_job_id;
use linkpool_testkit::{tcp_proxy::Passage, until};
use tokio::task::{JoinSet, LocalSet};

use super::{
    fixture::{Feeding, REGISTRAR},
    give::{has, set},
    proxy::Cut,
};
use crate::fixture::PATIENCE_TIME;

const PAY: &str = "POST /v2/transfers/evm";

/// More requests than one node takes.
const MOST: usize = 24;

/// Longer than the time between two requests of a node.
const QUIET_TIME: Duration = Duration::from_millis(300);

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
    until("it is taken up", PATIENCE_TIME, async || {
        feeding.database().transfer_proof(&node.id, &proposed).await.unwrap().asked_at.is_some()
    })
    .await;
    assert!(node.proxy.count(PAY) <= 1, "paid twice: {at}");
    is_killed
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_fleets_at_once_one_feeds_and_nothing_is_there_twice() {
    let feeding = Feeding::set().await;
    let nodes = [feeding.node(ProofMode::Transfer).await, feeding.node(ProofMode::Transfer).await];
    let version = feeding.wants(&set()).await;
    let _fleets = (feeding.fleet().await, feeding.fleet().await);
    for node in &nodes {
        feeding.until_fed(node, version).await;
        assert_eq!(feeding.assert_let_in(node).await.len(), 3);
        let asked = |request| node.proxy.count(request);
        // Where the lease passes on between the two, a user is asked for again: the node has it, and says so.
        assert_eq!((asked("POST /v2/user/token"), asked("POST /v2/jobs")), (2, 2), "{:?}", node.proxy.seen());
        assert_eq!(asked("DELETE /v2/users"), 0, "{:?}", node.proxy.seen());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_database_is_away_a_node_is_asked_for_nothing_and_gets_the_rest_afterwards() {
    let feeding = Feeding::set().await;
    let node = feeding.node(ProofMode::Transfer).await;
    let version = feeding.wants(&set()).await;
    let (way, url) = feeding.way_to_database().await;
    let _fleet = feeding.fleet_at(&url).await;
    until("its first user", PATIENCE_TIME, async || node.proxy.count("POST /v2/users") > 0).await;
    way.set(Passage::Closed);
    // What was under way ends; without the database there is no next step.
    until("no request for a while", PATIENCE_TIME, async || {
        let before = node.proxy.seen().len();
        tokio::time::sleep(QUIET_TIME).await;
        node.proxy.seen().len() == before
    })
    .await;
    way.set(Passage::Open);
    feeding.until_fed(&node, version).await;
    assert_eq!(feeding.assert_let_in(&node).await.len(), 3);
    assert_eq!(has(&feeding, &node).await, (vec!["prices".into()], vec!["ask".into(), "tick".into()]));
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
