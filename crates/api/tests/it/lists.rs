//! Pages: complete, in order, stable, filtered, and as CSV.

use linkpool_primitives::{NodeStatus, checksum};
use serde_json::Value;

use crate::{
    chain_fixture::{link, node, staker},
    fixture::{Fixture, answer},
};

/// More tickets than an answer lists of one position.
const MANY: i64 = 101;

/// Follows `page.next` to the end; returns one field of every entry.
async fn walk(fixture: &Fixture, path: &str, field: &str) -> Vec<String> {
    let (mut found, mut next) = (Vec::new(), None::<String>);
    for _ in 0..50 {
        let cursor = next.as_ref().map(|next| format!("&cursor={next}")).unwrap_or_default();
        let page = fixture.get(&format!("{path}{cursor}")).await;
        assert_eq!(page.status, 200, "{}", page.body);
        found.extend(page.body["data"].as_array().unwrap().iter().map(|entry| entry[field].as_str().unwrap().to_owned()));
        match &page.body["page"]["next"] {
            Value::String(text) => next = Some(text.clone()),
            _ => return found,
        }
    }
    panic!("{path} has no end");
}

fn addresses(numbers: impl IntoIterator<Item = u8>) -> Vec<String> {
    numbers.into_iter().map(|number| checksum(&node(number))).collect()
}

#[tokio::test]
async fn every_order_lists_every_node_once() {
    let mut fixture = Fixture::start().await;
    for number in 1..=5 {
        fixture.chain.register(node(number)).mine(12).await;
    }
    // Stakes 30, 10, 10, 50, 0; the fourth is closed, so it has no room.
    for (number, amount) in [(1, 30), (2, 10), (3, 10), (4, 50)] {
        fixture.chain.stake(node(number), staker(1), link(amount));
    }
    fixture.chain.set_status(node(4), NodeStatus::Closed).mine(12).await;
    for (sort, expected) in [
        ("created", [1, 2, 3, 4, 5]),
        ("-created", [5, 4, 3, 2, 1]),
        ("stake", [5, 2, 3, 1, 4]),
        ("-stake", [4, 1, 3, 2, 5]),
        ("available", [4, 1, 2, 3, 5]),
        ("-available", [5, 3, 2, 1, 4]),
    ] {
        for limit in [1, 2, 500] {
            assert_eq!(
                walk(&fixture, &format!("/api/v1/nodes?sort={sort}&limit={limit}"), "address").await,
                addresses(expected),
                "{sort} {limit}"
            );
        }
    }
}

#[tokio::test]
async fn the_order_by_room_is_the_order_of_the_room_shown() {
    let mut fixture = Fixture::start().await;
    for number in 1..=5 {
        fixture.chain.register(node(number));
    }
    // The first is closed and empty, the second has half a LINK of room, the third and fourth an odd price after a penalty.
    fixture.chain.set_status(node(1), NodeStatus::Closed).stake(node(2), staker(1), link(100_000) - link(1) / 2);
    fixture.chain.stake(node(3), staker(1), link(7)).penalise(node(3), 333).stake(node(3), staker(2), link(3) + 1);
    fixture.chain.stake(node(4), staker(1), link(7)).penalise(node(4), 334).stake(node(4), staker(2), link(3) + 1);
    fixture.chain.mine(12).await;
    let available = async |sort: &str| -> Vec<u128> {
        let nodes = fixture.data(&format!("/api/v1/nodes?sort={sort}")).await;
        nodes.as_array().unwrap().iter().map(|node| node["available_juels"].as_str().unwrap().parse().unwrap()).collect()
    };
    let rising = available("available").await;
    assert!(rising.is_sorted(), "{rising:?}");
    assert_eq!((rising[..2].to_vec(), rising[4]), (vec![0, 0], link(100_000)));
    assert!(rising[2] < rising[3], "a larger penalty leaves more room: {rising:?}");
    let mut falling = available("-available").await;
    falling.reverse();
    assert_eq!(falling, rising);
}

#[tokio::test]
async fn nodes_are_found_by_status_and_by_the_first_digits() {
    let mut fixture = Fixture::start().await;
    fixture
        .chain
        .register(node(0x11))
        .register(node(0x12))
        .register(node(0x21))
        .set_status(node(0x21), NodeStatus::Retired)
        .mine(12)
        .await;
    assert_eq!(walk(&fixture, "/api/v1/nodes?sort=created&q=0x1", "address").await, addresses([0x11, 0x12]));
    assert_eq!(walk(&fixture, "/api/v1/nodes?q=121", "address").await, addresses([0x12]));
    assert_eq!(walk(&fixture, "/api/v1/nodes?status=retired", "address").await, addresses([0x21]));
    assert_eq!(walk(&fixture, "/api/v1/nodes?status=closed", "address").await, Vec::<String>::new());
}

#[tokio::test]
async fn a_node_that_appears_between_two_pages_moves_nothing() {
    let mut fixture = Fixture::start().await;
    fixture.chain.register(node(1)).register(node(2)).register(node(3)).mine(12).await;
    let first = fixture.get("/api/v1/nodes?limit=2").await.body;
    fixture.chain.register(node(4)).mine(12).await;
    let next = first["page"]["next"].as_str().unwrap();
    let second = fixture.get(&format!("/api/v1/nodes?limit=2&cursor={next}")).await.body;
    let seen: Vec<&str> = [&first, &second]
        .iter()
        .flat_map(|page| page["data"].as_array().unwrap())
        .map(|node| node["address"].as_str().unwrap())
        .collect();
    assert_eq!(seen, addresses([3, 2, 1]));
    assert_eq!(second["page"]["next"], Value::Null);
    assert_eq!(second["page"]["limit"], 2);
}

#[tokio::test]
async fn the_stakes_of_a_node_come_largest_first_with_their_tickets() {
    let mut fixture = Fixture::start().await;
    fixture.chain.register(node(1)).mine(12).await;
    for (number, amount) in [(1, 5), (2, 9), (3, 5), (4, 7)] {
        fixture.chain.stake(node(1), staker(number), link(amount));
    }
    fixture.chain.unbond(node(1), staker(4), 0, link(1)).unbond(node(1), staker(2), 0, link(9)).mine(12).await;
    let path = format!("/api/v1/nodes/{}/stakes?limit=1", node(1));
    // The second unbonded everything, so it is no longer a stake here.
    let expected: Vec<String> = [4, 1, 3].map(|number| checksum(&staker(number))).into();
    assert_eq!(walk(&fixture, &path, "staker").await, expected);
    let first = fixture.data(&path).await[0].clone();
    assert_eq!(
        (&first["active_stake_juels"], &first["tickets"][0]["value_juels"]),
        (&link(6).to_string().into(), &link(1).to_string().into())
    );
}

#[tokio::test]
async fn many_tickets_of_one_staker_cost_no_other_theirs_and_are_counted_though_they_are_not_listed() {
    let mut fixture = Fixture::start().await;
    fixture.chain.register(node(1)).stake(node(1), staker(1), link(500)).stake(node(1), staker(2), link(5)).mine(12).await;
    for ticket in 0..MANY {
        fixture.chain.unbond(node(1), staker(1), ticket, link(1));
    }
    fixture.chain.unbond(node(1), staker(2), 0, link(1)).mine(12).await;
    let stakes = fixture.data(&format!("/api/v1/nodes/{}/stakes", node(1))).await;
    let seen = |position: &Value| (position["tickets"].as_array().unwrap().len(), position["tickets_complete"] == true);
    assert_eq!((seen(&stakes[0]), seen(&stakes[1])), ((100, false), (1, true)));
    let staker = fixture.data(&format!("/api/v1/stakers/{}", staker(1))).await;
    assert_eq!((seen(&staker["positions"][0]), &staker["positions"][0]["tickets"][0]["index"]), ((100, false), &Value::from(0)));
    let unbonding = link(MANY as u128).to_string();
    assert_eq!((&staker["unbonding_stake_juels"], &staker["withdrawable_juels"]), (&unbonding.into(), &"0".into()));
}

#[tokio::test]
async fn the_log_comes_newest_first_and_filtered() {
    let mut fixture = Fixture::start().await;
    fixture.chain.register(node(1)).register(node(2)).mine(12).await;
    fixture
        .chain
        .stake(node(1), staker(1), link(2))
        .stake(node(2), staker(1), link(2))
        .stake(node(2), staker(2), link(2))
        .mine(12)
        .await;
    fixture.chain.reward(node(2), link(1)).mine(12).await;
    let all = ["RewardDeposited", "Staked", "Staked", "Staked", "NodeRegistered", "NodeRegistered", "PoolCreated"];
    for limit in [1, 3, 500] {
        assert_eq!(walk(&fixture, &format!("/api/v1/events?limit={limit}"), "type").await, all);
    }
    let count = async |path: &str| fixture.data(path).await.as_array().unwrap().len();
    assert_eq!(count("/api/v1/events?from_block=13").await, 4);
    assert_eq!(count(&format!("/api/v1/events?node={}", node(2))).await, 4);
    assert_eq!(count(&format!("/api/v1/events?node={}&staker={}&type=Staked", node(2), staker(1))).await, 1);
    assert_eq!(count(&format!("/api/v1/nodes/{}/events", node(2))).await, 4);
    assert_eq!(count(&format!("/api/v1/nodes/{}/events?type=Staked&limit=1", node(2))).await, 1);
    assert_eq!(count("/api/v1/events?type=Paused").await, 0);
}

#[tokio::test]
async fn the_log_is_csv_for_those_who_ask_for_it() {
    let mut fixture = Fixture::start().await;
    fixture.chain.register(node(1)).stake(node(1), staker(1), link(2)).mine(12).await;
    let page = answer(fixture.send("/api/v1/events?limit=2", &[("accept", "text/csv")]).await).await;
    assert_eq!(page.header("content-type"), "text/csv; charset=utf-8; header=present");
    let text = page.body.as_str().unwrap();
    let lines: Vec<&str> = text.split("\r\n").collect();
    assert_eq!(lines.len(), 4, "{text}");
    assert!(lines[0].starts_with("id,block_number,block_hash,"));
    let fields: Vec<&str> = lines[1].split(',').collect();
    assert_eq!(fields.len(), lines[0].split(',').count());
    assert_eq!((fields[6], fields[8], fields[11]), ("Staked", checksum(&staker(1)).as_str(), link(2).to_string().as_str()));
    let link = page.header("link").strip_prefix('<').unwrap().strip_suffix(">; rel=\"next\"").unwrap().to_owned();
    let rest = answer(fixture.send(&link, &[("accept", "text/csv")]).await).await;
    assert!(rest.body.as_str().unwrap().contains("PoolCreated"));
    assert_eq!(rest.header("link"), "");
}
