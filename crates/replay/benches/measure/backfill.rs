//! The indexer as it is released, on the replay chain, beside the bare pipe, in one run.

use anyhow::{Context, Result, bail};
use linkpool_chain::{Chain, Endpoint};
use linkpool_db::Database;
use linkpool_replay::{Behaviour, chain::POOL};
use serde_json::{Value, json};

use crate::{fixture::BenchFixture, percentile, process::Usage, tip};

/// Of the realistic endpoint: milliseconds a request, and Infura's cap of logs an answer.
const LATENCY_MS: u64 = 25;
const LOG_CAP: u64 = 10_000;
const NAMED: &str = "zipf";
/// Contracts beside the pool that are followed and have no logs.
const QUIET: &str = "200";
/// By so many blocks the indexer has learnt that they come by the clock; of so many its calls are counted.
const LEARNT_BLOCKS: u64 = 9;
const COUNTED_BLOCKS: u64 = 20;
/// How often the head is looked at where a block is to be seen soon after it is there.
const DENSE_POLL_MS: u64 = 50;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[arg(long, default_value = NAMED)]
    workload: String,
    /// So many events instead of the workload's own number.
    #[arg(long)]
    events: Option<u64>,
    /// Each figure is the median of so many runs.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Blocks mined for each row about the tip; with 0 there are none.
    #[arg(long, default_value_t = 60)]
    tip_blocks: u64,
}

/// What a backfill took, each the list of all rounds.
#[derive(Default)]
struct Backfill {
    bare: Vec<Usage>,
    events_only: Vec<Usage>,
    projected: Vec<Usage>,
    capped: Vec<Usage>,
    /// As projected, beside [`QUIET`] contracts more.
    followed: Vec<Usage>,
    /// From there until every index is built.
    ready: Vec<Usage>,
}

pub async fn measure(arguments: &Arguments) -> Result<()> {
    let hold = 3 * arguments.tip_blocks;
    let mut fixture = BenchFixture::set(&arguments.workload, arguments.events, hold).await?;
    let events = fixture.number("events");
    eprintln!("the chain: {}", fixture.chain);
    let mut backfill = Backfill::default();
    // What is measured beside the named workload alone is the same whatever the chain is.
    let is_named = arguments.workload == NAMED;
    for round in 1..=arguments.rounds {
        backfill.bare.push(bare(&mut fixture).await.context("the bare pipe")?);
        backfill.events_only.push(events_only(&mut fixture).await.context("events only")?);
        if is_named {
            fixture.behave(Behaviour { latency_ms: LATENCY_MS, log_cap: Some(LOG_CAP), ..Behaviour::default() }).await?;
            backfill.capped.push(projected(&mut fixture, "0").await.context("the indexer on a capped endpoint")?.0);
            backfill.followed.push(projected(&mut fixture, QUIET).await.context("the indexer beside quiet contracts")?.0);
        }
        let (projected, ready) = projected(&mut fixture, "0").await.context("the indexer")?;
        backfill.projected.push(projected);
        backfill.ready.push(ready);
        for (name, usages) in backfill.named() {
            if let Some(Usage { seconds, cpu_seconds, peak_mb }) = usages.last() {
                eprintln!("round {round}: {name}: {seconds:.2} s, {cpu_seconds:.2} s of CPU, {peak_mb:.0} MB at most");
            }
        }
    }
    let seen = std::mem::take(&mut fixture.seen);
    let measured = measured(&fixture, arguments)?;
    let mut rows = backfill.rows(events);
    if arguments.workload == "uniform" {
        rows.extend(tenths(&seen, fixture.number("head"), events)?);
    }
    if arguments.tip_blocks > 0 {
        rows.extend(tip(&mut fixture, arguments.tip_blocks).await.context("the tip")?.rows());
    }
    if is_named {
        rows.push(("sparse_s", sparse(&mut fixture).await.context("the sparse chain")?));
    }
    if is_named && arguments.tip_blocks > 0 {
        rows.push(("poll_requests_per_block", calls_by_the_clock(&mut fixture).await.context("blocks by the clock")?));
    }
    let rows: Vec<Value> = rows.into_iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
    println!("{}", json!({ "rows": rows, "measured": measured }));
    Ok(())
}

async fn bare(fixture: &mut BenchFixture) -> Result<Usage> {
    let (url, database) = fixture.database().await?;
    let head = fixture.number("head").to_string();
    let mut process = fixture.again(&["bare", fixture.rpc(), &url, &head])?;
    process.line().await?;
    let usage = process.usage()?;
    process.stop().await?;
    expect_count(fixture, &url, "bare_event")?;
    fixture.clear(database).await?;
    Ok(usage)
}

async fn events_only(fixture: &mut BenchFixture) -> Result<Usage> {
    let (url, database) = fixture.database().await?;
    let mut process = fixture.again(&["follow", fixture.rpc(), &url, "--events-only"])?;
    let usage = fixture.until_indexed(&mut process, &database, fixture.number("head")).await?;
    process.stop().await?;
    expect_count(fixture, &url, "event")?;
    fixture.clear(database).await?;
    Ok(usage)
}

/// The indexer, beside so many quiet contracts, until the last block's state is written, and from then until it is ready.
async fn projected(fixture: &mut BenchFixture, quiet: &str) -> Result<(Usage, Usage)> {
    let (url, database) = fixture.database().await?;
    let mut process = fixture.again(&["follow", fixture.rpc(), &url, "--quiet", quiet])?;
    let usage = fixture.until_indexed(&mut process, &database, fixture.number("head")).await?;
    let ready = fixture.until_ready(&mut process, &database).await?;
    process.stop().await?;
    expect_count(fixture, &url, "event")?;
    verify(fixture, &database).await?;
    fixture.clear(database).await?;
    Ok((usage, Usage { seconds: ready.seconds - usage.seconds, ..ready }))
}

/// A fast run that is wrong is no run: the contract's views decide, of every node, position and ticket. The endpoint is as fast as it can
/// be from here on: of a million positions that is minutes instead of a quarter of an hour.
async fn verify(fixture: &BenchFixture, database: &Database) -> Result<()> {
    fixture.behave(Behaviour::default()).await?;
    let chain = Chain::connect(&Endpoint::new(fixture.rpc())?, None).await?;
    let found = linkpool_indexer::verify(&chain, database, POOL).await?.context("a database that follows the pool")?;
    if let Some(difference) = found.differences.first() {
        bail!("{} differences between database and contract; the first: {difference}", found.differences.len());
    }
    eprintln!("the database equals the contract: {} positions, {} tickets", found.positions, found.tickets);
    Ok(())
}

fn expect_count(fixture: &BenchFixture, url: &str, table: &str) -> Result<()> {
    let name = url.rsplit('/').next().and_then(|name| name.split('?').next()).unwrap_or_default();
    let count = fixture.postgres.run(name, &format!("select count(*) from {table}"))?.join("");
    if count != fixture.number("events").to_string() {
        bail!("{} events were emitted and {count} are there", fixture.number("events"));
    }
    Ok(())
}

/// Milliseconds, sorted, with new heads over a WebSocket and by polling.
struct Tip {
    /// One committed insert, by itself.
    floor: Vec<f64>,
    ws: Vec<f64>,
    /// Looking as densely as [`DENSE_POLL_MS`] says.
    poll: Vec<f64>,
    poll_default: Vec<f64>,
}

async fn tip(fixture: &mut BenchFixture, blocks: u64) -> Result<Tip> {
    let (url, database) = fixture.database().await?;
    let (ws, head) = (fixture.chain["ws"].as_str().unwrap_or_default().to_owned(), fixture.number("head"));
    let mut process = fixture.again(&["follow", fixture.rpc(), &url, "--ws", &ws])?;
    fixture.until_indexed(&mut process, &database, head).await?;
    fixture.until_ready(&mut process, &database).await?;
    let by_ws = tip::latencies(fixture, &database, blocks).await.context("with ws")?;
    process.stop().await?;
    let floor = tip::floor(&database, blocks).await?;
    let dense = DENSE_POLL_MS.to_string();
    let mut process = fixture.again(&["follow", fixture.rpc(), &url, "--poll-ms", &dense])?;
    fixture.until_indexed(&mut process, &database, head + blocks).await?;
    let by_poll = tip::latencies(fixture, &database, blocks).await.context("with polling")?;
    process.stop().await?;
    let mut process = fixture.again(&["follow", fixture.rpc(), &url])?;
    fixture.until_indexed(&mut process, &database, head + 2 * blocks).await?;
    let by_default = tip::latencies(fixture, &database, blocks).await.context("with polling once a second")?;
    process.stop().await?;
    verify(fixture, &database).await?;
    fixture.clear(database).await?;
    Ok(Tip { floor, ws: by_ws, poll: by_poll, poll_default: by_default })
}

impl Backfill {
    fn named(&self) -> [(&'static str, &Vec<Usage>); 5] {
        [
            ("bare pipe", &self.bare),
            ("events only", &self.events_only),
            ("capped", &self.capped),
            ("followed", &self.followed),
            ("projected", &self.projected),
        ]
    }

    fn rows(&self, events: u64) -> Vec<(&'static str, f64)> {
        let events = events as f64;
        let rate = |usages: &[Usage]| events / median(usages, |usage| usage.seconds);
        let cpu = |usages: &[Usage]| median(usages, |usage| usage.cpu_seconds);
        let mut rows = vec![
            ("bare_pipe_per_s", rate(&self.bare)),
            ("events_only_per_s", rate(&self.events_only)),
            ("projected_per_s", rate(&self.projected)),
            ("ready_s", median(&self.ready, |usage| usage.seconds)),
            ("own_cpu_ratio", cpu(&self.projected) / cpu(&self.bare)),
            ("rss_mb", median(&self.projected, |usage| usage.peak_mb)),
        ];
        if !self.capped.is_empty() {
            rows.extend([
                ("capped_per_s", rate(&self.capped)),
                ("capped_rss_mb", median(&self.capped, |usage| usage.peak_mb)),
                ("followed_per_s", rate(&self.followed)),
            ]);
        }
        rows
    }
}

fn median(usages: &[Usage], of: impl Fn(&Usage) -> f64) -> f64 {
    let mut values: Vec<f64> = usages.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    percentile(&values, 50)
}

impl Tip {
    fn rows(&self) -> [(&'static str, f64); 5] {
        [
            ("tip_floor_ms", percentile(&self.floor, 50)),
            ("tip_ws_p50_ms", percentile(&self.ws, 50)),
            ("tip_ws_p90_ms", percentile(&self.ws, 90)),
            ("tip_poll_p50_ms", percentile(&self.poll, 50)),
            ("tip_poll_default_p50_ms", percentile(&self.poll_default, 50)),
        ]
    }
}

/// Events a second of the first tenth of a chain, and of the last: whether it slows down as the tables grow.
fn tenths(seen: &[(f64, u64)], last: u64, events: u64) -> Result<[(&'static str, f64); 2]> {
    let first = seen.iter().find(|(_, block)| *block >= last / 10).context("a first tenth")?;
    let before = seen.iter().rev().find(|(_, block)| *block <= last - last / 10).context("a last tenth")?;
    let end = seen.last().context("an end")?;
    let rate = |blocks: u64, seconds: f64| blocks as f64 / seconds * events as f64 / last as f64;
    Ok([("first_tenth_per_s", rate(first.1, first.0)), ("last_tenth_per_s", rate(end.1 - before.1, end.0 - before.0))])
}

/// Seconds until a chain with few logs is followed to its end, on the realistic endpoint.
async fn sparse(fixture: &mut BenchFixture) -> Result<f64> {
    fixture.serve("sparse", 0).await?;
    fixture.behave(Behaviour { latency_ms: LATENCY_MS, log_cap: Some(LOG_CAP), ..Behaviour::default() }).await?;
    let (usage, _) = projected(fixture, "0").await?;
    Ok(usage.seconds)
}

/// Calls a block by default where blocks come by the clock, as they do where each call is paid for.
async fn calls_by_the_clock(fixture: &mut BenchFixture) -> Result<f64> {
    fixture.serve("clock", LEARNT_BLOCKS + COUNTED_BLOCKS).await?;
    let (url, database) = fixture.database().await?;
    let mut process = fixture.again(&["follow", fixture.rpc(), &url])?;
    fixture.until_indexed(&mut process, &database, fixture.number("head")).await?;
    fixture.until_ready(&mut process, &database).await?;
    tip::by_the_clock(fixture, LEARNT_BLOCKS).await?;
    let before = fixture.calls().await?;
    tip::by_the_clock(fixture, COUNTED_BLOCKS).await?;
    let calls = fixture.calls().await? - before;
    fixture.until_indexed(&mut process, &database, fixture.number("lastBlock")).await?;
    process.stop().await?;
    verify(fixture, &database).await?;
    fixture.clear(database).await?;
    Ok(calls as f64 / COUNTED_BLOCKS as f64)
}

/// What was measured, and on what.
fn measured(fixture: &BenchFixture, arguments: &Arguments) -> Result<Value> {
    let setting = |name: &str| fixture.postgres.run("postgres", &format!("show {name}")).map(|rows| rows.join(""));
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    Ok(json!({
        "cores": std::thread::available_parallelism().map_or(0, usize::from),
        "load": load.split_whitespace().next(),
        "workload": arguments.workload,
        "events": fixture.number("events"),
        "mix": fixture.chain["mix"],
        "rounds": arguments.rounds,
        "tip_blocks": arguments.tip_blocks,
        "postgres": setting("server_version")?,
        "fsync": setting("fsync")?,
        "synchronous_commit": setting("synchronous_commit")?,
        "capped": format!("{LATENCY_MS} ms a request, at most {LOG_CAP} logs an answer"),
    }))
}
