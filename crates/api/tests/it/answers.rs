//! What each path answers, figure by figure.

use linkpool_accounting as accounting;
use linkpool_primitives::{NodeStatus, checksum};
use serde_json::{Value, json};

use crate::{
    chain_fixture::{GENESIS, UNBONDING, hash, link, node, staker, transaction},
    fixture::Fixture,
};

fn hex(hash: linkpool_primitives::B256) -> String {
    format!("0x{hash:x}").replace("0x0x", "0x")
}

/// Block 11: the pool. 12: two nodes. 13: 60,000 and 1,000 LINK on the first. 14: a reward of 1,000. 15: half a week later.
async fn a_pool_with_a_reward() -> Fixture {
    let mut fixture = Fixture::start().await;
    let chain = &mut fixture.chain;
    chain.register(node(1)).register(node(2)).mine(12).await;
    chain.stake(node(1), staker(1), link(60_000)).stake(node(1), staker(2), link(1_000)).mine(12).await;
    chain.reward(node(1), link(1_000)).mine(12).await;
    chain.mine(302_400).await;
    fixture
}

#[tokio::test]
async fn the_envelope_names_the_block_the_figures_hold_at() {
    let mut fixture = Fixture::start().await;
    let meta = fixture.get("/api/v1/config").await.body["meta"].clone();
    assert_eq!(
        meta,
        json!({ "as_of": { "block_number": 11, "block_hash": hex(hash(11, 0)), "block_timestamp": "2026-11-22T11:02:12Z" }, "finalized": false, "stale": false })
    );
    fixture.chain.finalized = 12;
    fixture.chain.mine(12).await;
    let meta = fixture.get("/api/v1/config").await.body["meta"].clone();
    assert_eq!((&meta["as_of"]["block_number"], &meta["finalized"]), (&json!(12), &json!(true)));
}

#[tokio::test]
async fn config_says_what_a_wallet_needs_to_know() {
    let fixture = Fixture::start().await;
    assert_eq!(
        fixture.data("/api/v1/config").await,
        json!({
            "chain_id": 31337, "chain_name": "Development chain",
            "pool_address": checksum(&linkpool_primitives::Address::repeat_byte(0xee)),
            "earnings_factory_address": null,
            "token_address": checksum(&linkpool_primitives::Address::repeat_byte(0xdd)),
            "token_symbol": "LINK", "token_decimals": 18, "currency_symbol": "ETH", "explorer_url": null, "deploy_block": 11, "abi_hash": "0xab",
            "unbonding_seconds": 2419200, "vest_seconds": 604800, "fee_bps": 400, "max_fee_bps": 2000,
            "default_cap_juels": "100000000000000000000000", "min_active_shares": "1000000000000000000",
            "dev_mode": false, "version": env!("CARGO_PKG_VERSION"),
        })
    );
}

#[tokio::test]
async fn status_says_how_far_the_index_is() {
    let fixture = a_pool_with_a_reward().await;
    let mut status = fixture.data("/api/v1/status").await;
    assert!(status["lag_seconds"].is_u64());
    status["lag_seconds"] = json!(0);
    assert_eq!(
        status,
        json!({
            "version": env!("CARGO_PKG_VERSION"), "chain_id": 31337, "state": "ok", "severity": "ok", "detail": null, "action": null,
            "indexed": { "block_number": 15, "block_hash": hex(hash(15, 0)), "block_timestamp": "2026-11-25T23:02:48Z" },
            "head_block": 15, "safe_block": 0, "finalized_block": 0, "lag_blocks": 0, "lag_seconds": 0, "events_indexed": 6,
            "dead_letters": { "count": 0, "newest_block": null, "newest_reason": null }, "verification": null, "endpoints": [],
        })
    );
}

#[tokio::test]
async fn the_pool_adds_up_its_nodes() {
    let fixture = a_pool_with_a_reward().await;
    let mut pool = fixture.data("/api/v1/pool").await;
    let rate = pool["reward_rate"].take();
    assert_eq!(
        pool,
        json!({
            "stake_juels": link(61_000).to_string(), "active_stake_juels": link(61_000).to_string(), "unbonding_stake_juels": "0",
            "capacity_juels": link(200_000).to_string(), "available_juels": link(139_000).to_string(), "utilisation_bps": 3050,
            "nodes": { "active": 2, "closed": 0, "retired": 0 }, "stakers": 2, "fee_bps": 400, "fees_owed_juels": link(40).to_string(),
            "rewards_deposited_juels": link(1_000).to_string(),
            "rewards_earned_juels": link(960).to_string(), "rewards_claimed_juels": "0", "rewards_vesting_juels": (link(480) + link(480) % 61_000).to_string(),
            "accounted_juels": link(62_000).to_string(), "paused_until": null, "reward_rate": null,
        })
    );
    // What does not divide by the 61,000 active LINK stays unvested.
    // Half of 960 LINK net vested in half a week and the 36 s of history before it.
    let expected = accounting::annual_bps_down(link(480) - link(480) % 61_000, 302_400 + 36, link(61_000));
    assert_eq!(
        rate,
        json!({ "annual_bps": expected, "window_seconds": 302_436, "formula": "net rewards vested in window / active stake, annualised" })
    );
}

#[tokio::test]
async fn the_reward_rate_looks_back_a_week_and_no_further() {
    let mut fixture = a_pool_with_a_reward().await;
    // Everything vested by here, and all but the last day of it before the window.
    fixture.chain.mine(302_400 - 86_400 + 7 * 86_400).await;
    let rate = fixture.data("/api/v1/pool").await["reward_rate"].clone();
    assert_eq!(rate["window_seconds"], 604_800);
    let last_day = link(960) / 7;
    let expected = accounting::annual_bps_down(last_day, 604_800, link(61_000)).unwrap();
    assert_eq!(rate["annual_bps"].as_u64().unwrap(), expected);
}

#[tokio::test]
async fn a_young_pool_promises_no_rate() {
    let mut fixture = Fixture::start().await;
    fixture.chain.register(node(1)).stake(node(1), staker(1), link(10)).reward(node(1), link(1)).mine(12).await;
    assert_eq!(fixture.data("/api/v1/pool").await["reward_rate"]["annual_bps"], Value::Null);
}

#[tokio::test]
async fn a_node_shows_its_stake_its_room_and_its_registration() {
    let fixture = a_pool_with_a_reward().await;
    // Since it is there: 24 s more than half a week.
    let rate = accounting::annual_bps_down(link(480) - link(480) % 61_000, 302_424, link(61_000));
    let first = json!({
        "address": checksum(&node(1)), "name": null, "uptime": null, "index": 0, "status": "active", "stake_juels": link(61_000).to_string(),
        "active_stake_juels": link(61_000).to_string(), "unbonding_stake_juels": "0", "cap_juels": link(100_000).to_string(),
        "available_juels": link(39_000).to_string(), "utilisation_bps": 6100, "stakers": 2, "total_shares": link(61_000).to_string(),
        "active_shares": link(61_000).to_string(), "rewards_deposited_juels": link(1_000).to_string(),
        "rewards_earned_juels": link(960).to_string(), "rewards_claimed_juels": "0",
        "reward_rate": { "annual_bps": rate, "window_seconds": 302_424, "formula": "net rewards vested in window / active stake, annualised" },
        "rewards_unvested_juels": (link(480) + link(480) % 61_000).to_string(),
        "vest_end": linkpool_primitives::rfc3339(GENESIS + 168 + 604_800), "registered_at": "2026-11-22T11:02:24Z", "registered_block": 12,
        "registered_tx": hex(transaction(12, 0)), "proof": "signature", "penalty_until": null, "retired_at": null,
        "price_wad_down": "1000000000000000000", "finalized": false, "updated_block": 14, "work": null,
    });
    assert_eq!(fixture.data(&format!("/api/v1/nodes/{}", node(1))).await, first);
    assert_eq!(fixture.data("/api/v1/nodes?sort=created&limit=1").await, json!([first]));
}

#[tokio::test]
async fn a_penalty_lowers_the_price_and_opens_no_room_in_a_closed_node() {
    let mut fixture = a_pool_with_a_reward().await;
    fixture.chain.penalise(node(1), 1_000).set_status(node(1), NodeStatus::Closed).mine(12).await;
    let node = fixture.data(&format!("/api/v1/nodes/{}", node(1))).await;
    assert_eq!(
        (&node["status"], &node["stake_juels"], &node["price_wad_down"], &node["available_juels"]),
        (&json!("closed"), &json!(link(54_900).to_string()), &json!("900000000000000000"), &json!("0"))
    );
}

#[tokio::test]
async fn a_staker_sees_stake_tickets_and_vested_rewards() {
    let mut fixture = a_pool_with_a_reward().await;
    fixture.chain.unbond(node(1), staker(1), 0, link(20_000)).mine(12).await;
    let before = fixture.data(&format!("/api/v1/stakers/{}", staker(1))).await;
    let ready_at = fixture.chain.at.timestamp + UNBONDING;
    assert_eq!(
        before["positions"][0]["tickets"],
        json!([{ "index": 0, "shares": link(20_000).to_string(), "value_juels": link(20_000).to_string(),
            "ready_at": linkpool_primitives::rfc3339(ready_at), "ready": false }])
    );
    assert_eq!(
        (&before["withdrawable_juels"], &before["unbonding_stake_juels"]),
        (&json!("0"), &json!(link(20_000).to_string()))
    );

    fixture.chain.mine(UNBONDING).await;
    let after = fixture.data(&format!("/api/v1/stakers/{}", staker(1))).await;
    assert_eq!(after["positions"][0]["tickets"][0]["ready"], true);
    assert_eq!(after["withdrawable_juels"], link(20_000).to_string());
    assert_eq!(after["stake_juels"], link(60_000).to_string());
    // Everything has vested: 960 LINK, of which the first half to 61,000 shares and the rest to 41,000.
    let rewards: u128 = after["rewards_juels"].as_str().unwrap().parse().unwrap();
    let expected = link(480) * 60_000 / 61_000 + link(480) * 40_000 / 41_000;
    assert!(rewards.abs_diff(expected) < link(1) / 100, "{rewards} is not {expected}");
    let other = fixture.data(&format!("/api/v1/stakers/{}", staker(2))).await;
    let theirs: u128 = other["rewards_juels"].as_str().unwrap().parse().unwrap();
    assert!(
        rewards + theirs <= link(960) && rewards + theirs > link(960) - 100_000,
        "all that vested belongs to the two: {rewards} + {theirs}"
    );
}

#[tokio::test]
async fn a_retired_node_lets_everybody_go_an_unbonding_time_later() {
    let mut fixture = a_pool_with_a_reward().await;
    fixture.chain.set_status(node(1), NodeStatus::Retired).mine(12).await;
    let retired_at = fixture.chain.at.timestamp;
    fixture.chain.mine(100).await;
    fixture.chain.unbond(node(1), staker(2), 0, link(1_000)).mine(12).await;
    let path = format!("/api/v1/stakers/{}", staker(2));
    let ticket = fixture.data(&path).await["positions"][0]["tickets"][0].clone();
    assert_eq!(ticket["ready_at"], linkpool_primitives::rfc3339(retired_at + UNBONDING).unwrap());
    fixture.chain.mine(UNBONDING - 112).await;
    assert_eq!(fixture.data(&path).await["withdrawable_juels"], link(1_000).to_string());
    let active = fixture.data(&format!("/api/v1/stakers/{}", staker(1))).await;
    assert_eq!(active["withdrawable_juels"], link(60_000).to_string(), "active stake of a retired node leaves without a ticket");
}

#[tokio::test]
async fn whoever_never_staked_has_nothing() {
    let fixture = Fixture::start().await;
    assert_eq!(
        fixture.data(&format!("/api/v1/stakers/{}", staker(9))).await,
        json!({ "address": checksum(&staker(9)), "nodes": 0, "rewards_claimed_juels": "0", "rewards_earned_juels": "0",
            "reward_rate": { "annual_bps": null, "window_seconds": 0, "formula": "the rates of its nodes, weighted by its active stake on each" },
            "stake_juels": "0", "active_stake_juels": "0", "unbonding_stake_juels": "0",
            "withdrawable_juels": "0", "rewards_juels": "0", "positions": [] })
    );
}

#[tokio::test]
async fn an_event_carries_what_changed_and_what_is() {
    let fixture = a_pool_with_a_reward().await;
    let events = fixture.data("/api/v1/events?type=Staked").await;
    assert_eq!(
        events[1],
        json!({
            "id": format!("13-0-{}", &hex(hash(13, 0))[2..10]), "block_number": 13, "block_hash": hex(hash(13, 0)),
            "block_timestamp": "2026-11-22T11:02:36Z", "transaction_hash": hex(transaction(13, 0)), "log_index": 0, "type": "Staked",
            "node": checksum(&node(1)), "staker": checksum(&staker(1)), "account": null, "ticket": null,
            "amount_juels": link(60_000).to_string(), "fee_juels": null, "shares": link(60_000).to_string(),
            "after": {
                "total_shares": link(60_000).to_string(), "assets": link(60_000).to_string(), "active_shares": link(60_000).to_string(),
                "acc_per_share": "0", "unvested": "0", "vest_end": 0, "last_update": 0,
                "position_shares": link(60_000).to_string(), "position_debt": "0", "accounted": link(60_000).to_string(),
            },
            "detail": null, "finalized": false,
        })
    );
}

#[tokio::test]
async fn an_event_that_moves_shares_says_what_they_were_worth_then() {
    let mut fixture = a_pool_with_a_reward().await;
    fixture.chain.unbond(node(1), staker(1), 0, link(20_000)).mine(12).await;
    fixture.chain.penalise(node(1), 1_000).unbond(node(1), staker(1), 1, link(7) + 3).mine(12).await;
    fixture.chain.stake(node(1), staker(2), link(5)).mine(12).await;
    let events = fixture.data("/api/v1/events?type=Unbonded").await;
    let amounts =
        |events: &Value| -> Vec<Value> { events.as_array().unwrap().iter().map(|event| event["amount_juels"].clone()).collect() };
    // 61,000 LINK belonged to as many shares; a tenth of it was taken before the second. 3 juels of shares are worth 2.7.
    let expected = vec![json!((link(7) * 9 / 10 + 2).to_string()), json!(link(20_000).to_string())];
    assert_eq!(amounts(&events), expected);
    let path = format!("/api/v1/nodes/{}/events?type=Unbonded", node(1));
    assert_eq!(amounts(&fixture.data(&path).await), expected, "on the node's page");
    let hash = events[0]["transaction_hash"].as_str().unwrap();
    let transaction = fixture.data(&format!("/api/v1/transactions/{hash}")).await;
    let unbonded: Vec<&Value> =
        transaction["events"].as_array().unwrap().iter().filter(|event| event["type"] == "Unbonded").collect();
    assert_eq!(unbonded[0]["amount_juels"], expected[0], "in its transaction");
}

#[tokio::test]
async fn a_transaction_goes_from_unknown_to_indexed_to_finalized() {
    let mut fixture = Fixture::start().await;
    let path = format!("/api/v1/transactions/{}", hex(transaction(12, 0)));
    assert_eq!(
        fixture.data(&path).await,
        json!({ "hash": hex(transaction(12, 0)), "state": "unknown", "block_number": null, "events": [] })
    );
    fixture.chain.register(node(1)).mine(12).await;
    let indexed = fixture.data(&path).await;
    assert_eq!(
        (&indexed["state"], &indexed["block_number"], &indexed["events"][0]["type"]),
        (&json!("indexed"), &json!(12), &json!("NodeRegistered"))
    );
    fixture.chain.finalized = 12;
    fixture.chain.mine(12).await;
    assert_eq!(fixture.data(&path).await["state"], "finalized");
}

#[tokio::test]
async fn what_was_earned_is_what_can_be_claimed_and_what_was_claimed_and_the_sums_are_those_of_the_positions() {
    let mut fixture = a_pool_with_a_reward().await;
    fixture.chain.stake(node(2), staker(1), link(7)).penalise(node(1), 333).mine(12).await;
    let path = format!("/api/v1/stakers/{}", staker(1));
    let before = fixture.data(&path).await;
    let claimed = fixture.chain.claim(node(1), staker(1));
    fixture.chain.mine(12).await;
    let after = fixture.data(&path).await;
    assert_eq!(after["rewards_claimed_juels"], claimed.to_string());
    assert!(claimed > 0 && before["rewards_claimed_juels"] == "0");
    let amount = |value: &Value, name: &str| -> u128 { value[name].as_str().unwrap().parse().unwrap() };
    assert_eq!(amount(&after, "rewards_earned_juels"), claimed + amount(&after, "rewards_juels"));
    // The database adds up what this program computes position by position.
    let positions = after["positions"].as_array().unwrap();
    assert_eq!((positions.len(), &after["nodes"]), (2, &json!(2)));
    for name in ["active_stake_juels", "rewards_juels", "rewards_claimed_juels", "rewards_earned_juels"] {
        let sum: u128 = positions.iter().map(|position| amount(position, name)).sum();
        assert_eq!(amount(&after, name), sum, "{name}");
    }
    assert_eq!(fixture.data(&format!("/api/v1/nodes/{}", node(1))).await["rewards_claimed_juels"], claimed.to_string());
    assert_eq!(fixture.data("/api/v1/pool").await["rewards_claimed_juels"], claimed.to_string());
    let stakes = fixture.data(&format!("/api/v1/nodes/{}/stakes", node(1))).await;
    assert_eq!(stakes[0]["rewards_claimed_juels"], claimed.to_string());
    let rate = fixture.data(&format!("/api/v1/nodes/{}", node(1))).await["reward_rate"]["annual_bps"].clone();
    assert_eq!(after["reward_rate"]["annual_bps"].as_u64().unwrap(), weighed(&rate, &after));
}

/// The second node earned nothing: its rate is 0 a year.
fn weighed(rate: &Value, staker: &Value) -> u64 {
    let stake = |position: &Value| position["active_stake_juels"].as_str().unwrap().parse::<u128>().unwrap();
    let positions = staker["positions"].as_array().unwrap();
    let all: u128 = positions.iter().map(stake).sum();
    u64::try_from(u128::from(rate.as_u64().unwrap()) * stake(&positions[0]) / all).unwrap()
}
