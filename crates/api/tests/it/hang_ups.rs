//! Clients that hang up at every point, beside honest ones and everybody who writes: nobody notices.

use std::{
    collections::HashMap,
    io::Write,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use linkpool_api::{ApiConfig, Limits, operator::OperatorToken};
use linkpool_db::{
    Connect, Database,
    cursor::Tags,
    endpoint::EndpointReport,
    fleet::{Replica, ScaleRequest},
    lease::Leader,
    verification::NewVerification,
};
use linkpool_primitives::JUELS_PER_LINK;
use reqwest::StatusCode;
use serde_json::Value;
use socket2::SockRef;
use tokio::{net::TcpListener, task::JoinSet, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::{
    fixture::{Fixture, database},
    story::{Story, link, node, staker},
};

/// Connections that are opened, used and reset in a second, where the machine can.
const RESETS_PER_SECOND: u64 = 1_600;
/// Threads that do it; each has one connection at a time, and a pause in which it is due again.
const CALLERS: u64 = 16;
const EACH: Duration = Duration::from_nanos(1_000_000_000 * CALLERS / RESETS_PER_SECOND);
const BEHIND: Duration = Duration::from_millis(200);
/// While somebody honest waits for longer, nobody hangs up: a machine without time for either shows nothing.
const STRAIN: Duration = Duration::from_secs(1);
const HONEST: usize = 64;
/// For a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long an honest client looks at an answer.
const PAUSE: Duration = Duration::from_millis(200);
const PATHS: [&str; 6] = [
    "/api/v1/status",
    "/api/v1/nodes",
    "/api/v1/pool",
    "/api/v1/events?limit=50",
    "/health",
    "/api/v1/nodes/0x0101010101010101010101010101010101010101",
];

#[derive(Debug, Default)]
struct Tally {
    resets: AtomicU64,
    answers: AtomicU64,
    writes: AtomicU64,
    /// Nodes whose request was acknowledged.
    nodes: AtomicU64,
    waits: Waits,
}

/// Since when each honest client and each writer waits for an answer.
#[derive(Debug, Default)]
struct Waits(Mutex<HashMap<usize, Instant>>);

impl Waits {
    /// Waits for `answer`, and is seen to.
    async fn during<T>(&self, who: usize, answer: impl Future<Output = T>) -> T {
        self.0.lock().unwrap().insert(who, Instant::now());
        let answer = answer.await;
        self.0.lock().unwrap().remove(&who);
        answer
    }

    fn are_long(&self) -> bool {
        self.0.lock().unwrap().values().any(|since| since.elapsed() > STRAIN)
    }
}

/// Beside the honest clients.
const INDEXER: usize = HONEST;
const WRITERS: usize = HONEST + 1;

fn seconds() -> u64 {
    std::env::var("LINKPOOL_HANG_UPS_SECONDS").map_or(3, |text| text.parse().expect("LINKPOOL_HANG_UPS_SECONDS is a number"))
}

impl Tally {
    /// Whether there was enough of everything to say something, on a machine that may be busy with others.
    fn suffices(&self) -> bool {
        let least = [(&self.resets, 100), (&self.answers, 50), (&self.writes, 20)];
        least.iter().all(|(count, least)| count.load(Relaxed) >= least * seconds())
    }
}

/// Sends a request and resets the connection within 4 ms.
fn hang_up(address: &str, request: &str, after: Duration) -> std::io::Result<()> {
    let mut stream = std::net::TcpStream::connect(address)?;
    SockRef::from(&stream).set_linger(Some(Duration::ZERO))?;
    stream.write_all(request.as_bytes())?;
    std::thread::sleep(after);
    Ok(())
}

/// Whom the clients call that hang up.
#[derive(Clone)]
struct Called {
    public: String,
    operator: String,
    token: OperatorToken,
}

/// Opens [`RESETS_PER_SECOND`] connections, to the public listener and to the operator's, from [`CALLERS`] threads: a runtime would
/// take the time that it measures from those whom it disturbs.
fn hang_ups(called: &Called, tally: &Arc<Tally>, end: &CancellationToken) {
    for caller in 0..CALLERS {
        let (called, tally, end) = (called.clone(), tally.clone(), end.clone());
        std::thread::spawn(move || {
            let mut due = std::time::Instant::now();
            for turn in 0u64.. {
                if end.is_cancelled() {
                    return;
                }
                while tally.waits.are_long() && !end.is_cancelled() {
                    std::thread::sleep(EACH);
                }
                let number = turn * CALLERS + caller;
                let after = Duration::from_micros(number * 7919 % 4_000);
                let (address, request) = match number % 2 {
                    0 => (&called.operator, operators(&called.token, number)),
                    _ => (&called.public, format!("GET {} HTTP/1.1\r\nhost: a\r\n\r\n", PATHS[turn as usize % PATHS.len()])),
                };
                let hung_up = hang_up(address, &request, after);
                tally.resets.fetch_add(u64::from(hung_up.is_ok()), Relaxed);
                // Who falls behind catches up for a moment, and does not make up for what a busy machine did not give.
                let now = std::time::Instant::now();
                due = (due + EACH).max(now.checked_sub(BEHIND).unwrap_or(now));
                std::thread::sleep(due.saturating_duration_since(now));
            }
        });
    }
}

/// A call that writes, of a node that there is not.
fn operators(token: &OperatorToken, number: u64) -> String {
    let (body, key) = (r#"{"reason":"a try"}"#, token.expose());
    let head = format!("host: a\r\nauthorization: Bearer {key}\r\nidempotency-key: {number}\r\ncontent-type: application/json");
    format!("POST /api/v1/operator/nodes/000000000000/release HTTP/1.1\r\n{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

/// Reads one route after the other. An answer is right if it is whole, no older than the last, and of one block.
async fn honest(client: reqwest::Client, base: String, first: usize, tally: Arc<Tally>, end: CancellationToken) {
    let mut seen = 0;
    for turn in first.. {
        if end.is_cancelled() {
            return;
        }
        let path = PATHS[turn % PATHS.len()];
        let asked = async {
            let answer = client.get(format!("{base}{path}")).send().await.unwrap();
            (answer.status(), answer.json::<Value>().await.unwrap())
        };
        let (status, body) = tally.waits.during(first, asked).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        tally.answers.fetch_add(1, Relaxed);
        tokio::time::sleep(PAUSE).await;
        let Some(block) = body["meta"]["as_of"]["block_number"].as_u64() else { continue };
        assert!(block >= seen, "{path}: block {block} after block {seen}");
        seen = block;
        // Block 11 makes the pool, 12 the node; every block since stakes one LINK.
        let staked = (u128::from(block - 12) * JUELS_PER_LINK).to_string();
        if path.ends_with("0101") {
            assert_eq!(body["data"]["stake_juels"], staked, "{path} at block {block}");
        }
        if path.ends_with("/status") {
            assert_eq!(body["data"]["indexed"]["block_number"], block, "{body}");
        }
    }
}

/// As the indexer: a block with a stake, one after the other.
async fn index(mut story: Story, tally: Arc<Tally>, end: CancellationToken) {
    while !end.is_cancelled() {
        tally.waits.during(INDEXER, story.stake(node(1), staker(1), link(1)).mine(12)).await;
        tally.writes.fetch_add(1, Relaxed);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// As everybody else who writes, over and over.
async fn write(database: Database, turn: u64, at: linkpool_primitives::BlockRef) -> linkpool_db::Result<()> {
    match turn % 6 {
        0 => {
            let mut leader = Leader::new(database, format!("writer {turn}"), Duration::from_secs(1));
            leader.hold().await?;
            leader.release().await
        }
        1 => database.set_tags(None, Tags { head: 1_000_000 + turn, safe: 0, finalized: 0 }).await,
        2 => {
            let report = EndpointReport { name: "main".into(), state: "ok".into(), ..EndpointReport::default() };
            database.report_endpoints(None, &[report]).await
        }
        3 => database.set_replicas(&[] as &[Replica]).await,
        4 => {
            let (idempotency_key, actor) = (format!("call {turn}"), "test".to_owned());
            database.request_nodes(&ScaleRequest { idempotency_key, actor, count: 1, reason: None }).await.map(drop)
        }
        _ => {
            let found = NewVerification {
                block: at,
                is_whole: false,
                endpoint: "main".into(),
                nodes: 1,
                positions: 1,
                tickets: 0,
                events: 1,
                differences: 0,
                first_bad_block: None,
                examples: Vec::new(),
                elapsed: Duration::ZERO,
            };
            database.record_verification(&found).await
        }
    }
}

async fn write_all(database: Database, at: linkpool_primitives::BlockRef, tally: Arc<Tally>, end: CancellationToken) {
    for turn in 0.. {
        if end.is_cancelled() {
            return;
        }
        let written = tally.waits.during(WRITERS, write(database.clone(), turn, at)).await;
        written.unwrap_or_else(|error| panic!("write {turn}: {error}"));
        tally.writes.fetch_add(1, Relaxed);
        tally.nodes.fetch_add(u64::from(turn % 6 == 4), Relaxed);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The connections of everybody who writes, and the operator's listener on the same.
async fn writers(url: &str, end: CancellationToken) -> (Database, OperatorToken, String) {
    let database = Database::connect(&Connect::new(url)).await.unwrap();
    let directory = tempfile::tempdir().unwrap();
    let token = OperatorToken::read_or_create(&directory.path().join("token")).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(linkpool_api::operator::serve(token.clone(), database.clone(), listener, end));
    (database, token, address)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_hang_up_at_every_point_poison_no_write_and_no_answer() {
    let (test_database, database) = database().await;
    let mut story = Story::begin(database.clone()).await;
    story.register(node(1)).mine(12).await;
    let at = story.at;
    let plenty = Limits { requests_per_second: 1_000_000, burst: 1_000_000, ..Limits::default() };
    let public_story = Story::continued(&story);
    let fixture = Fixture::serve(ApiConfig { limits: plenty, ..ApiConfig::default() }, public_story, test_database).await;
    let end = CancellationToken::new();
    let (tally, mut tasks) = (Arc::new(Tally::default()), JoinSet::new());
    // Clients and writers are other processes: a server at its limit does not hold them up.
    let elsewhere = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (url, ended) = (fixture.test_database.url().to_owned(), end.clone());
    let opened = elsewhere.spawn(async move { writers(&url, ended).await });
    let (database, token, operator) = opened.await.unwrap();
    let public = fixture.base.trim_start_matches("http://").to_owned();
    hang_ups(&Called { public, operator, token }, &tally, &end);
    for first in 0..HONEST {
        tasks.spawn_on(
            honest(fixture.client.clone(), fixture.base.clone(), first, tally.clone(), end.clone()),
            elsewhere.handle(),
        );
    }
    story.database = database.clone();
    tasks.spawn_on(index(story, tally.clone(), end.clone()), elsewhere.handle());
    tasks.spawn_on(write_all(database.clone(), at, tally.clone(), end.clone()), elsewhere.handle());
    let (begun, mut look) = (Instant::now(), tokio::time::interval(Duration::from_millis(50)));
    while begun.elapsed().as_secs() < seconds() || !tally.suffices() {
        assert!(begun.elapsed() < PATIENCE, "too little came about: {tally:?}");
        tokio::select! {
            // Whoever finds something wrong ends at once.
            Some(ended) = tasks.join_next() => ended.unwrap(),
            _ = look.tick() => {}
        }
    }
    end.cancel();
    while let Some(ended) = tasks.join_next().await {
        ended.unwrap();
    }
    // What was said to be written is there: nothing was written into somebody else's transaction.
    let nodes = fixture.story.database.fleet_nodes().await.unwrap().len() as u64;
    assert_eq!(nodes, tally.nodes.load(Relaxed), "nodes that were asked for");
    elsewhere.shutdown_background();
    // `cargo xtask prove hang-ups` reads these.
    let (elapsed, of) = (begun.elapsed().as_secs_f64(), |count: &AtomicU64| count.load(Relaxed));
    let (resets, answers, writes) = (of(&tally.resets), of(&tally.answers), of(&tally.writes));
    println!("{elapsed:.0} s: {resets} resets ({:.0}/s), {answers} answers, {writes} writes", resets as f64 / elapsed);
}
