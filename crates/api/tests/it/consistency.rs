//! A list that a reorganisation cut says so, and no answer mixes two blocks.

use linkpool_api::{ApiConfig, Limits};
use linkpool_db::{cursor::Tags, ingest::Repair};

use crate::{
    chain_fixture::{ChainFixture, link, node, staker},
    fixture::{Answer, Fixture, WAIT_TIMEOUT, answer},
    work::Worked,
};

#[tokio::test]
async fn a_cursor_from_a_replaced_block_is_refused() {
    let mut fixture = Fixture::start().await;
    let chain = &mut fixture.chain;
    chain.register(node(1)).register(node(2)).mine(12).await;
    let ancestor = chain.at;
    chain.stake(node(1), staker(1), link(5)).mine(12).await;
    let nodes = fixture.get("/api/v1/nodes?limit=1").await.body["page"]["next"].as_str().unwrap().to_owned();
    let events = fixture.get("/api/v1/events?limit=1").await.body["page"]["next"].as_str().unwrap().to_owned();
    let paths = [format!("/api/v1/nodes?limit=1&cursor={nodes}"), format!("/api/v1/events?limit=1&cursor={events}")];
    for path in &paths {
        assert_eq!(fixture.get(path).await.status, 200);
    }
    fixture.chain.reorganise(ancestor).await;
    for path in &paths {
        let answer = fixture.get(path).await;
        assert_eq!((answer.status.as_u16(), answer.problem()), (409, "cursor-invalidated"), "{path}");
    }
}

#[tokio::test]
async fn a_cursor_from_below_the_fork_goes_on() {
    let mut fixture = Fixture::start().await;
    fixture.chain.register(node(1)).register(node(2)).mine(12).await;
    let next = fixture.get("/api/v1/nodes?limit=1").await.body["page"]["next"].as_str().unwrap().to_owned();
    let ancestor = fixture.chain.at;
    fixture.chain.stake(node(1), staker(1), link(5)).mine(12).await;
    fixture.chain.reorganise(ancestor).await;
    let answer = fixture.get(&format!("/api/v1/nodes?limit=1&cursor={next}")).await;
    assert_eq!((answer.status.as_u16(), &answer.body["data"][0]["index"]), (200, &0.into()));
}

/// A list begun in block 12, and then blocks without events, final but for the newest.
async fn a_list_begun_long_ago() -> (Fixture, String) {
    let mut fixture = Fixture::start().await;
    fixture.chain.register(node(1)).register(node(2)).mine(12).await;
    fixture.chain.mine(12).await;
    let next = fixture.get("/api/v1/nodes?limit=1").await.body["page"]["next"].as_str().unwrap().to_owned();
    for _ in 0..18 {
        fixture.chain.finalized = fixture.chain.at.number;
        fixture.chain.mine(12).await;
    }
    (fixture, next)
}

#[tokio::test]
async fn a_cursor_from_a_final_block_without_events_goes_on_and_one_with_another_hash_is_refused() {
    let (fixture, next) = a_list_begun_long_ago().await;
    assert_eq!(fixture.get(&format!("/api/v1/nodes?limit=1&cursor={next}")).await.status, 200);
    // The hash begins after version, scope and block number.
    let mut forged = next.clone();
    forged.replace_range(26..42, "0123456789abcdef");
    let answer = fixture.get(&format!("/api/v1/nodes?limit=1&cursor={forged}")).await;
    assert_eq!((answer.status.as_u16(), answer.problem()), (409, "cursor-invalidated"));
}

#[tokio::test]
async fn a_list_whose_rows_were_corrected_is_begun_again() {
    let (fixture, next) = a_list_begun_long_ago().await;
    let repair = Repair { blocks: vec![(13, Vec::new())], ..Repair::default() };
    fixture.chain.database.repair(&fixture.chain.at, &repair).await.unwrap();
    let answer = fixture.get(&format!("/api/v1/nodes?limit=1&cursor={next}")).await;
    assert_eq!((answer.status.as_u16(), answer.problem()), (409, "cursor-invalidated"));
    let anew = fixture.get("/api/v1/nodes?limit=1").await.body["page"]["next"].as_str().unwrap().to_owned();
    assert_eq!(fixture.get(&format!("/api/v1/nodes?limit=1&cursor={anew}")).await.status, 200, "and then goes on");
    // One that names this block with another hash, or with how often rows had been replaced before.
    for (place, forged) in [(26..42, "0123456789abcdef"), (42..58, "0000000000000000")] {
        let mut cursor = anew.clone();
        cursor.replace_range(place, forged);
        let answer = fixture.get(&format!("/api/v1/nodes?limit=1&cursor={cursor}")).await;
        assert_eq!((answer.status.as_u16(), answer.problem()), (409, "cursor-invalidated"), "{forged}");
    }
}

#[tokio::test]
async fn corrected_rows_show_at_once_though_the_block_is_the_same() {
    let mut fixture = Fixture::start().await;
    fixture.chain.register(node(1)).mine(12).await;
    fixture.chain.stake(node(1), staker(1), link(5)).mine(12).await;
    fixture.chain.finalized = 13;
    fixture.chain.mine(12).await;
    let paths = ["/pool", "/nodes", "/events", "/history", "/stakers"].map(|path| format!("/api/v1{path}"));
    let of_one = [format!("/api/v1/nodes/{}", node(1)), format!("/api/v1/stakers/{}", staker(1))];
    let mut before = Vec::new();
    for path in paths.iter().chain(&of_one) {
        before.push(fixture.get(path).await);
    }
    assert_eq!(fixture.data("/api/v1/status").await["events_indexed"], 3);
    let repair = Repair { blocks: vec![(13, Vec::new())], ..Repair::default() };
    fixture.chain.database.repair(&fixture.chain.at, &repair).await.unwrap();
    assert_eq!(fixture.data("/api/v1/status").await["events_indexed"], 2);
    for (path, before) in paths.iter().chain(&of_one).zip(before) {
        let after = fixture.get(path).await;
        assert_eq!(after.body["meta"]["as_of"], before.body["meta"]["as_of"], "{path}");
        assert_ne!(after.body["data"], before.body["data"], "{path}");
        assert_ne!(after.header("etag"), before.header("etag"), "{path}");
    }
}

#[tokio::test]
async fn what_became_final_is_said_to_be_though_the_block_is_the_same() {
    let mut fixture = Fixture::start().await;
    fixture.chain.register(node(1)).mine(12).await;
    let before = fixture.get("/api/v1/nodes").await;
    let tags = Tags { head: 12, safe: 12, finalized: 12 };
    fixture.chain.database.set_tags(None, tags).await.unwrap();
    let after = fixture.get("/api/v1/nodes").await;
    let said = |answer: &Answer| [answer.body["meta"]["finalized"].clone(), answer.body["data"][0]["finalized"].clone()];
    assert_eq!((said(&before), said(&after)), ([false.into(), false.into()], [true.into(), true.into()]));
    assert_ne!(after.header("etag"), before.header("etag"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_is_made_while_blocks_come_is_of_one_of_them() {
    const BLOCKS: u64 = 100;
    let plenty = Limits { requests_per_second: 1_000_000, burst: 1_000_000, ..Limits::default() };
    let mut fixture = Fixture::with(ApiConfig { limits: plenty, ..ApiConfig::default() }).await;
    fixture.chain.register(node(1)).register(node(2)).mine(12).await;
    Worked::begin(&fixture, node(1)).await;
    let Fixture { mut chain, base, client, stop: _stop, test_database: _test_database } = fixture;
    let first = chain.at.number;
    let mining = async {
        for _ in 0..BLOCKS {
            chain.stake(node(1), staker(1), link(1)).stake(node(2), staker(1), link(2)).mine(12).await;
        }
    };
    let path = format!("{base}/api/v1/stakers/{}", staker(1));
    let asking = async {
        loop {
            let answer = answer(client.get(&path).send().await.unwrap()).await;
            assert_eq!(answer.status, 200, "{}", answer.body);
            let block = answer.body["meta"]["as_of"]["block_number"].as_u64().unwrap();
            let (one, data) = (link(u128::from(block - first)), &answer.body["data"]);
            assert_eq!(data["stake_juels"], (3 * one).to_string(), "block {block}");
            let positions = data["positions"].as_array().unwrap().iter();
            let stakes: Vec<_> = positions.map(|position| position["active_stake_juels"].as_str().unwrap().to_owned()).collect();
            let expected = if block == first { vec![] } else { vec![(2 * one).to_string(), one.to_string()] };
            assert_eq!(stakes, expected, "block {block}");
            if block == first + BLOCKS {
                return;
            }
        }
    };
    // Others, who wait for the same figures of the same block.
    let node = format!("{base}/api/v1/nodes/{}", node(1));
    let others = ["stakers", "nodes", "pool", "events", "history", "status"].map(|route| format!("{base}/api/v1/{route}"));
    let of_node = [node.clone(), format!("{node}?at=head")];
    let others = futures_util::future::join_all(others.iter().chain(&of_node).map(async |path| {
        loop {
            let answer = answer(client.get(path).send().await.unwrap()).await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.body);
            let as_of = &answer.body["meta"]["as_of"];
            let block = as_of["block_number"].as_u64().unwrap();
            if !path.ends_with("status") {
                let of_block = format!("W/\"{}-", &as_of["block_hash"].as_str().unwrap()[2..18]);
                assert!(answer.header("etag").starts_with(&of_block), "{path} in block {block}: {}", answer.header("etag"));
            }
            if of_node.contains(path) {
                assert_eq!(answer.body["data"]["stake_juels"], link(u128::from(block - first)).to_string(), "block {block}");
            }
            if block == first + BLOCKS {
                return;
            }
        }
    }));
    tokio::join!(mining, asking, others);
}

#[tokio::test]
async fn statistics_follow_a_reorganisation() {
    let mut fixture = Fixture::start().await;
    fixture.chain.register(node(1)).mine(12).await;
    let ancestor = fixture.chain.at;
    fixture.chain.stake(node(1), staker(1), link(5)).reward(node(1), link(1)).mine(12).await;
    assert_eq!(fixture.data("/api/v1/pool").await["stakers"], 1);
    assert_eq!(fixture.data("/api/v1/status").await["events_indexed"], 4);
    fixture.chain.reorganise(ancestor).await;
    let pool = fixture.data("/api/v1/pool").await;
    assert_eq!((&pool["stakers"], &pool["stake_juels"], &pool["rewards_deposited_juels"]), (&0.into(), &"0".into(), &"0".into()));
    assert_eq!(fixture.data("/api/v1/status").await["events_indexed"], 2);
}

#[tokio::test]
async fn what_was_given_is_added_once_whatever_became_final_and_whichever_block_was_asked_for() {
    let mut fixture = Fixture::start().await;
    fixture.chain.register(node(1)).stake(node(1), staker(1), link(5)).mine(12).await;
    for (given, block) in (1..).zip(13..20) {
        fixture.chain.finalized = block - 2;
        fixture.chain.reward(node(1), link(1)).mine(12).await;
        for (at, given) in [("head".to_owned(), given), ("13".to_owned(), 1), (block.to_string(), given)] {
            for path in ["/api/v1/pool", &format!("/api/v1/nodes/{}", node(1))] {
                let data = fixture.data(&format!("{path}?at={at}")).await;
                assert_eq!(data["rewards_deposited_juels"], link(given).to_string(), "{path} at {at} in block {block}");
            }
        }
    }
}

#[tokio::test]
async fn a_database_made_again_is_counted_anew() {
    let mut fixture = Fixture::start().await;
    fixture.chain.finalized = 12;
    fixture.chain.register(node(1)).register(node(2)).mine(12).await;
    fixture.chain.mine(12).await;
    assert_eq!(fixture.data("/api/v1/status").await["events_indexed"], 3);
    let mut again = ChainFixture::begin(fixture.chain.database.clone()).await;
    again.finalized = 12;
    again.mine(12).await;
    again.mine(12).await;
    let counted = async { while fixture.data("/api/v1/status").await["events_indexed"] != 1 {} };
    tokio::time::timeout(WAIT_TIMEOUT, counted).await.unwrap();
}
