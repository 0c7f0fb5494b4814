//! Comparisons over endpoints that are slow, or whose chain moves meanwhile; and figures that no chain has.

use std::time::Duration;

use linkpool_chain::{Chain, Endpoint, Policy};
use linkpool_indexer::{Error, repair, verify};
use linkpool_testkit::{Fault, Provider, Proxy, When, until};

use crate::fixture::{Fixture, WAIT_TIMEOUT};

async fn through(proxy: &Proxy) -> Chain {
    Chain::connect_all(&[Endpoint::named("alone", proxy.http_url()).unwrap().patient()], None, Policy::default()).await.unwrap()
}

async fn indexed() -> Fixture {
    let fixture = Fixture::set().await;
    let indexer = fixture.index().await;
    fixture.stake(0, 1_000).await;
    fixture.reward(10).await;
    fixture.assert_equal().await;
    indexer.stop().await.unwrap();
    fixture
}

#[tokio::test]
async fn an_endpoint_that_takes_longer_than_a_writer_may_pause_ends_no_comparison() {
    let fixture = indexed().await;
    let proxy = Proxy::start(fixture.anvil.port()).await.unwrap();
    let chain = through(&proxy).await;
    // The connections of writers are ended after five seconds inside a transaction without a statement.
    proxy.set(Fault::Latency(Duration::from_secs(6)).on("eth_call").when(When::First(1)));
    let found = verify(&chain, &fixture.database, fixture.contracts.pool).await.unwrap().unwrap();
    assert!(found.is_equal() && proxy.struck() == 1, "{found:?}");
}

#[tokio::test]
async fn a_reorg_during_a_comparison_is_no_difference() {
    let fixture = indexed().await;
    let proxy = Proxy::start(fixture.anvil.port()).await.unwrap();
    let chain = through(&proxy).await;
    proxy.set(Fault::Latency(Duration::from_secs(1)).on("eth_getLogs").when(When::First(1)));
    let (database, pool) = (fixture.database.clone(), fixture.contracts.pool);
    let comparing = tokio::spawn(async move { verify(&chain, &database, pool).await });
    until("a call for logs", WAIT_TIMEOUT, async || proxy.calls("eth_getLogs") > 0).await;
    fixture.chain.reorg(1).await.unwrap();
    // No indexer follows, so the block of the database stays gone: the endpoint says so, and nobody claims a difference.
    let ended = comparing.await.unwrap();
    assert!(matches!(ended, Err(Error::Chain(_))), "{ended:?}");
}

#[tokio::test]
async fn a_height_that_no_chain_has_is_refused_and_leaves_no_trace() {
    let fixture = Fixture::set().await;
    fixture.stake(0, 10).await;
    let proxy = Proxy::start(fixture.anvil.port()).await.unwrap();
    let indexer = fixture.index_looking(through(&proxy).await, Duration::from_millis(50)).await;
    fixture.caught_up().await;
    proxy.set(Fault::Ahead(u64::MAX));
    let before = proxy.calls("eth_getBlockByNumber");
    until("twelve looks", WAIT_TIMEOUT, async || proxy.calls("eth_getBlockByNumber") >= before + 12).await;
    let tags = fixture.database.cursor().await.unwrap().unwrap().tags;
    assert_eq!(tags.head, fixture.chain.heads().await.unwrap().head.number);
    proxy.clear();
    fixture.stake(1, 10).await;
    fixture.caught_up().await;
    fixture.assert_equal().await;
    indexer.stop().await.unwrap();
}

#[tokio::test]
async fn times_are_compared_with_the_headers_whatever_the_logs_say() {
    let fixture = indexed().await;
    let proxy = Proxy::start(fixture.anvil.port()).await.unwrap();
    let chain = through(&proxy).await;
    let zero = serde_json::from_value::<Provider>(serde_json::json!({ "log": { "blockTimestamp": "0x0" } })).unwrap();
    proxy.act_as(zero);
    assert!(verify(&chain, &fixture.database, fixture.contracts.pool).await.unwrap().unwrap().is_equal());
    fixture.plant("update event set block_time = 0").await;
    let found = verify(&chain, &fixture.database, fixture.contracts.pool).await.unwrap().unwrap();
    assert!(!found.is_equal(), "the endpoint gives the same wrong time");
}

#[tokio::test]
async fn a_repair_that_finds_nothing_to_write_fails_and_says_why() {
    let fixture = indexed().await;
    fixture.plant("delete from event where kind = 'RewardDeposited'").await;
    let found = fixture.verified().await;
    assert!(found.events_differ);
    let proxy = Proxy::start(fixture.anvil.port()).await.unwrap();
    let chain = through(&proxy).await;
    proxy.set(Fault::EmptyLogs.on("eth_getLogs"));
    let error = repair(&chain, &fixture.database, fixture.contracts.pool, &found).await.unwrap_err();
    assert!(matches!(&error, Error::NothingRepaired { endpoint, .. } if endpoint == "alone"), "{error}");
    proxy.clear();
    repair(&chain, &fixture.database, fixture.contracts.pool, &found).await.unwrap();
    assert!(fixture.verified().await.is_equal());
}

#[tokio::test]
async fn the_times_that_are_written_are_the_headers_whatever_the_logs_say() {
    for wrong in ["0x0", "0x7fffffffffffffff"] {
        let fixture = Fixture::set().await;
        fixture.stake(0, 1_000).await;
        // Older than finality, so that the first blocks come as a backfill and the rest as the tip.
        fixture.chain.mine(40).await.unwrap();
        fixture.stake(0, 1).await;
        let proxy = Proxy::start(fixture.anvil.port()).await.unwrap();
        let log = serde_json::json!({ "log": { "blockTimestamp": wrong } });
        proxy.act_as(serde_json::from_value::<Provider>(log).unwrap());
        let indexer = fixture.index_through(through(&proxy).await).await;
        fixture.assert_equal().await;
        indexer.stop().await.unwrap();
    }
}

/// Whether a comparison finds nothing that is given this header of the last block with logs that is neither the first nor the last, and how often
/// logs were asked for.
async fn compared_with(change: impl FnOnce(&mut serde_json::Value)) -> (linkpool_indexer::Result<bool>, u64) {
    let fixture = indexed().await;
    let proxy = Proxy::start(fixture.anvil.port()).await.unwrap();
    let chain = through(&proxy).await;
    let (pool, database, first) = (fixture.contracts.pool, &fixture.database, fixture.contracts.deploy_block);
    let end = database.cursor().await.unwrap().unwrap().block.number;
    let logs = chain.final_logs(pool, first, end).await.unwrap().logs;
    let between = |number: &u64| (first + 1..end).contains(number);
    let last = logs
        .iter()
        .filter_map(|log| Some(log.position()?.number))
        .filter(between)
        .max()
        .expect("a block between the ends has logs");
    // It is the last header that a comparison without a difference asks for.
    let before = proxy.calls("eth_getBlockByNumber");
    assert!(verify(&chain, database, pool).await.unwrap().unwrap().is_equal());
    let nth = proxy.calls("eth_getBlockByNumber") - before;
    let mut header =
        fixture.anvil.request("eth_getBlockByNumber", serde_json::json!([format!("{last:#x}"), false])).await.unwrap();
    change(&mut header);
    proxy.set(Fault::Answer(header).on("eth_getBlockByNumber").when(When::Nth(nth)));
    let before = proxy.calls("eth_getLogs");
    let ended = verify(&chain, database, pool).await.map(|found| found.unwrap().is_equal());
    assert_eq!(proxy.struck(), 1);
    (ended, proxy.calls("eth_getLogs") - before)
}

#[tokio::test]
async fn a_block_between_others_that_is_older_than_the_one_before_it_is_a_contradiction() {
    let (ended, _) = compared_with(|header| header["timestamp"] = "0x1".into()).await;
    assert!(matches!(&ended, Err(Error::Chain(error)) if error.to_string().contains("is older than block")), "{ended:?}");
}

#[tokio::test]
async fn a_time_counts_only_by_the_header_of_the_block_that_the_logs_say_they_are_of() {
    let (ended, asked) = compared_with(|header| header["hash"] = format!("0x{}", "ab".repeat(32)).into()).await;
    assert_eq!((ended.unwrap(), asked), (true, 2), "another branch's header: the comparison begins again");
}
