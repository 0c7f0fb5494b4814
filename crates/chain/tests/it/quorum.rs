use linkpool_chain::{EndpointState, Error, Policy};
use linkpool_testkit::Fault;

use crate::fixture::{EMITTER, Fixture, states, status};

fn two() -> Policy {
    Policy { quorum: 2, ..Policy::default() }
}

#[tokio::test]
async fn logs_that_one_of_three_keeps_back_are_found_and_it_is_named() {
    let fixture = Fixture::with(3).await;
    let chain = fixture.chain_with(two()).await;
    fixture.proxies[0].set(Fault::LosesLogs { one_in: 3 });
    let range = chain.final_logs(EMITTER, 1, 8).await.unwrap();
    assert_eq!(range.logs.len(), 4);
    assert_eq!(states(&chain), [EndpointState::Faulty, EndpointState::Ok, EndpointState::Ok]);
    assert_eq!(chain.blocks(EMITTER, 4, 10).await.unwrap().logs.len(), 6);
}

#[tokio::test]
async fn two_that_differ_have_no_majority_and_nothing_is_believed() {
    let fixture = Fixture::with(2).await;
    let chain = fixture.chain_with(two()).await;
    fixture.proxies[0].set(Fault::LosesLogs { one_in: 3 });
    let error = chain.final_logs(EMITTER, 1, 8).await.unwrap_err();
    assert!(matches!(error, Error::Inconsistent { .. }), "{error}");
    assert!(error.to_string().contains("`alpha`, `beta`"), "{error}");
}

#[tokio::test]
async fn a_quorum_that_is_not_reached_says_who_is_missing() {
    let fixture = Fixture::with(2).await;
    let chain = fixture.chain_with(two()).await;
    fixture.proxies[1].stop().await.unwrap();
    let error = chain.final_logs(EMITTER, 1, 8).await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains("2 endpoints must agree and only `alpha` answers"), "{error}");
}

#[tokio::test]
async fn the_head_is_the_newest_block_that_a_quorum_has_in_common() {
    let fixture = Fixture::with(3).await;
    let chain = fixture.chain_with(two()).await;
    fixture.proxies[0].set(Fault::LagsBehind(2));
    fixture.proxies[1].set(Fault::LagsBehind(1));
    let heads = chain.heads().await.unwrap();
    assert_eq!((heads.head.number, heads.finalized), (9, 7));
    assert_eq!(status(&chain, "alpha").contradictions, 0);
}

#[tokio::test]
async fn one_that_stands_still_holds_up_no_quorum() {
    let fixture = Fixture::with(3).await;
    let chain = fixture.chain_with(two()).await;
    fixture.proxies[0].set(Fault::StaleHead(3));
    let heads = chain.heads().await.unwrap();
    assert_eq!((heads.head.number, heads.finalized), (10, 8));
    assert_eq!(chain.blocks(EMITTER, 4, 10).await.unwrap().logs.len(), 6);
}

#[tokio::test]
async fn a_head_that_only_one_knows_is_none() {
    let fixture = Fixture::with(2).await;
    let chain = fixture.chain_with(two()).await;
    fixture.proxies[1].stop().await.unwrap();
    let error = chain.heads().await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
}
