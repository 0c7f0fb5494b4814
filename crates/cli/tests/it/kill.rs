//! `kill -9` of the whole stack while stakes stream in. What was mined is there after the restart, once.
//! `LINKPOOL_KILLS` sets how many times.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use alloy::{primitives::U256, sol_types::SolCall};
use linkpool_chain::Chain;
use linkpool_contracts::{link, stake_data};
use linkpool_primitives::{Address, JUELS_PER_LINK};
use linkpool_testkit::fixture::Accounts;

use crate::stack::{Stack, assert_equal, database, left_over, moments};

const MAX_STAKES: u32 = 1_000;

/// Every holder sends stakes of 1 LINK, one after the other, until the stack dies; counts those that were mined.
async fn stream_stakes(chain: Chain, accounts: Accounts, [pool, token, node]: [Address; 3], mined: Arc<AtomicU64>) {
    let data = stake_data(&[(node, JUELS_PER_LINK)]).unwrap();
    let call = link::transferAndCallCall { _to: pool, _value: U256::from(JUELS_PER_LINK), _data: data.into() }.abi_encode();
    let stakes = accounts.holders.iter().map(async |holder| {
        for _ in 0..MAX_STAKES {
            match chain.send_unlocked(*holder, Some(token), call.clone()).await {
                Ok(_) => mined.fetch_add(1, Ordering::SeqCst),
                Err(_) => break,
            };
        }
    });
    futures_util::future::join_all(stakes).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_stack_loses_nothing_doubles_nothing_and_leaves_no_process() {
    let folder = tempfile::tempdir().unwrap();
    let mut certain = 0u64;
    for moment in moments(4, Duration::from_secs(3)) {
        let stack = Stack::start(folder.path());
        let chain = stack.chain().await;
        let accounts = Accounts::of(&chain).await.unwrap();
        let [pool, token]: [Address; 2] = ["pool", "token"].map(|field| stack.text(field).parse().unwrap());
        let database = database(folder.path()).await;
        let before = assert_equal(&chain, &database, pool).await / JUELS_PER_LINK;
        assert!(before >= u128::from(certain), "{certain} stakes were mined and {before} are left");
        let node = database.state().await.unwrap().unwrap().nodes[0].0;
        let mined = Arc::new(AtomicU64::new(0));
        let stream = tokio::spawn(stream_stakes(chain, accounts, [pool, token, node], mined.clone()));
        tokio::time::sleep(moment).await;
        // What the chain still mines between the kill and its own end was promised to nobody.
        certain = u64::try_from(before).unwrap() + mined.load(Ordering::SeqCst);
        stack.kill();
        stream.await.unwrap();
    }
    let stack = Stack::start(folder.path());
    let (chain, database) = (stack.chain().await, database(folder.path()).await);
    let staked = assert_equal(&chain, &database, stack.text("pool").parse().unwrap()).await / JUELS_PER_LINK;
    assert!(staked >= u128::from(certain), "{certain} stakes were mined and {staked} are left");
    stack.stop();
    assert_eq!(left_over(folder.path()), Vec::<String>::new(), "processes are left over");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_that_came_back_older_decides_and_the_operator_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (dumped, kept) = (folder.path().join("chain/state.dumped.json"), folder.path().join("kept.json"));
    Stack::start(folder.path()).stop();
    std::fs::copy(&dumped, &kept).unwrap();
    let stack = Stack::start(folder.path());
    let chain = stack.chain().await;
    chain.mine(30).await.unwrap();
    let pool: Address = stack.text("pool").parse().unwrap();
    let head = chain.heads().await.unwrap().head.number;
    assert_equal(&chain, &database(folder.path()).await, pool).await;
    stack.stop();
    // As if the last state had never been written.
    std::fs::rename(&kept, &dumped).unwrap();
    let stack = Stack::start(folder.path());
    let (chain, database) = (stack.chain().await, database(folder.path()).await);
    assert!(chain.heads().await.unwrap().head.number < head);
    assert_equal(&chain, &database, pool).await;
    let said = stack.stop();
    assert!(said.contains("the chain came back older than the database"), "{said}");
}
