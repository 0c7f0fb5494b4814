//! An endpoint that goes away.

use linkpool_chainlink::Secret;
use linkpool_standin_node::ReplicaConfig;
use linkpool_testkit::tcp_proxy::{Passage, TcpProxy};

use super::fixture::{ANSWER, Fixture};
use crate::fixture::serving;

#[tokio::test]
async fn what_was_asked_while_the_endpoint_was_away_is_answered_when_it_is_back() {
    let (mut fixture, _) = Fixture::with_job().await;
    fixture.replica.take().unwrap().stop().await.unwrap();
    let proxy = TcpProxy::to(fixture.port()).await.unwrap();
    let rpc_url = Some(Secret::new(format!("http://127.0.0.1:{}", proxy.port())));
    fixture.config = ReplicaConfig { rpc_url, ..fixture.config };
    let mut replica = fixture.start_replica();
    serving(&mut replica).await;
    let first = fixture.ask().await;
    fixture.answered(&first, ANSWER).await;
    proxy.set(Passage::Closed);
    let second = fixture.ask().await;
    fixture.chain.mine(15).await.unwrap();
    proxy.set(Passage::Open);
    fixture.answered(&second, ANSWER).await;
    fixture.until_seen().await;
    assert_eq!(fixture.sent().await, 2);
}
