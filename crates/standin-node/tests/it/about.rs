//! What a node says of itself: its program, and the endpoints of its chain.

use linkpool_chainlink::client::{EndpointState, Role};

use crate::{fixture::Node, user::client_of};

#[tokio::test]
async fn a_viewer_sees_the_version_and_how_the_endpoints_are() {
    let node = Node::start().await;
    let viewer = client_of(&node, "viewer", Role::View).await;
    assert_eq!(viewer.build_info().await.unwrap().version, "2.31.0");
    let states = async || viewer.evm_endpoints().await.unwrap().into_iter().map(|it| (it.chain_id, it.state)).collect::<Vec<_>>();
    assert_eq!(states().await, [("31337".to_owned(), EndpointState::Alive)]);
    node.switch(&["chain-lost"]).await;
    assert_eq!(states().await, [("31337".to_owned(), EndpointState::Unreachable)]);
}
