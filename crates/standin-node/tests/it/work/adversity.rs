//! An endpoint that goes away.

use linkpool_chainlink::Secret;
use linkpool_standin_node::ReplicaConfig;
use linkpool_testkit::tcp_proxy::{Passage, TcpProxy};

use super::fixture::{ANSWER, Stage};
use crate::fixture::serving;

#[tokio::test]
async fn what_was_asked_while_the_endpoint_was_away_is_answered_when_it_is_back() {
    let (mut stage, _) = Stage::with_job().await;
    stage.replica.take().unwrap().stop().await.unwrap();
    let proxy = TcpProxy::to(stage.port()).await.unwrap();
    let rpc_url = Some(Secret::new(format!("http://127.0.0.1:{}", proxy.port())));
    stage.config = ReplicaConfig { rpc_url, ..stage.config };
    let mut replica = stage.start_replica();
    serving(&mut replica).await;
    let first = stage.ask().await;
    stage.answered(&first, ANSWER).await;
    proxy.set(Passage::Closed);
    let second = stage.ask().await;
    stage.chain.mine(15).await.unwrap();
    proxy.set(Passage::Open);
    stage.answered(&second, ANSWER).await;
    stage.until_seen().await;
    assert_eq!(stage.sent().await, 2);
}
