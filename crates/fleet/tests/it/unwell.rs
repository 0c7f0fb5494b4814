//! Nodes that do not get well say why.

use linkpool_db::fleet::{PairHealth, Phase};

use crate::fixture::Fixture;

async fn check(fault: &str, expect: &str) {
    let fixture = Fixture::set().await;
    fixture.set_fault(fault);
    let fleet = fixture.fleet().await;
    let id = fixture.request("one", 1).await.nodes.remove(0).id;
    let node = fixture.until(&id, expect, |node, _| node.last_error.as_deref().is_some_and(|error| error.contains(expect))).await;
    assert_eq!((node.phase, node.health), (Phase::Booting, PairHealth::Down), "{fault}");
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_migrates_for_ever_is_not_healthy_and_shows_it() {
    check("migrating", "the node migrates its database (204)").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_with_a_failing_check_names_it() {
    check("failing-check-old", "failing checks: ").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_sends_a_hundred_megabytes_is_cut_short() {
    check("huge-body", "longer than").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_never_ends_its_answer_is_given_up_on() {
    check("slow-bytes=100", "did not finish its answer").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_ends_at_once_is_shown_with_its_log() {
    check("no-such-fault", "it ended with exit status: ").await;
}
