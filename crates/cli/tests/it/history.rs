//! The thirty days that a new development stack has behind it.

use std::time::{SystemTime, UNIX_EPOCH};

use linkpool_contracts::pool::nodeCountCall;
use linkpool_db::fleet::{Phase, Source};
use linkpool_primitives::Address;

use crate::stack::{Stack, assert_equal, database};

const DAYS: u64 = 30;
const DAY_SECONDS: u64 = 86_400;
/// Nodes with a past, and those that the fleet makes.
const PAST: usize = 4;
const NEW: usize = 2;

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_stack_has_thirty_days_behind_it_which_end_now_and_a_second_start_adds_none() {
    let folder = tempfile::tempdir().unwrap();
    let begun = now();
    let stack = Stack::start_with(folder.path(), &[]);
    let (chain, fleet) = (stack.chain().await, database(folder.path()).await);
    let pool: Address = stack.text("pool").parse().unwrap();
    let first = chain.header(0).await.unwrap().unwrap().block.timestamp;
    assert!((begun - DAYS * DAY_SECONDS..=now() - DAYS * DAY_SECONDS).contains(&first), "the chain begins at {first}");
    let head = chain.heads().await.unwrap().head;
    let headers = chain.headers(1, head.number).await.unwrap();
    assert!(headers.windows(2).all(|pair| pair[0].block.timestamp <= pair[1].block.timestamp));
    assert!((begun..=now() + 1).contains(&head.timestamp), "the chain is at {}, and it is {}", head.timestamp, now());
    assert!(assert_equal(&chain, &fleet, pool).await > 0, "nothing is staked");
    let nodes = fleet.fleet_nodes().await.unwrap();
    let of = |source| nodes.iter().filter(|node| node.source == source).count();
    assert_eq!((of(Source::Chain), of(Source::Fleet)), (PAST, NEW));
    assert!(nodes.iter().filter(|node| node.source == Source::Fleet).all(|node| node.phase == Phase::Open));
    // Nobody is told of nodes that nobody knows. A busy machine may have other things to warn of.
    let said = stack.stop();
    assert!(!said.contains("audit found"), "{said}");

    let stack = Stack::start_with(folder.path(), &[]);
    let count = stack.chain().await.call(pool, &nodeCountCall {}).await.unwrap();
    assert_eq!(count.to::<usize>(), PAST + NEW);
    let said = stack.stop();
    assert!(!said.contains("audit found"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_stack_begins_now_and_with_the_fleets_nodes_alone() {
    let folder = tempfile::tempdir().unwrap();
    let begun = now();
    let stack = Stack::start(folder.path());
    let (chain, pool) = (stack.chain().await, stack.text("pool").parse::<Address>().unwrap());
    let first = chain.header(0).await.unwrap().unwrap().block.timestamp;
    assert!((begun - 1..=now()).contains(&first), "the chain begins at {first}");
    assert_eq!(chain.call(pool, &nodeCountCall {}).await.unwrap().to::<usize>(), NEW);
    stack.stop();
}
