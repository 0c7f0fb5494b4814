//! docs/dashboards.md and the Grafana board: every query is run as the user that people get, and every column stands in the page.

use std::{
    collections::BTreeSet,
    io::Write,
    process::{Command, Stdio},
};

use linkpool_db::{
    columns::{NodeFields, PositionFields, TicketFields},
    contract_event::ContractEvent,
    deployment::Deployment,
    event::EventRow,
    grants::rights_of,
};
use linkpool_primitives::{Address, BlockRef, ContractEventKind, EventKind, NodeStatus, checksum};
use serde_json::json;

use crate::{
    grants::Server,
    read::{batch, block},
};

const PAGE: &str = include_str!("../../../../docs/dashboards.md");
const BOARD: &str = include_str!("../../../../docs/grafana-pool.json");
const USER: &str = "linkpool_dashboard";
const OWNER: Address = Address::repeat_byte(3);
const LINK: u128 = 1_000_000_000_000_000_000;

fn registered(node: Address) -> EventRow {
    let after_node = NodeFields {
        node_index: Some(0),
        proof: Some(1),
        registered_at: Some(1),
        status: Some(NodeStatus::Active),
        cap_link: Some(100),
        penalty_until: Some(0),
        retired_at: Some(0),
        total_shares: Some(0),
        assets: Some(0),
        active_shares: Some(0),
        acc_per_share: Some(0),
        unvested: Some(0),
        vest_end: Some(0),
        last_update: Some(0),
        penalty_bps: Some(0),
        penalty_slot: Some(0),
        bucket_level: Some(0),
        bucket_at: Some(0),
    };
    EventRow { node: Some(node), after_node, ..EventRow::new(EventKind::NodeRegistered) }
}

/// A node with a stake of 10 LINK, of which 4 unbond, and a reward that vests.
async fn server() -> Server {
    let server = Server::start().await;
    let database = server.owner().await;
    let (node, staker) = (Address::repeat_byte(1), Address::repeat_byte(2));
    let deployment = Deployment {
        chain_id: 1,
        pool: Address::repeat_byte(9),
        token: Address::repeat_byte(8),
        start: block(10, 1),
        unbonding_seconds: 100,
        vest_seconds: 10,
        max_fee_bps: 2_000,
        first_owner: Some(OWNER),
    };
    database.follow(&deployment).await.unwrap();
    let shares = |active: u128| NodeFields {
        total_shares: Some(10 * LINK),
        assets: Some(10 * LINK),
        active_shares: Some(active),
        ..NodeFields::default()
    };
    let own = |kind| EventRow { node: Some(node), staker: Some(staker), ..EventRow::new(kind) };
    let staked = EventRow {
        amount: Some(10 * LINK),
        shares: Some(10 * LINK),
        after_node: shares(10 * LINK),
        after_position: PositionFields { position_shares: Some(10 * LINK), position_debt: Some(0) },
        ..own(EventKind::Staked)
    };
    let reward = EventRow {
        node: Some(node),
        amount: Some(LINK),
        fee: Some(0),
        after_node: NodeFields {
            acc_per_share: Some(0),
            unvested: Some(LINK),
            vest_end: Some(block(12, 1).timestamp as i64),
            last_update: Some(block(11, 1).timestamp as i64),
            ..NodeFields::default()
        },
        ..EventRow::new(EventKind::RewardDeposited)
    };
    let unbonded = EventRow {
        ticket: Some(0),
        shares: Some(4 * LINK),
        after_node: shares(6 * LINK),
        after_position: PositionFields { position_shares: Some(6 * LINK), position_debt: Some(0) },
        after_ticket: TicketFields { ticket_shares: Some(4 * LINK), ready_at: Some(1) },
        ..own(EventKind::Unbonded)
    };
    let first = batch(block(10, 1), block(11, 1), 0, vec![registered(node), staked, reward]);
    database.append(&block(10, 1), &first).await.unwrap();
    let mut second = batch(block(11, 1), block(12, 1), 0, vec![unbonded]);
    second.followed.events.push(announced(block(12, 1)));
    server.run(&format!(
        "insert into followed_contract (contract, kind, node, joined_block) values ('\\x{}', 'operator', '\\x{}', 0)",
        "0e".repeat(20),
        "01".repeat(20)
    ));
    second.followed.events.push(asked(block(12, 1)));
    database.append(&block(11, 1), &second).await.unwrap();
    server
}

fn announced(at: BlockRef) -> ContractEvent {
    ContractEvent {
        block_number: at.number,
        log_index: 50,
        block_hash: at.hash,
        block_time: at.timestamp,
        transaction_hash: at.hash,
        contract: OWNER,
        kind: ContractEventKind::CallScheduled,
        operation: Some(at.hash),
        detail: json!({ "index": 0, "description": "do it", "delay_seconds": 60, "ready_at": at.timestamp + 60, "predecessor": at.hash }),
    }
}

fn asked(at: BlockRef) -> ContractEvent {
    let detail = json!({
        "spec_id": at.hash, "requester": checksum(&OWNER), "payment_juels": (2 * LINK).to_string(), "expires_at": at.timestamp + 300,
    });
    let (contract, kind) = (Address::repeat_byte(0x0e), ContractEventKind::OracleRequest);
    ContractEvent { log_index: 51, contract, kind, detail, ..announced(at) }
}

/// The queries of the page.
fn queries() -> Vec<&'static str> {
    PAGE.split("```sql\n").skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

fn ask(server: &Server, sql: &str) -> Vec<String> {
    server.postgres.run("linkpool", &format!("set role {USER}; {sql}")).unwrap_or_else(|error| panic!("{sql}: {error}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_query_of_the_page_and_of_the_board_has_rows_for_the_user_that_people_get() {
    let server = server().await;
    let queries = queries();
    assert_eq!(queries.len(), 11);
    for query in queries {
        let rows = ask(&server, query);
        assert!(!rows.is_empty() && rows.iter().all(|row| !row.is_empty()), "{query}: {rows:?}");
    }
    let board: serde_json::Value = serde_json::from_str(BOARD).unwrap();
    let panels = board["panels"].as_array().unwrap();
    assert!(panels.len() >= 10);
    for panel in panels {
        let query = panel["targets"][0]["rawSql"].as_str().unwrap();
        // What Grafana's macro becomes.
        let (mut filled, mut rest) = (String::new(), query);
        while let Some((before, behind)) = rest.split_once("$__timeFilter(") {
            let (column, after) = behind.split_once(')').unwrap();
            filled += &format!("{before}{column} between '1970-01-01T00:00:00Z' and '2100-01-01T00:00:00Z'");
            rest = after;
        }
        filled += rest;
        assert!(!ask(&server, &filled).is_empty(), "{}", panel["title"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_column_of_every_view_stands_in_the_page_and_what_it_says_is_so() {
    let server = server().await;
    for right in rights_of(USER) {
        let view = right.object;
        let table = PAGE
            .split("\n\n")
            .find(|part| part.lines().next().is_some_and(|line| line.starts_with('|') && line.contains(&format!("`{view}`"))));
        let named: BTreeSet<&str> =
            table.unwrap_or_else(|| panic!("{view} has no table")).split('`').skip(1).step_by(2).collect();
        for column in server.run(&format!("select column_name from information_schema.columns where table_name = '{view}'")) {
            assert!(named.contains(column.as_str()), "the page does not say what {view}.{column} is");
        }
    }
    let seen =
        ask(&server, "select active_stake_link::int || ' ' || unbonding_stake_link::int || ' ' || stakers from public_node");
    assert_eq!(seen, ["6 4 1"]);
    assert_eq!(ask(&server, "select value_link::int || ' ' || is_ready from public_ticket"), ["4 true"]);
    assert_eq!(
        ask(&server, "select state || ' ' || description || ' ' || (ready_at - scheduled_at) from public_announcement"),
        ["waiting do it 00:01:00"]
    );
    assert_eq!(ask(&server, "select state || ' ' || is_due || ' ' || payment_link::int from public_request"), ["open false 2"]);
    assert_eq!(ask(&server, "select requests || ' ' || others || ' ' || earned_link::int from public_node_earnings"), ["0 1 0"]);
    assert_eq!(
        ask(&server, "select stake_link::int || ' ' || rewards_link::int from public_pool_history where period = 'day'"),
        ["10 1"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_user_sees_the_views_and_no_table() {
    let server = server().await;
    for sql in [
        "select from node",
        "select from event",
        "select from fleet_node",
        "select from _sqlx_migrations",
        "select rebuild_history()",
    ] {
        let said = server.postgres.run("linkpool", &format!("set role {USER}; {sql}")).unwrap_err().to_string();
        assert!(said.contains("permission denied"), "{sql}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_line_that_gives_the_user_a_password_gives_it_the_one_that_is_typed() {
    let server = Server::start().await;
    let line = PAGE.split("```sh\n").nth(1).and_then(|rest| rest.split("\n```").next()).unwrap();
    let password = format!("select coalesce(rolpassword, 'none') from pg_authid where rolname = '{USER}'");
    assert_eq!(server.run(&password), ["none"]);
    // Without a terminal, what is typed comes from the input.
    let mut psql = Command::new("setsid");
    psql.args(["--wait", "bash", "-c", line]).env("OWNER_URL", &server.owner).stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut psql = psql.spawn().unwrap();
    psql.stdin.take().unwrap().write_all(b"of-the-page\nof-the-page\n").unwrap();
    let output = psql.wait_with_output().unwrap();
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    assert!(server.run(&password)[0].starts_with("SCRAM-SHA-256$"));
}
