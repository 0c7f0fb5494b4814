//! The providers of the table, followed to the end: equal to the contract, or in the state that says why not. A check follows one of
//! each kind, because what the others do differently is their words; `LINKPOOL_PROVIDERS=1` follows all, as the proof does, and
//! `LINKPOOL_PROVIDER` one by its name.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::stream::{StreamExt, iter};
use linkpool_chain::{Chain, Endpoint};
use linkpool_db::{Connect, Database};
use linkpool_indexer::{Config, follow, run, verify};
use linkpool_testkit::{Provider, Proxy, TestDatabase};
use tokio_util::sync::CancellationToken;

use crate::fixture::Fixture;

const AT_A_TIME: usize = 8;
/// Shorter than in production, so that what never answers costs little.
const REQUEST_TIMEOUT: Duration = Duration::from_millis(1_500);
const POLL_INTERVAL: Duration = Duration::from_millis(20);
const WAIT_TIMEOUT: Duration = Duration::from_secs(90);

/// A chain whose final part and whose tip both hold logs, in more blocks than most providers give at once.
async fn history() -> Fixture {
    let fixture = Fixture::set().await;
    for round in 0..6 {
        fixture.stake(round % 3, 100).await;
        fixture.reward(1).await;
    }
    fixture.chain.mine(40).await.unwrap();
    for round in 0..6 {
        fixture.stake(round % 3, 5).await;
        fixture.unbond(0, 1).await;
    }
    fixture
}

/// It plays nobody yet: only a machine with much else to do does not answer in so short a time.
async fn reached(endpoint: &Endpoint, chain_id: u64) -> Chain {
    let deadline = Instant::now() + WAIT_TIMEOUT;
    loop {
        match Chain::connect(endpoint, Some(chain_id)).await {
            Ok(chain) => return chain,
            Err(error) => assert!(Instant::now() < deadline, "{error}"),
        }
    }
}

/// Follows the chain through the provider; what went wrong, if anything did.
async fn followed(fixture: &Fixture, provider: Provider) -> Result<Duration, String> {
    let row = provider.name.clone();
    let (ends, within) = (provider.ends.clone(), Duration::from_secs(provider.within_s));
    // What is of no use is said in time on any machine; what comes to its end may take a busy one longer.
    let within = if ends == "ok" { 3 * within } else { within };
    let test_database = TestDatabase::create().await.unwrap();
    // Eight databases are made side by side, on whatever machine this is.
    let connect = Connect::new(test_database.url()).patient();
    let database = Database::connect(&connect).await.unwrap();
    database.migrate().await.unwrap();
    follow(&fixture.chain, &database, fixture.contracts.pool, fixture.contracts.deploy_block).await.unwrap();
    let proxy = Proxy::start(fixture.anvil.port()).await.unwrap();
    let endpoint = Endpoint { timeout: REQUEST_TIMEOUT, ..Endpoint::named(row.as_str(), proxy.http_url()).unwrap() };
    let chain = reached(&endpoint, fixture.chain.chain_id()).await;
    proxy.act_as(provider);
    let token = CancellationToken::new();
    let config = Config { pool: fixture.contracts.pool, range: 30, poll: Duration::from_millis(200) };
    let begun = Instant::now();
    let task = tokio::spawn(run(config, chain, database.clone(), token.clone()));
    let head = fixture.chain.heads().await.unwrap().head;
    let outcome = loop {
        let cursor = database.cursor().await.unwrap().unwrap();
        if (ends == "ok" && cursor.block.hash == head.hash) || (ends != "ok" && cursor.state.as_str() == ends) {
            break Ok(begun.elapsed());
        }
        if begun.elapsed() > within {
            let at = format!("block {} of {}", cursor.block.number, head.number);
            break Err(format!("{row}: at {at} after {within:?}, {} {:?}", cursor.state, cursor.state_detail));
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    };
    token.cancel();
    task.await.unwrap().map_err(|error| format!("{row}: {error}"))?;
    if ends == "ok" && outcome.is_ok() {
        let found = verify(&fixture.chain, &database, fixture.contracts.pool).await.unwrap().unwrap();
        if !found.is_equal() {
            return Err(format!("{row}: {:?}", found.differences));
        }
    }
    outcome
}

/// On several threads, because making a database blocks one.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_provider_of_the_table_is_followed_to_equal_or_to_the_state_that_says_why_not() {
    let fixture = Arc::new(history().await);
    let only = std::env::var("LINKPOOL_PROVIDER").ok();
    let follows_all = only.is_some() || std::env::var("LINKPOOL_PROVIDERS").is_ok();
    let mut rows = if follows_all { Provider::all() } else { Provider::each_kind() };
    rows.retain(|row| only.as_ref().is_none_or(|only| row.name == *only));
    assert!(!rows.is_empty(), "no provider of the table is called {only:?}");
    // Who takes longest begins first, so that the others are followed meanwhile.
    rows.sort_by_key(|row| std::cmp::Reverse(row.within_s));
    let outcomes = iter(rows)
        .map(|provider| {
            let fixture = fixture.clone();
            async move {
                let name = provider.name.clone();
                (name, followed(&fixture, provider).await)
            }
        })
        .buffer_unordered(AT_A_TIME);
    let outcomes: Vec<(String, Result<Duration, String>)> = outcomes.collect().await;
    for (name, took) in &outcomes {
        println!("{name}: {took:?}");
    }
    let followed = outcomes.len();
    let wrong: Vec<&String> = outcomes.iter().filter_map(|(_, outcome)| outcome.as_ref().err()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    println!("{followed} providers followed to their end: 0 differences");
}
