//! Stake, stakers and rewards, hour by hour and day by day, without gaps.

use linkpool_primitives::NodeStatus;
use serde_json::{Value, json};

use crate::{
    chain_fixture::{link, node, staker},
    fixture::Fixture,
};

const HOUR: u64 = 3_600;

/// 11:02 two nodes and a stake, 13:02 a reward, 14:02 everything unbonded, and it is 16:02 now.
async fn an_afternoon() -> Fixture {
    let mut fixture = Fixture::start().await;
    let chain = &mut fixture.chain;
    chain.register(node(1)).register(node(2)).stake(node(1), staker(1), link(100)).mine(12).await;
    chain.reward(node(1), link(7)).mine(2 * HOUR).await;
    chain.unbond(node(1), staker(1), 0, link(100)).mine(HOUR).await;
    chain.mine(2 * HOUR).await;
    fixture
}

fn column(points: &Value, name: &str) -> Vec<Value> {
    points.as_array().unwrap().iter().map(|point| point[name].clone()).collect()
}

#[tokio::test]
async fn an_hour_in_which_nothing_happened_repeats_the_one_before() {
    let fixture = an_afternoon().await;
    let points = fixture.data("/api/v1/history?interval=1h").await;
    assert_eq!(points.as_array().unwrap().len(), 6, "{points}");
    assert_eq!(
        points[1],
        json!({ "starts_at": "2026-11-22T12:00:00Z", "ends_at": "2026-11-22T13:00:00Z", "stake_juels": link(100).to_string(),
            "active_stake_juels": null, "unbonding_stake_juels": null, "capacity_juels": link(200_000).to_string(), "stakers": 1, "rewards_juels": "0", "rewards_total_juels": "0", "updated_block": 12 })
    );
    assert_eq!(column(&points, "stakers"), [1, 1, 1, 0, 0, 0].map(Value::from));
    let (none, seven) = ("0".to_owned(), link(7).to_string());
    assert_eq!(column(&points, "rewards_juels"), [&none, &none, &seven, &none, &none, &none].map(|text| json!(text)));
    assert_eq!(points[5]["rewards_total_juels"], seven);
}

#[tokio::test]
async fn a_node_has_a_history_of_its_own() {
    let fixture = an_afternoon().await;
    let points = fixture.data(&format!("/api/v1/history?interval=1h&node={}", node(1))).await;
    assert_eq!(column(&points, "active_stake_juels")[2..4], [json!(link(100).to_string()), json!("0")]);
    assert_eq!(column(&points, "unbonding_stake_juels")[2..4], [json!("0"), json!(link(100).to_string())]);
    let other = fixture.data(&format!("/api/v1/history?interval=1d&node={}", node(2))).await;
    assert_eq!((column(&other, "stake_juels"), column(&other, "stakers")), (vec![json!("0")], vec![json!(0)]));
    let unknown = fixture.get(&format!("/api/v1/history?node={}", node(9))).await;
    assert_eq!(unknown.problem(), "not-found");
}

#[tokio::test]
async fn what_the_pool_could_take_is_told_of_each_hour_and_of_each_node() {
    let mut fixture = Fixture::start().await;
    let chain = &mut fixture.chain;
    chain.register(node(1)).mine(12).await;
    chain.register(node(2)).mine(HOUR).await;
    chain.set_status(node(1), NodeStatus::Closed).mine(HOUR).await;
    chain.stake(node(2), staker(1), link(100)).mine(HOUR).await;
    let capacity =
        async |query: &str| column(&fixture.data(&format!("/api/v1/history?interval=1h{query}")).await, "capacity_juels");
    let all = |amounts: [u128; 4]| amounts.map(|amount| json!(link(amount).to_string()));
    assert_eq!(capacity("").await, all([100_000, 200_000, 100_000, 100_000]));
    assert_eq!(capacity(&format!("&node={}", node(1))).await, all([100_000, 100_000, 0, 0]));
    // A page that begins in the middle knows what was before it.
    assert_eq!(capacity("&limit=2").await, all([100_000, 200_000, 100_000, 100_000])[2..]);
}

#[tokio::test]
async fn pages_follow_each_other_without_a_gap() {
    let fixture = an_afternoon().await;
    let whole = fixture.get("/api/v1/history?interval=1h&from=2026-11-22T11:00:00Z").await.body["data"].take();
    let mut joined = Vec::new();
    let mut path = "/api/v1/history?interval=1h&from=2026-11-22T11:00:00Z&limit=4".to_owned();
    loop {
        let page = fixture.get(&path).await;
        joined.extend(page.body["data"].as_array().unwrap().clone());
        let Some(next) = page.body["page"]["next"].as_str() else { break };
        path = format!("/api/v1/history?interval=1h&from=2026-11-22T11:00:00Z&limit=4&cursor={next}");
    }
    assert_eq!(Value::from(joined), whole);
    let bounded = fixture.data("/api/v1/history?interval=1h&from=1795348800&to=2026-11-22T13:30:00Z").await;
    assert_eq!(column(&bounded, "starts_at"), ["2026-11-22T12:00:00Z", "2026-11-22T13:00:00Z"].map(Value::from));
}

#[tokio::test]
async fn a_reorganisation_takes_its_hours_back() {
    let mut fixture = Fixture::start().await;
    fixture.chain.register(node(1)).stake(node(1), staker(1), link(100)).mine(12).await;
    let ancestor = fixture.chain.at;
    fixture.chain.stake(node(1), staker(2), link(50)).reward(node(1), link(7)).mine(600).await;
    let before = fixture.data("/api/v1/history?interval=1h").await;
    assert_eq!((&before[0]["stakers"], &before[0]["stake_juels"]), (&2.into(), &link(150).to_string().into()));
    fixture.chain.reorganise(ancestor).await;
    let after = fixture.data("/api/v1/history?interval=1h").await;
    assert_eq!(
        (&after[0]["stakers"], &after[0]["stake_juels"], &after[0]["rewards_total_juels"]),
        (&1.into(), &link(100).to_string().into(), &"0".into())
    );
}

#[tokio::test]
async fn an_empty_pool_has_no_points_and_a_bad_time_is_refused() {
    let fixture = Fixture::start().await;
    assert_eq!(fixture.data("/api/v1/history").await, json!([]));
    let answer = fixture.get("/api/v1/history?from=noon&interval=1w&limit=2000").await;
    let fields: Vec<&str> =
        answer.body["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect();
    assert_eq!((answer.problem(), fields), ("invalid-parameter", vec!["from", "interval", "limit"]));
}
