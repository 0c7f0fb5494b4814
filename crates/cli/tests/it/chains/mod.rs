//! The whole system on chains that are not anvil: a node of another make gives what is asked for, in its own way.

mod node;
mod steps;
mod story;

use node::Node;
use story::{Story, Tags};

#[tokio::test(flavor = "multi_thread")]
async fn on_a_hardhat_node_everything_works_and_a_reorg_below_what_it_calls_final_is_said_and_repaired() {
    let mut story = Story::begin(Node::hardhat().await, Tags::Told).await;
    story.scale("scale up").await;
    story.stake().await;
    story.verify();
    story.doctor();
    // It calls its newest block final.
    story.reorg_below_finality().await;
    story.verify();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes a minute: cargo xtask prove chains"]
async fn on_a_hardhat_node_at_length() {
    let mut story = Story::begin(Node::hardhat().await, Tags::Unknown).await;
    at_length(&mut story).await;
    story.slow_blocks().await;
    story.tell_tags().await;
    story.reorg_below_finality().await;
    story.verify();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a geth in LINKPOOL_GETH: cargo xtask prove chains --geth PATH"]
async fn on_geth_at_length() {
    let mut story = Story::begin(Node::geth().await, Tags::Told).await;
    at_length(&mut story).await;
    story.reorg_below_finality().await;
    story.verify();
}

async fn at_length(story: &mut Story) {
    story.scale("scale up").await;
    story.stake().await;
    story.verify();
    story.doctor();
    story.reorg("reorg").await;
    story.verify();
    story.scale_without_a_tip_method().await;
}
