use std::time::Duration;

use linkpool_chain::{Chain, Endpoint};
use linkpool_indexer::{Error, Followed, follow};
use linkpool_primitives::{Address, JUELS_PER_LINK};
use linkpool_testkit::{Fault, Provider, Proxy, When, fixture::Contracts};
use serde_json::json;

use crate::fixture::Fixture;

#[tokio::test]
async fn every_action_of_a_holder_is_in_the_database_as_the_contract_has_it() {
    let fixture = Fixture::set().await;
    fixture.stake(0, 1_000).await;
    // Older than finality, so that the first blocks come as a backfill and the rest as the tip.
    fixture.chain.mine(40).await.unwrap();
    let indexer = fixture.index().await;
    fixture.stake(1, 500).await;
    fixture.reward(10).await;
    fixture.unbond(0, 400).await;
    fixture.assert_equal().await;
    assert_eq!(fixture.stake_of(0).await, 600 * JUELS_PER_LINK);
    assert_eq!(fixture.verified().await.tickets, 1);
    indexer.stop().await.unwrap();
}

#[tokio::test]
async fn a_subscription_brings_new_blocks_without_waiting_for_the_clock() {
    let fixture = Fixture::set().await;
    let endpoint = Endpoint::new(fixture.anvil.http_url()).unwrap().patient().with_ws(fixture.anvil.ws_url()).unwrap();
    let chain = Chain::connect(&endpoint, None).await.unwrap();
    // It would look once in the whole test.
    let indexer = fixture.index_looking(chain, Duration::from_secs(3_600)).await;
    fixture.caught_up().await;
    for _ in 0..3 {
        fixture.stake(0, 1).await;
        fixture.assert_equal().await;
    }
    indexer.stop().await.unwrap();
}

#[tokio::test]
async fn a_database_follows_one_contract_only() {
    let fixture = Fixture::set().await;
    let (chain, database, contracts) = (&fixture.chain, &fixture.database, &fixture.contracts);
    let first = follow(chain, database, contracts.pool, contracts.deploy_block).await.unwrap();
    let again = follow(chain, database, contracts.pool, contracts.deploy_block).await.unwrap();
    assert_eq!((first, again), (Followed::Started, Followed::Resumed));
    let other = follow(chain, database, Address::repeat_byte(7), 1).await;
    assert!(matches!(other, Err(Error::OtherDeployment { .. })), "{other:?}");
}

#[tokio::test]
async fn an_index_begins_only_where_the_pool_was_created() {
    let fixture = Fixture::set().await;
    let Contracts { pool, deploy_block, .. } = fixture.contracts;
    fixture.stake(0, 1).await;
    for wrong in [deploy_block + 1, deploy_block - 1] {
        let error = follow(&fixture.chain, &fixture.database, pool, wrong).await.unwrap_err();
        assert!(matches!(error, Error::NotCreatedThere { block } if block == wrong), "{error}");
    }
    // The only endpoint keeps the logs back: that may change.
    let proxy = Proxy::start(fixture.anvil.port()).await.unwrap();
    let chain = Chain::connect(&Endpoint::new(proxy.http_url()).unwrap().patient(), None).await.unwrap();
    proxy.set(Fault::EmptyLogs);
    let error = follow(&chain, &fixture.database, pool, deploy_block).await.unwrap_err();
    assert!(error.is_transient() && error.to_string().contains("in which the pool was created"), "{error}");
    proxy.clear();
    assert_eq!(follow(&chain, &fixture.database, pool, deploy_block).await.unwrap(), Followed::Started);
    // Another start looks again, as long as nothing was indexed.
    proxy.set(Fault::EmptyLogs);
    assert!(follow(&chain, &fixture.database, pool, deploy_block).await.is_err());
}

#[tokio::test]
async fn where_the_pool_was_created_is_known_without_blooms_and_without_old_states() {
    let fixture = Fixture::set().await;
    let Contracts { pool, deploy_block, .. } = fixture.contracts;
    let proxy = Proxy::start(fixture.anvil.port()).await.unwrap();
    // A chain without blooms: the state before and after says it.
    let zero = |bytes| format!("0x{}", "00".repeat(bytes));
    let zero = json!({ "header": { "logsBloom": zero(256), "receiptsRoot": zero(32) } });
    proxy.act_as(serde_json::from_value::<Provider>(zero).unwrap());
    for wrong in [deploy_block + 1, deploy_block - 1] {
        let chain = Chain::connect(&Endpoint::new(proxy.http_url()).unwrap().patient(), None).await.unwrap();
        let error = follow(&chain, &fixture.database, pool, wrong).await.unwrap_err();
        assert!(matches!(error, Error::NotCreatedThere { block } if block == wrong), "{wrong}: {error}");
    }
    proxy.clear();
    // An endpoint without old states: the bloom says it. That there is a contract now is asked first.
    proxy.set(Fault::error(-32000, "missing trie node").on("eth_getCode").when(When::After(1)));
    let chain = Chain::connect(&Endpoint::new(proxy.http_url()).unwrap().patient(), None).await.unwrap();
    let error = follow(&chain, &fixture.database, pool, deploy_block - 1).await.unwrap_err();
    assert!(matches!(error, Error::NotCreatedThere { .. }), "{error}");
    assert!(proxy.struck() > 0, "no old state was asked for");
}
