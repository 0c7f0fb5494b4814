//! What every role of a pool costs while nothing happens: figures for `cargo xtask bench idle`, of real processes with their default
//! settings on a chain with a block every 12 seconds. Does nothing unless `LINKPOOL_MEASURE` is set.

use std::{
    collections::BTreeMap,
    fs,
    net::TcpListener,
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use linkpool_contracts::pool::registryCall;
use linkpool_db::{Connect, Database};
use linkpool_testkit::{AnvilOptions, Proxy};
use serde_json::json;

use crate::{
    fixture::{CliFixture, restrict},
    roles::get,
};

const ROLES: [&str; 6] = ["index", "api", "registrar", "fleet", "reporter", "earnings"];
const NODES: u32 = 2;
const BLOCK_TIME: Duration = Duration::from_secs(12);
/// Until a role knows that blocks come by the clock.
const LEARNT: u32 = 12;
/// How often Prometheus asks.
const SCRAPE_INTERVAL: Duration = Duration::from_secs(15);
/// By then the connections are closed that a burst of calls had left behind.
const BURST_END_DELAY: Duration = Duration::from_secs(300);
/// Two that read, two that write and two that listen, and what a scrape needs at once.
const MAX_CONNECTIONS: usize = 8;
const DAY: f64 = 86_400.0;

/// A role behind an endpoint of its own.
struct Role {
    name: &'static str,
    proxy: Proxy,
    metrics: String,
    child: Child,
}

impl Drop for Role {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_each_role_costs_while_nothing_happens() {
    if std::env::var_os("LINKPOOL_MEASURE").is_none() {
        return;
    }
    let minutes = std::env::var("LINKPOOL_MINUTES").ok().and_then(|text| text.parse().ok()).unwrap_or(10);
    // A block is final 64 later, as on Ethereum, and not 32 of them at once, which costs more.
    let options = AnvilOptions { slots_in_epoch: 32, ..AnvilOptions::default() };
    let (fixture, contracts, _) = CliFixture::with_pool_on(&options, |accounts, ours| accounts.registrar = ours).await;
    let registry = fixture.chain.call(contracts.pool, &registryCall {}).await.unwrap();
    let operator = free();
    fixture.key_of_its_own("earnings").await;
    configure(&fixture, &contracts, registry.reported, &operator);
    let mut roles = Vec::new();
    for name in ROLES {
        roles.push(start(&fixture, name).await);
    }
    fixture.succeed(&format!("scale up {NODES} --wait --timeout 300"));
    let burst = Instant::now();

    // What was sent is final: until then it is looked at with each block, and that is not idle.
    fixture.chain.forward("anvil_mine".into(), json!(["0x50", "0xc"])).await.unwrap();
    fixture.chain.forward("evm_setAutomine".into(), json!([false])).await.unwrap();
    fixture.chain.forward("evm_setIntervalMining".into(), json!([BLOCK_TIME.as_secs()])).await.unwrap();
    let database = Database::connect(&Connect::new(fixture.database.url()).patient()).await.unwrap();
    let mut connections = BTreeMap::new();
    watch(&roles, BLOCK_TIME * LEARNT, async || {}).await;
    let before: Vec<(u64, u64)> = roles.iter().map(|role| role.proxy.counted()).collect();
    let seconds = watch(&roles, Duration::from_secs(60 * minutes), async || {
        if burst.elapsed() >= BURST_END_DELAY {
            most_connected(&database, &mut connections).await;
        }
    })
    .await;
    most_connected(&database, &mut connections).await;

    let (mut all_requests, mut all_calls) = (0.0, 0.0);
    for (role, before) in roles.iter().zip(before) {
        let now = role.proxy.counted();
        let a_day = |before: u64, now: u64| (now - before) as f64 / seconds * DAY;
        let (requests, calls) = (a_day(before.0, now.0), a_day(before.1, now.1));
        row(&format!("{}_calls", role.name), calls, "a_day");
        row(&format!("{}_requests", role.name), requests, "a_day");
        let connected = connections[role.name];
        row(&format!("{}_connections", role.name), connected as f64, "connections");
        assert!(connected <= MAX_CONNECTIONS, "{} has {connected} connections", role.name);
        (all_requests, all_calls) = (all_requests + requests, all_calls + calls);
    }
    row("all_calls", all_calls, "a_day");
    row("all_requests", all_requests, "a_day");
    assert!(all_calls <= 100_000.0, "{all_calls} calls a day");
}

fn configure(fixture: &CliFixture, contracts: &linkpool_testkit::fixture::Contracts, size: u32, operator: &str) {
    let owner = fixture.database.url();
    for (name, text) in [("nodes-url", owner), ("token", &"t".repeat(40)), ("seal-key", &"5e".repeat(32))] {
        fs::write(fixture.path(name), text).unwrap();
        restrict(&fixture.path(name), 0o600);
    }
    fs::write(fixture.path("size"), size.to_string()).unwrap();
    let listens = ["indexer", "registrar"].map(|section| format!("[{section}]\nhealth_listen = \"127.0.0.1:0\"\n"));
    let settings = format!(
        "[chain]\nchain_id = 31337\npool = \"{}\"\nearnings_factory = \"{}\"\ndeploy_block = {}\n[database]\nurl = \"{owner}\"\n\
         [operator]\nlisten = \"{operator}\"\ntoken_file = \"token\"\n[api]\nlisten = \"127.0.0.1:0\"\nhealth_listen = \"127.0.0.1:0\"\n\
         [fleet]\nnode_database_url_file = \"nodes-url\"\nseal_key_file = \"seal-key\"\ndevelopment_chains = [31337]\n\
         nodes_end_with_fleet = true\nhealth_listen = \"127.0.0.1:0\"\n\
         [reporter]\nsource_file = \"size\"\nhealth_listen = \"127.0.0.1:0\"\n\
         [keys.reporter]\nkeystore = \"keystore.json\"\npassword_file = \"password\"\n\
         [keys.earnings]\nkeystore = \"earnings.json\"\npassword_file = \"password\"\n\
         [earnings]\nhealth_listen = \"127.0.0.1:0\"\n\
         {}keystore = \"keystore.json\"\npassword_file = \"password\"\n",
        contracts.pool,
        contracts.earnings_factory,
        contracts.deploy_block,
        listens.concat()
    );
    fs::write(fixture.path("linkpool.toml"), settings).unwrap();
}

async fn start(fixture: &CliFixture, name: &'static str) -> Role {
    let proxy = Proxy::start(fixture.chain_port()).await.unwrap();
    let log = fixture.path(&format!("{name}.log"));
    let words = fs::File::create(&log).unwrap();
    let line = format!("{name} --rpc-url {}", proxy.http_url());
    let child = fixture.command(&line).stdout(Stdio::null()).stderr(words).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(120);
    let metrics = loop {
        let text = fs::read_to_string(&log).unwrap();
        if let Some(url) = text.split("health and metrics at ").nth(1).and_then(|rest| rest.split_whitespace().next()) {
            break format!("{}metrics", url);
        }
        assert!(Instant::now() < deadline, "{name} does not start: {text}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    Role { name, proxy, metrics, child }
}

/// Lets time pass, with a monitor beside it that also does `each`, and tells how much it was.
async fn watch(roles: &[Role], time: Duration, mut each: impl AsyncFnMut()) -> f64 {
    let begun = Instant::now();
    while begun.elapsed() < time {
        for role in roles {
            assert_eq!(get(&role.metrics, None).await.0, 200, "{}", role.name);
        }
        each().await;
        tokio::time::sleep(SCRAPE_INTERVAL).await;
    }
    begun.elapsed().as_secs_f64()
}

/// Keeps the most connections that each role was ever seen with.
async fn most_connected(database: &Database, most: &mut BTreeMap<String, usize>) {
    for (connected, count) in database.connected_roles().await.unwrap() {
        let seen = most.entry(connected.role).or_default();
        *seen = count.max(*seen);
    }
}

fn free() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

fn row(name: &str, value: f64, unit: &str) {
    println!("row {name} {value:.0} {unit}");
}
