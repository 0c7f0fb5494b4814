//! What operators do to a pool: each call once, refused in the contract's own words, or printed for a multisig.

use std::time::Duration;

use alloy::sol_types::SolCall;
use linkpool_contracts::pool::{nodeOfCall, registryCall, requestPenaltyCall, totalsCall};
use linkpool_primitives::{Address, JUELS_PER_LINK};
use linkpool_testkit::fixture::{Contracts, register_node};
use serde_json::Value;

use crate::{fixture::CliFixture, program::assert_refused};

const DAY: Duration = Duration::from_secs(86_400);

async fn accounted(fixture: &CliFixture, contracts: &Contracts) -> u128 {
    fixture.chain.call(contracts.pool, &totalsCall {}).await.unwrap().accounted.to::<u128>()
}

/// Makes a printed call by hand, as a multisig does.
async fn by_hand(fixture: &CliFixture, from: Address, call: &Value) {
    let to: Address = call["to"].as_str().unwrap().parse().unwrap();
    let data = alloy::primitives::hex::decode(call["data"].as_str().unwrap()).unwrap();
    fixture.chain.send_unlocked(from, Some(to), data).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reward_is_paid_once_however_often_the_command_runs_or_dies() {
    let (fixture, contracts, accounts) = CliFixture::with_pool(|accounts, ours| accounts.operator = ours).await;
    let node = register_node(&fixture.chain, &contracts, &accounts).await.unwrap();
    let deposit = format!("reward deposit --node {node} --amount 12.5");
    let amount = 25 * JUELS_PER_LINK / 2;

    let before = fixture.nonce().await;
    let shown = fixture.succeed(&format!("{deposit} --dry-run"));
    assert!(shown.contains("12.5 LINK") && shown.contains("Nothing was signed"), "{shown}");
    let call = fixture.json(&format!("{deposit} --calldata"));
    assert_eq!((fixture.nonce().await, accounted(&fixture, &contracts).await), (before, 0));

    for point in ["committed", "sent"] {
        fixture.killed_at(point, &deposit);
    }
    fixture.succeed(&deposit);
    assert_eq!(accounted(&fixture, &contracts).await, amount);
    assert_refused(&fixture.run(&deposit), 3, &["exactly this call was made already by transaction 0x", "--key NAME"]);
    for _ in 0..2 {
        fixture.succeed(&format!("{deposit} --key november"));
        assert_eq!(accounted(&fixture, &contracts).await, 2 * amount);
    }
    let other = format!("reward deposit --node {node} --amount 1 --key november");
    assert_refused(&fixture.run(&other), 2, &["--key november was used for another call"]);

    by_hand(&fixture, fixture.account, &call).await;
    assert_eq!(accounted(&fixture, &contracts).await, 3 * amount);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reward_that_the_pool_or_the_token_would_refuse_is_not_sent() {
    let (fixture, contracts, accounts) = CliFixture::with_pool(|accounts, ours| accounts.operator = ours).await;
    let node = register_node(&fixture.chain, &contracts, &accounts).await.unwrap();
    let before = fixture.nonce().await;
    let deposit = |node: Address, amount: &str| fixture.run(&format!("reward deposit --node {node} --amount {amount}"));
    assert_refused(&deposit(accounts.treasury, "1"), 3, &["The pool has no node", "0x"]);
    assert_refused(&deposit(node, "1000000000"), 3, &["LINK, fewer than the 1000000000 LINK"]);
    assert_refused(&deposit(node, "0"), 2, &["more than zero"]);
    assert_refused(&deposit(node, "1e3"), 2, &["`1e3` is not an amount"]);
    assert_eq!(fixture.nonce().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_penalty_is_requested_waits_for_its_window_and_is_executed_once() {
    let (fixture, contracts, accounts) = CliFixture::with_pool(|accounts, ours| accounts.slasher = ours).await;
    let node = register_node(&fixture.chain, &contracts, &accounts).await.unwrap();
    let fault_at = fixture.chain.heads().await.unwrap().head.timestamp;
    let request = format!("penalty request --node {node} --bps 500 --evidence 0x{} --fault-at {fault_at}", "ab".repeat(32));
    assert!(fixture.succeed("penalty list").contains("no penalty is pending"));

    fixture.killed_at("sent", &request);
    // The chain has mined it by now and would refuse it a second time; the command goes on with what it began.
    fixture.succeed(&request);
    assert_eq!(fixture.nonce().await, 1);
    let listed = fixture.json("penalty list");
    assert_eq!((&listed["penalties"][0]["bps"], &listed["penalties"][0]["window"]), (&500.into(), &"veto".into()));
    assert!(fixture.succeed("penalty list").contains("can be vetoed now, and executed in"));
    let execute = format!("penalty execute --node {node}");
    assert_refused(&fixture.run(&execute), 3, &["can be executed from", "Until it is, the guardian can veto it"]);

    fixture.chain.advance_time(4 * DAY).await.unwrap();
    assert!(fixture.succeed("penalty list").contains("can be executed, or vetoed, for"));
    fixture.succeed(&execute);
    let state = fixture.chain.call(contracts.pool, &nodeOfCall { node }).await.unwrap();
    assert_eq!((state.bucketLevel, state.penaltyUntil.to::<u64>()), (500, 0));
    assert_refused(&fixture.run(&execute), 3, &["No penalty of node", "is pending"]);
    assert_eq!(fixture.nonce().await, 2);

    let late =
        format!("penalty request --node {node} --bps 500 --evidence 0x{} --fault-at 2020-01-01T00:00:00Z", "ab".repeat(32));
    assert_refused(&fixture.run(&late), 3, &["too old, in the future, or after the node retired"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_veto_ends_a_penalty_with_a_key_or_by_a_multisig() {
    let (fixture, contracts, accounts) = CliFixture::with_pool(|accounts, ours| accounts.guardian = ours).await;
    let node = register_node(&fixture.chain, &contracts, &accounts).await.unwrap();
    let veto = format!("penalty veto --node {node}");
    let request = async |evidence: u8| {
        // Two requests never share a second where blocks take one.
        fixture.chain.advance_time(Duration::from_secs(60)).await.unwrap();
        let head = fixture.chain.heads().await.unwrap().head;
        let call = requestPenaltyCall {
            node,
            bps: 100,
            evidence: linkpool_primitives::B256::repeat_byte(evidence),
            faultAt: alloy::primitives::aliases::U40::from(head.timestamp),
        };
        fixture.chain.send_now(accounts.slasher, Some(contracts.pool), call.abi_encode()).await.unwrap();
    };
    let penalty_until = async || fixture.chain.call(contracts.pool, &nodeOfCall { node }).await.unwrap().penaltyUntil.to::<u64>();

    assert_refused(&fixture.run(&veto), 3, &["No penalty of node", "is pending"]);
    request(1).await;
    fixture.succeed(&veto);
    assert_eq!(penalty_until().await, 0);

    // The next request is another occasion: the same command vetoes it too.
    request(2).await;
    fixture.succeed(&veto);
    assert_eq!(penalty_until().await, 0);
    let stranger = format!("{veto} --calldata --from {}", accounts.slasher);
    request(3).await;
    assert_refused(&fixture.run(&stranger), 3, &["does not have the role"]);
    fixture.succeed(&veto);

    // Printing the call needs neither a key nor a database nor a chain.
    request(4).await;
    let folder = tempfile::tempdir().unwrap();
    let output = crate::program::linkpool()
        .current_dir(folder.path())
        .args(["penalty", "veto", "--calldata", "--json", "--node", &node.to_string(), "--pool", &contracts.pool.to_string()])
        .output()
        .unwrap();
    let call: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(call["call"].as_str().unwrap().contains("StakingPool.vetoPenalty"), "{call}");
    assert_ne!(penalty_until().await, 0, "printing the call made it");
    by_hand(&fixture, accounts.guardian, &call).await;
    assert_eq!(penalty_until().await, 0);

    // The guardian's key was used beside the database: nothing more is sent until somebody has looked.
    request(5).await;
    assert_refused(&fixture.run(&veto), 3, &["somebody else sends from", "linkpool signer resync"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_opens_the_guard_and_its_arithmetic_is_shown() {
    let (fixture, contracts, _) = CliFixture::with_pool(|accounts, ours| accounts.reporter = ours).await;
    let reported = async || fixture.chain.call(contracts.pool, &registryCall {}).await.unwrap().reported;
    let status = fixture.succeed("guard status");
    assert!(status.contains("open: 1900 more nodes") && status.contains("(0 + 1) x 10000 = 10000 <= 1000 x 19000"), "{status}");

    fixture.chain.advance_time(8 * DAY).await.unwrap();
    let status = fixture.succeed("guard status");
    assert!(status.contains("closed: the last report is too old"), "{status}");
    let before = fixture.nonce().await;
    fixture.succeed("guard report --size 18000 --dry-run");
    let call = fixture.json("guard report --size 18000 --calldata");
    assert_eq!((fixture.nonce().await, reported().await), (before, 19_000));

    fixture.killed_at("committed", "guard report --size 18000");
    fixture.succeed("guard report --size 18000");
    assert_eq!((fixture.nonce().await, reported().await), (before + 1, 18_000));
    let status = fixture.json("guard status");
    assert_eq!((&status["is_open"], &status["available"], &status["is_stale"]), (&true.into(), &1_800.into(), &false.into()));
    // A new report of the same size is a new occasion.
    fixture.succeed("guard report --size 18000");
    assert_eq!(fixture.nonce().await, before + 2);
    by_hand(&fixture, fixture.account, &call).await;
    assert_eq!(reported().await, 18_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_without_the_role_is_refused_in_the_contracts_words_and_sends_nothing() {
    let (fixture, _, accounts) = CliFixture::with_pool(|_, _| {}).await;
    let node = accounts.treasury;
    assert_refused(&fixture.run("guard report --size 5"), 3, &["does not have the role"]);
    assert_refused(&fixture.run(&format!("penalty veto --node {node}")), 3, &["does not have the role"]);
    assert_eq!(fixture.nonce().await, 0);
}
