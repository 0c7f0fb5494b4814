//! `linkpool guard status`

use anyhow::Result;
use linkpool_db::{Database, read::EventFilter};
use linkpool_primitives::{Address, BlockRef, EventKind, checksum, rfc3339};
use serde_json::json;

use crate::{commands::connect, config::Config, duration::describe_duration, flags::Json, guard::Numbers, output::answer};

/// The role's bit in the contract.
const REPORTER: u64 = 8;
/// Changes of roles that are looked through; a pool sees a handful in its life.
const MAX_CHANGES: u32 = 1_000;

/// Who may report and who did, from the indexed events.
#[derive(Debug, Default)]
struct Reporters {
    last: Option<Address>,
    may: Vec<Address>,
}

pub async fn run(config: &Config, options: &Json) -> Result<()> {
    let chain = connect::chain(config).await?;
    let pool = connect::pool_on(config, Some(&chain)).await?;
    let block = chain.heads().await?.head;
    let numbers = Numbers::read(&chain, pool, &block).await?;
    let reporters = if config.has_database() { Some(reporters(&connect::database(config).await?).await?) } else { None };
    if options.json {
        let reporters = reporters.unwrap_or_default();
        answer!(
            "{}",
            json!({
                "block_number": block.number, "block_hash": block.hash, "is_open": numbers.is_open(), "live_nodes": numbers.live_nodes,
                "available": numbers.available(), "reported": numbers.reported, "ceiling": numbers.ceiling, "network": numbers.network(),
                "max_share_bps": numbers.max_share_bps, "reported_at": numbers.reported_at, "stale_at": numbers.stale_at(),
                "is_stale": numbers.is_stale(), "last_reporter": reporters.last.map(|account| checksum(&account)),
                "reporters": reporters.may.iter().map(checksum).collect::<Vec<_>>(),
            })
        );
    } else {
        print(&block, &numbers, reporters.as_ref());
    }
    Ok(())
}

async fn reporters(database: &Database) -> Result<Reporters> {
    let Some(mut snapshot) = database.snapshot().await? else { return Ok(Reporters::default()) };
    let newest = |kind, limit| EventFilter { kind: Some(kind), limit, ..EventFilter::default() };
    let last = snapshot.events(&newest(EventKind::NetworkReported, 1)).await?.pop().and_then(|event| event.account);
    let (mut seen, mut may) = (Vec::new(), Vec::new());
    for change in snapshot.events(&newest(EventKind::RolesChanged, MAX_CHANGES)).await? {
        let Some(account) = change.account.filter(|account| !seen.contains(account)) else { continue };
        seen.push(account);
        if change.detail.is_some_and(|detail| detail["roles"].as_u64().unwrap_or_default() & REPORTER != 0) {
            may.push(account);
        }
    }
    Ok(Reporters { last, may })
}

fn print(block: &BlockRef, numbers: &Numbers, reporters: Option<&Reporters>) {
    let line = |name: &str, value: String| answer!("{name:<9} {value}");
    let time = |seconds: u64| rfc3339(seconds).unwrap_or_else(|| seconds.to_string());
    let verdict = match (numbers.is_stale(), numbers.is_open()) {
        (true, _) => "closed: the last report is too old; `linkpool guard report` makes a new one".to_owned(),
        (_, false) => "closed: one more node would be more than the pool's share of the network".to_owned(),
        (_, true) => format!("open: {} more nodes may be registered", numbers.available()),
    };
    line("guard", verdict);
    line("network", format!("{} nodes: {} reported, at most {} count", numbers.network(), numbers.reported, numbers.ceiling));
    line("nodes", format!("{} registered and not retired", numbers.live_nodes));
    let sign = if numbers.left() <= numbers.right() { "<=" } else { ">" };
    line(
        "sum",
        format!(
            "({} + 1) x 10000 = {} {sign} {} x {} = {}",
            numbers.live_nodes,
            numbers.left(),
            numbers.max_share_bps,
            numbers.network(),
            numbers.right()
        ),
    );
    let age = if numbers.is_stale() {
        format!("{} ago", describe_duration(numbers.now - numbers.stale_at()))
    } else {
        format!("in {}", describe_duration(numbers.stale_at() - numbers.now))
    };
    line("report", format!("of {}, counts until {} ({age})", time(numbers.reported_at), time(numbers.stale_at())));
    if let Some(reporters) = reporters {
        let last = reporters.last.map_or_else(|| "the constructor".to_owned(), |account| checksum(&account));
        let may: Vec<String> = reporters.may.iter().map(checksum).collect();
        line(
            "reporter",
            format!("{last} reported last; {} may report", if may.is_empty() { "nobody".into() } else { may.join(", ") }),
        );
    }
    line("block", block.number.to_string());
}
