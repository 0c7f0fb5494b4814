//! Clients that hang up at every point, beside honest ones and everybody who writes: nobody notices.
//!
//! Two rules of the database's pool stand against it: a beginning is done to its end, and what comes back inside a transaction is closed.
//! Either is enough, so that this is red only without both: then a write is lost in a transaction that another client had begun, or the
//! connections are still inside of one when all have gone. Readers and writers on the same connections: a write is refused.

mod callers;
mod honest;
mod sessions;
mod tally;
mod writers;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use linkpool_api::{
    ApiConfig, Limits,
    operator::{FleetRules, OperatorToken},
};
use linkpool_db::{Connect, Database, fleet::ProofMode};
use tokio::{net::TcpListener, task::JoinSet, time::Instant};
use tokio_util::sync::CancellationToken;

use self::{
    callers::{Called, hang_ups},
    tally::Tally,
    writers::Others,
};
use crate::{
    chain_fixture::{ChainFixture, node},
    fixture::{Fixture, database},
};

const HONEST: usize = 64;
/// For a busy machine.
const WAIT_TIMEOUT: Duration = Duration::from_secs(120);
const PATHS: [&str; 6] = [
    "/api/v1/status",
    "/api/v1/nodes",
    "/api/v1/pool",
    "/api/v1/events?limit=50",
    "/health",
    "/api/v1/nodes/0x0101010101010101010101010101010101010101",
];

fn seconds() -> u64 {
    std::env::var("LINKPOOL_HANG_UPS_SECONDS").map_or(3, |text| text.parse().expect("LINKPOOL_HANG_UPS_SECONDS is a number"))
}

/// A pool with a node. One handle serves the API, the operator and all writers: what keeps them apart is inside of it.
async fn prologue(url: String) -> (Database, Database, ChainFixture) {
    let database = Database::connect(&Connect::new(&url).patient()).await.unwrap();
    let outside = Database::connect(&Connect::new(&url).patient()).await.unwrap();
    let mut chain = ChainFixture::begin(database.clone()).await;
    chain.register(node(1)).mine(12).await;
    (database, outside, chain)
}

/// The operator's listener on the connections of everybody who writes.
async fn operator(database: Database, end: CancellationToken) -> (OperatorToken, String) {
    let directory = tempfile::tempdir().unwrap();
    let token = OperatorToken::read_or_create(&directory.path().join("token")).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(linkpool_api::operator::serve((token.clone(), FleetRules::new(ProofMode::Signature)), database, listener, end));
    (token, address)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_hang_up_at_every_point_poison_no_write_and_no_answer() {
    // Clients and writers are other processes: a server at its limit does not hold them up.
    let elsewhere = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (test_database, _) = database().await;
    let (database, outside, chain) = elsewhere.spawn(prologue(test_database.url().to_owned())).await.unwrap();
    let at = chain.at;
    let plenty = Limits { requests_per_second: 1_000_000, burst: 1_000_000, ..Limits::default() };
    let public_chain = ChainFixture::continued(&chain);
    let fixture = Fixture::serve(ApiConfig { limits: plenty, ..ApiConfig::default() }, public_chain, test_database).await;
    let made = sessions::made(&fixture.test_database);
    let end = CancellationToken::new();
    let (tally, mut tasks) = (Arc::new(Tally::default()), JoinSet::new());
    let opened = elsewhere.spawn(operator(database.clone(), end.clone()));
    let (token, operator) = opened.await.unwrap();
    let public = fixture.base.trim_start_matches("http://").to_owned();
    let callers = hang_ups(&Called { public, operator, token }, &tally, &end);
    let number_of_callers = callers.len();
    for first in 0..HONEST {
        let reads = honest::read(fixture.client.clone(), fixture.base.clone(), first, tally.clone(), end.clone());
        tasks.spawn_on(reads, elsewhere.handle());
    }
    tasks.spawn_on(writers::index(chain, tally.clone(), end.clone()), elsewhere.handle());
    let others = Others { database: database.clone(), outside: outside.clone(), at };
    tasks.spawn_on(others.write(tally.clone(), end.clone()), elsewhere.handle());
    let (begun, mut look) = (Instant::now(), tokio::time::interval(Duration::from_millis(50)));
    while begun.elapsed().as_secs() < seconds() || !tally.suffices(seconds()) {
        assert!(begun.elapsed() < WAIT_TIMEOUT, "too little came about: {tally:?}");
        tokio::select! {
            // Whoever finds something wrong ends at once.
            Some(ended) = tasks.join_next() => ended.unwrap(),
            _ = look.tick() => {}
        }
    }
    let elapsed = begun.elapsed().as_secs_f64();
    end.cancel();
    while let Some(ended) = tasks.join_next().await {
        ended.unwrap();
    }
    for caller in callers {
        caller.join().unwrap();
    }
    sessions::are_at_rest(&fixture.test_database).await;
    // What was said to be written is there: nothing was written into somebody else's transaction.
    let nodes = outside.fleet_nodes().await.unwrap().len() as u64;
    assert_eq!(nodes, tally.nodes.load(Relaxed), "nodes that were asked for");
    let of = |count: &AtomicU64| count.load(Relaxed);
    let (resets, answers, writes, made) =
        (of(&tally.resets), of(&tally.answers), of(&tally.writes), sessions::made(&fixture.test_database) - made);
    elsewhere.shutdown_background();
    let held_back = of(&tally.held_back) as f64 / 10.0 / elapsed / number_of_callers as f64;
    // `cargo xtask prove hang-ups` reads these.
    println!(
        "{elapsed:.0} s: {resets} resets ({:.0}/s; the callers held back {held_back:.0} % of the time), {answers} answers, \
         {writes} writes, {made} connections to the database",
        resets as f64 / elapsed
    );
}
