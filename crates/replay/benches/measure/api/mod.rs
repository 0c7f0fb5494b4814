//! The API as it is released over the tables that the indexer made of the replay chain, beside what Postgres itself answers through pgbench. Server,
//! database and clients share the machine.

mod asker;
mod client;
mod load;
mod pages;
mod pgbench;
mod question;
mod streams;

use anyhow::{Context, Result};
use linkpool_api::{ApiConfig, Limits};
use linkpool_db::{Connect, Reader};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{fixture::BenchFixture, process::Measured};
use question::{Key, Question};

/// Nobody is refused: it is not the limits that are measured.
const NO_LIMITS: Limits =
    Limits { requests_per_second: 1_000_000, burst: 1_000_000, streams_per_client: 10_000, streams: 10_000 };

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[arg(long, default_value = "zipf")]
    workload: String,
    /// So many events instead of the workload's own number.
    #[arg(long)]
    events: Option<u64>,
    /// Of each measurement.
    #[arg(long, default_value_t = 3)]
    seconds: u64,
    /// Clients that ask at the same time.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Open streams at the same time.
    #[arg(long, default_value_t = 2_000)]
    streams: usize,
    /// Blocks mined while they are open, plain and then compressed.
    #[arg(long, default_value_t = 30)]
    blocks: u64,
}

type Rows = Vec<(String, f64)>;

pub async fn measure(arguments: &Arguments) -> Result<()> {
    let mut fixture = BenchFixture::set(&arguments.workload, arguments.events, 2 * arguments.blocks).await?;
    let (url, database) = fixture.database().await?;
    let mut indexer = fixture.again(&["follow", fixture.rpc(), &url])?;
    fixture.until_indexed(&mut indexer, &database, fixture.number("head")).await?;
    fixture.until_ready(&mut indexer, &database).await?;
    indexer.stop().await?;
    let name = url.rsplit('/').next().and_then(|name| name.split('?').next()).unwrap_or_default();
    fixture.postgres.run(name, "vacuum analyze")?;
    eprintln!("{} events are indexed", fixture.number("events"));

    let mut rows = vec![("pgbench_per_s".to_owned(), pgbench::selects(&fixture, arguments)?)];
    rows.extend(requests(&fixture, &url, arguments).await?);
    rows.extend(streams::measure(&mut fixture, &url, &database, arguments).await.context("streams")?);
    let rows: Vec<Value> = rows.into_iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
    println!("{}", json!({ "rows": rows, "measured": measured(&fixture, arguments)? }));
    Ok(())
}

/// The API in a process of its own, and its address.
async fn start(fixture: &BenchFixture, database: &str) -> Result<(Measured, String)> {
    let mut server = fixture.again(&["serve", database])?;
    let address = server.line().await.context("the API")?;
    Ok((server, address))
}

async fn requests(fixture: &BenchFixture, url: &str, arguments: &Arguments) -> Result<Rows> {
    let (server, address) = start(fixture, url).await?;
    let mut rows = Rows::new();
    for question in &question::all(&address).await? {
        rows.extend(rates(question, &address, arguments).await.with_context(|| format!("asking for {}", question.name))?);
    }
    rows.push(("304_per_s".to_owned(), load::held(&address, arguments).await?));
    rows.push(("nodes_gzip_per_s".to_owned(), load::compressed(&question::nodes_page(), &address, arguments).await?));
    rows.extend(pages::measure(&address, fixture.number("events")).await.context("pages")?);
    server.stop().await?;
    Ok(rows)
}

/// How many a second, from the cache and past it, and how long each takes at half of that.
async fn rates(question: &Question, address: &str, arguments: &Arguments) -> Result<Rows> {
    let mut rows = Rows::new();
    question.warm(address).await?;
    let kinds: &[(Key, &str)] = if question.is_kept { &[(Key::Same, ""), (Key::New, "_cold")] } else { &[(Key::Same, "")] };
    for (key, suffix) in kinds {
        let rate = load::most(question, *key, address, arguments).await?;
        let taken = load::at_rate(question, *key, address, arguments, rate / 2.0).await?;
        let name = format!("{}{suffix}", question.name);
        eprintln!("{name}: {rate:.0}/s");
        rows.push((format!("{name}_per_s"), rate));
        rows.push((format!("{name}_p50_ms"), crate::percentile(&taken, 50)));
        rows.push((format!("{name}_p99_ms"), crate::percentile(&taken, 99)));
    }
    Ok(rows)
}

/// What `linkpool api` serves, with its settings but for the limits of a client.
pub async fn serve(database: &str) -> Result<()> {
    let reader = Reader::connect(&Connect::new(database)).await?;
    let listener = TcpListener::bind("127.0.0.1:0").await.context("a port")?;
    println!("{}", listener.local_addr()?);
    let config = ApiConfig { limits: NO_LIMITS, ..ApiConfig::default() };
    Ok(linkpool_api::serve(config, reader, listener, CancellationToken::new()).await?)
}

fn measured(fixture: &BenchFixture, arguments: &Arguments) -> Result<Value> {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    Ok(json!({
        "cores": std::thread::available_parallelism().map_or(0, usize::from),
        "load": load.split_whitespace().next(),
        "workload": arguments.workload,
        "events": fixture.number("events"),
        "connections": arguments.connections,
        "postgres": fixture.postgres.run("postgres", "show server_version")?.join(""),
    }))
}
