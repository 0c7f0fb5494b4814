//! `kill -9` of the whole stack while nodes are being made: each is made once, and nothing is forgotten.

use std::{
    collections::HashSet,
    path::Path,
    time::{Duration, Instant},
};

use linkpool_contracts::pool;
use linkpool_db::{
    Database,
    fleet::{FleetNode, Phase, ProofMode, ScaleRequest},
    tx::Account,
};
use linkpool_primitives::Address;
use linkpool_testkit::fixture::Accounts;

use crate::stack::{Stack, assert_equal, database, left_over, moments};

const NODES: u16 = 20;
/// Those every stack starts with.
const FIRST: usize = 2;
const OPEN_TIMEOUT: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread")]
async fn nodes_being_made_are_made_once_however_often_the_stack_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let moments = moments(4, Duration::from_millis(1_500));
    let kills = u16::try_from(moments.len()).unwrap();
    for (round, moment) in (0..).zip(moments) {
        let stack = Stack::start(folder.path());
        // Some in each round, so that every kill meets nodes that are being made.
        let count = NODES * (round + 1) / kills - NODES * round / kills;
        if count > 0 {
            let request = ScaleRequest {
                idempotency_key: format!("round {round}"),
                actor: "test".into(),
                count,
                reason: None,
                proof_mode: ProofMode::Signature,
            };
            database(folder.path()).await.request_nodes(&request).await.unwrap();
        }
        tokio::time::sleep(moment).await;
        stack.kill();
    }
    let stack = Stack::start(folder.path());
    let (chain, database) = (stack.chain().await, database(folder.path()).await);
    let nodes = all_open(&database).await;
    assert_eq!(nodes.len(), usize::from(NODES) + FIRST);
    let wallets: HashSet<Address> = nodes.iter().filter_map(|node| node.wallet).collect();
    assert_eq!(wallets.len(), nodes.len(), "two nodes share a wallet");
    let contract: Address = stack.text("pool").parse().unwrap();
    let registered = chain.call(contract, &pool::nodeCountCall {}).await.unwrap();
    assert_eq!(registered.to::<usize>(), nodes.len(), "the contract has other nodes than the fleet");
    assert_equal(&chain, &database, contract).await;
    no_gap(&stack, folder.path()).await;
    stack.stop();
    assert_eq!(left_over(folder.path()), Vec::<String>::new(), "processes are left over");
}

async fn all_open(database: &Database) -> Vec<FleetNode> {
    let deadline = Instant::now() + OPEN_TIMEOUT;
    loop {
        let nodes = database.fleet_nodes().await.unwrap();
        let waiting: Vec<_> = nodes.iter().filter(|node| node.phase != Phase::Open).collect();
        if waiting.is_empty() {
            return nodes;
        }
        let first = waiting[0];
        assert!(
            Instant::now() < deadline,
            "{} nodes are not open; {} is {:?}: {:?}",
            waiting.len(),
            first.id,
            first.phase,
            first.last_error
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Every nonce that the registrar took is mined, and the chain expects the one after the last.
async fn no_gap(stack: &Stack, folder: &Path) {
    let database = database(folder).await;
    let chain = stack.chain().await;
    let accounts = Accounts::of(&chain).await.unwrap();
    let account = Account { chain_id: chain.chain_id(), address: accounts.registrar };
    let mined = chain.nonce(accounts.registrar).await.unwrap();
    assert_eq!(database.signer_nonce(&account, mined).await.unwrap(), mined);
}
