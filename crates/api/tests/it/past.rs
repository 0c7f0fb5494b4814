//! Answers as of an older block are the answers that were given then.

use linkpool_db::ingest::RESUME_WINDOW;
use linkpool_primitives::NodeStatus;
use serde_json::Value;

use crate::{
    chain_fixture::{link, node, staker},
    fixture::Fixture,
};

const PATHS: [&str; 6] = [
    "/api/v1/pool",
    "/api/v1/nodes?sort=-stake",
    "/api/v1/nodes/{node}",
    "/api/v1/nodes/{node}/stakes",
    "/api/v1/stakers/{staker}",
    "/api/v1/pool/announcements",
];

fn path(template: &str) -> String {
    template.replace("{node}", &node(1).to_string()).replace("{staker}", &staker(1).to_string())
}

fn at(path: &str, block: u64) -> String {
    format!("{path}{}at={block}", if path.contains('?') { "&" } else { "?" })
}

/// Data and block of every path, now.
async fn answers(fixture: &Fixture) -> Vec<(Value, Value)> {
    let mut answers = Vec::new();
    for template in PATHS {
        let answer = fixture.get(&path(template)).await;
        assert_eq!(answer.status, 200, "{template}: {}", answer.body);
        answers.push((answer.body["data"].clone(), answer.body["meta"]["as_of"].clone()));
    }
    answers
}

#[tokio::test]
async fn the_state_at_a_block_is_what_was_answered_in_it() {
    let mut fixture = Fixture::start().await;
    fixture.chain.register(node(1)).register(node(2)).mine(12).await;
    let mut told = vec![(fixture.chain.at.number, answers(&fixture).await)];
    for step in 0..6u64 {
        match step {
            0 => fixture.chain.stake(node(1), staker(1), link(60_000)).stake(node(2), staker(1), link(10)),
            1 => fixture.chain.stake(node(1), staker(2), link(1_000)).reward(node(1), link(100)),
            2 => fixture.chain.unbond(node(1), staker(1), 0, link(20_000)),
            3 => fixture.chain.penalise(node(1), 1_000),
            4 => fixture.chain.unbond(node(1), staker(1), 1, link(40_000)),
            _ => fixture.chain.set_status(node(2), NodeStatus::Closed),
        };
        fixture.chain.mine(90_000).await;
        told.push((fixture.chain.at.number, answers(&fixture).await));
    }
    for (block, answered) in told {
        for (template, (data, as_of)) in PATHS.iter().zip(answered) {
            let again = fixture.get(&at(&path(template), block)).await;
            assert_eq!(again.status, 200, "{template} at {block}: {}", again.body);
            assert_eq!(again.body["data"], data, "{template} at {block}");
            assert_eq!(again.body["meta"]["as_of"], as_of, "{template} at {block}");
        }
    }
}

#[tokio::test]
async fn a_block_without_events_is_answered_as_of_itself_and_beyond_what_is_kept_as_of_the_last_known_one() {
    let mut fixture = Fixture::start().await;
    fixture.chain.register(node(1)).mine(12).await;
    fixture.chain.finalized = 15;
    for _ in 0..4 {
        fixture.chain.mine(12).await;
    }
    let as_of = async |fixture: &Fixture, at: &str| {
        let meta = fixture.get(&format!("/api/v1/nodes?at={at}")).await.body["meta"].clone();
        assert_eq!(meta["finalized"], true);
        (meta["as_of"]["block_number"].as_u64().unwrap(), meta["asked_block"].as_u64().unwrap())
    };
    assert_eq!(as_of(&fixture, "14").await, (14, 14), "its header is gone, its hash is kept");
    assert_eq!(as_of(&fixture, "finalized").await, (15, 15));
    fixture.chain.finalized = 15 + RESUME_WINDOW;
    fixture.chain.skip(RESUME_WINDOW).await;
    // Asked for in other words: what was made before stands, and may be given again.
    assert_eq!(as_of(&fixture, "14&limit=9").await, (12, 14), "the last in which anything happened");
}

#[tokio::test]
async fn a_block_that_is_not_indexed_is_refused_with_a_sentence() {
    let fixture = Fixture::start().await;
    for (block, words) in
        [("12", "the newest indexed block is 11"), ("10", "it begins in block 11"), ("0", "it begins in block 11")]
    {
        for template in PATHS {
            let answer = fixture.get(&at(&path(template), block.parse().unwrap())).await;
            assert_eq!((answer.status.as_u16(), answer.problem()), (404, "block-not-indexed"), "{template} at {block}");
            assert!(answer.body["detail"].as_str().unwrap().contains(words), "{}", answer.body);
        }
    }
    let answer = fixture.get("/api/v1/pool?at=yesterday").await;
    assert_eq!((answer.status.as_u16(), answer.problem()), (400, "invalid-parameter"));
}

#[tokio::test]
async fn a_node_did_not_exist_before_its_registration() {
    let mut fixture = Fixture::start().await;
    fixture.chain.register(node(1)).mine(12).await;
    fixture.chain.register(node(2)).mine(12).await;
    assert_eq!(fixture.get(&format!("/api/v1/nodes/{}?at=12", node(2))).await.problem(), "not-found");
    assert_eq!(fixture.data("/api/v1/nodes?at=12").await.as_array().unwrap().len(), 1);
    assert_eq!(fixture.data("/api/v1/pool?at=11").await["nodes"]["active"], 0);
}

#[tokio::test]
async fn a_list_goes_on_as_of_the_block_at_which_it_was_begun() {
    let mut fixture = Fixture::start().await;
    fixture.chain.register(node(1)).register(node(2)).mine(12).await;
    fixture.chain.stake(node(2), staker(1), link(5)).mine(12).await;
    let first = fixture.get("/api/v1/nodes?at=12&sort=created&limit=1").await;
    let next = first.body["page"]["next"].as_str().unwrap();
    let second = fixture.get(&format!("/api/v1/nodes?at=12&sort=created&limit=1&cursor={next}")).await;
    assert_eq!((&second.body["data"][0]["index"], &second.body["data"][0]["stake_juels"]), (&1.into(), &"0".into()));
    let other = fixture.get(&format!("/api/v1/nodes?at=13&sort=created&limit=1&cursor={next}")).await;
    assert_eq!(other.problem(), "cursor-invalidated");
}
