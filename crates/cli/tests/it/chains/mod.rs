//! The whole system on chains that are not anvil: a node of another make gives what is asked for, in its own way.

mod fixture;
mod node;
mod steps;

use fixture::{SystemFixture, Tags};
use node::Node;

#[tokio::test(flavor = "multi_thread")]
async fn on_a_hardhat_node_everything_works_and_a_reorg_below_what_it_calls_final_is_said_and_repaired() {
    let mut system = SystemFixture::begin(Node::hardhat().await, Tags::Told).await;
    system.scale("scale up").await;
    system.stake().await;
    system.verify();
    system.doctor();
    // It calls its newest block final.
    system.reorg_below_finality().await;
    system.verify();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes a minute: cargo xtask prove chains"]
async fn on_a_hardhat_node_at_length() {
    let mut system = SystemFixture::begin(Node::hardhat().await, Tags::Unknown).await;
    at_length(&mut system).await;
    system.slow_blocks().await;
    system.tell_tags().await;
    system.reorg_below_finality().await;
    system.verify();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a geth in LINKPOOL_GETH: cargo xtask prove chains --geth PATH"]
async fn on_geth_at_length() {
    let mut system = SystemFixture::begin(Node::geth().await, Tags::Told).await;
    at_length(&mut system).await;
    system.reorg_below_finality().await;
    system.verify();
}

async fn at_length(system: &mut SystemFixture) {
    system.scale("scale up").await;
    system.stake().await;
    system.verify();
    system.doctor();
    system.reorg("reorg").await;
    system.verify();
    system.scale_without_a_tip_method().await;
}
