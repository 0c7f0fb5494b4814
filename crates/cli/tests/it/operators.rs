//! What operators do to a pool: each call once, refused in the contract's own words, or printed for a multisig.

use std::time::Duration;

use alloy::sol_types::SolCall;
use linkpool_contracts::pool::{nodeOfCall, registryCall, requestPenaltyCall, totalsCall};
use linkpool_primitives::{Address, JUELS_PER_LINK};
use linkpool_testkit::stage::{Contracts, register_node};
use serde_json::Value;

use crate::{office::Office, program::assert_refused};

const DAY: Duration = Duration::from_secs(86_400);

async fn accounted(office: &Office, contracts: &Contracts) -> u128 {
    office.chain.call(contracts.pool, &totalsCall {}).await.unwrap().accounted.to::<u128>()
}

/// Makes a printed call by hand, as a multisig does.
async fn by_hand(office: &Office, from: Address, call: &Value) {
    let to: Address = call["to"].as_str().unwrap().parse().unwrap();
    let data = alloy::primitives::hex::decode(call["data"].as_str().unwrap()).unwrap();
    office.chain.send_unlocked(from, Some(to), data).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reward_is_paid_once_however_often_the_command_runs_or_dies() {
    let (office, contracts, people) = Office::with_pool(|people, ours| people.operator = ours).await;
    let node = register_node(&office.chain, &contracts, &people).await.unwrap();
    let deposit = format!("reward deposit --node {node} --amount 12.5");
    let amount = 25 * JUELS_PER_LINK / 2;

    let before = office.nonce().await;
    let shown = office.succeed(&format!("{deposit} --dry-run"));
    assert!(shown.contains("12.5 LINK") && shown.contains("Nothing was signed"), "{shown}");
    let call = office.json(&format!("{deposit} --calldata"));
    assert_eq!((office.nonce().await, accounted(&office, &contracts).await), (before, 0));

    for point in ["committed", "sent"] {
        office.killed_at(point, &deposit);
    }
    office.succeed(&deposit);
    assert_eq!(accounted(&office, &contracts).await, amount);
    assert_refused(&office.run(&deposit), 3, &["exactly this call was made already by transaction 0x", "--key NAME"]);
    for _ in 0..2 {
        office.succeed(&format!("{deposit} --key november"));
        assert_eq!(accounted(&office, &contracts).await, 2 * amount);
    }
    let other = format!("reward deposit --node {node} --amount 1 --key november");
    assert_refused(&office.run(&other), 2, &["--key november was used for another call"]);

    by_hand(&office, office.account, &call).await;
    assert_eq!(accounted(&office, &contracts).await, 3 * amount);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reward_that_the_pool_or_the_token_would_refuse_is_not_sent() {
    let (office, contracts, people) = Office::with_pool(|people, ours| people.operator = ours).await;
    let node = register_node(&office.chain, &contracts, &people).await.unwrap();
    let before = office.nonce().await;
    let deposit = |node: Address, amount: &str| office.run(&format!("reward deposit --node {node} --amount {amount}"));
    assert_refused(&deposit(people.treasury, "1"), 3, &["The pool has no node", "0x"]);
    assert_refused(&deposit(node, "1000000000"), 3, &["LINK, fewer than the 1000000000 LINK"]);
    assert_refused(&deposit(node, "0"), 2, &["more than zero"]);
    assert_refused(&deposit(node, "1e3"), 2, &["`1e3` is not an amount"]);
    assert_eq!(office.nonce().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_penalty_is_requested_waits_for_its_window_and_is_executed_once() {
    let (office, contracts, people) = Office::with_pool(|people, ours| people.slasher = ours).await;
    let node = register_node(&office.chain, &contracts, &people).await.unwrap();
    let fault_at = office.chain.heads().await.unwrap().head.timestamp;
    let request = format!("penalty request --node {node} --bps 500 --evidence 0x{} --fault-at {fault_at}", "ab".repeat(32));
    assert!(office.succeed("penalty list").contains("no penalty is pending"));

    office.killed_at("sent", &request);
    // The chain has mined it by now and would refuse it a second time; the command goes on with what it began.
    office.succeed(&request);
    assert_eq!(office.nonce().await, 1);
    let listed = office.json("penalty list");
    assert_eq!((&listed["penalties"][0]["bps"], &listed["penalties"][0]["window"]), (&500.into(), &"veto".into()));
    assert!(office.succeed("penalty list").contains("can be vetoed now, and executed in"));
    let execute = format!("penalty execute --node {node}");
    assert_refused(&office.run(&execute), 3, &["can be executed from", "Until it is, the guardian can veto it"]);

    office.chain.advance_time(4 * DAY).await.unwrap();
    assert!(office.succeed("penalty list").contains("can be executed, or vetoed, for"));
    office.succeed(&execute);
    let state = office.chain.call(contracts.pool, &nodeOfCall { node }).await.unwrap();
    assert_eq!((state.bucketLevel, state.penaltyUntil.to::<u64>()), (500, 0));
    assert_refused(&office.run(&execute), 3, &["No penalty of node", "is pending"]);
    assert_eq!(office.nonce().await, 2);

    let late =
        format!("penalty request --node {node} --bps 500 --evidence 0x{} --fault-at 2020-01-01T00:00:00Z", "ab".repeat(32));
    assert_refused(&office.run(&late), 3, &["too old, in the future, or after the node retired"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_veto_ends_a_penalty_with_a_key_or_by_a_multisig() {
    let (office, contracts, people) = Office::with_pool(|people, ours| people.guardian = ours).await;
    let node = register_node(&office.chain, &contracts, &people).await.unwrap();
    let veto = format!("penalty veto --node {node}");
    let request = async |evidence: u8| {
        // Two requests never share a second where blocks take one.
        office.chain.advance_time(Duration::from_secs(60)).await.unwrap();
        let head = office.chain.heads().await.unwrap().head;
        let call = requestPenaltyCall {
            node,
            bps: 100,
            evidence: linkpool_primitives::B256::repeat_byte(evidence),
            faultAt: alloy::primitives::aliases::U40::from(head.timestamp),
        };
        office.chain.send_now(people.slasher, Some(contracts.pool), call.abi_encode()).await.unwrap();
    };
    let penalty_until = async || office.chain.call(contracts.pool, &nodeOfCall { node }).await.unwrap().penaltyUntil.to::<u64>();

    assert_refused(&office.run(&veto), 3, &["No penalty of node", "is pending"]);
    request(1).await;
    office.succeed(&veto);
    assert_eq!(penalty_until().await, 0);

    // The next request is another occasion: the same command vetoes it too.
    request(2).await;
    office.succeed(&veto);
    assert_eq!(penalty_until().await, 0);
    let stranger = format!("{veto} --calldata --from {}", people.slasher);
    request(3).await;
    assert_refused(&office.run(&stranger), 3, &["does not have the role"]);
    office.succeed(&veto);

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
    by_hand(&office, people.guardian, &call).await;
    assert_eq!(penalty_until().await, 0);

    // The guardian's key was used beside the database: nothing more is sent until somebody has looked.
    request(5).await;
    assert_refused(&office.run(&veto), 3, &["somebody else sends from", "linkpool signer resync"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_opens_the_guard_and_its_arithmetic_is_shown() {
    let (office, contracts, _) = Office::with_pool(|people, ours| people.reporter = ours).await;
    let reported = async || office.chain.call(contracts.pool, &registryCall {}).await.unwrap().reported;
    let status = office.succeed("guard status");
    assert!(status.contains("open: 1900 more nodes") && status.contains("(0 + 1) x 10000 = 10000 <= 1000 x 19000"), "{status}");

    office.chain.advance_time(8 * DAY).await.unwrap();
    let status = office.succeed("guard status");
    assert!(status.contains("closed: the last report is too old"), "{status}");
    let before = office.nonce().await;
    office.succeed("guard report --size 18000 --dry-run");
    let call = office.json("guard report --size 18000 --calldata");
    assert_eq!((office.nonce().await, reported().await), (before, 19_000));

    office.killed_at("committed", "guard report --size 18000");
    office.succeed("guard report --size 18000");
    assert_eq!((office.nonce().await, reported().await), (before + 1, 18_000));
    let status = office.json("guard status");
    assert_eq!((&status["is_open"], &status["room"], &status["is_stale"]), (&true.into(), &1_800.into(), &false.into()));
    // A new report of the same size is a new occasion.
    office.succeed("guard report --size 18000");
    assert_eq!(office.nonce().await, before + 2);
    by_hand(&office, office.account, &call).await;
    assert_eq!(reported().await, 18_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_without_the_role_is_refused_in_the_contracts_words_and_sends_nothing() {
    let (office, _, people) = Office::with_pool(|_, _| {}).await;
    let node = people.treasury;
    assert_refused(&office.run("guard report --size 5"), 3, &["does not have the role"]);
    assert_refused(&office.run(&format!("penalty veto --node {node}")), 3, &["does not have the role"]);
    assert_eq!(office.nonce().await, 0);
}
