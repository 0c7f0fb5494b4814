//! The real indexer, as `linkpool index` runs it, in a process of its own.

use std::time::Duration;

use anyhow::Result;
use linkpool_chain::{Chain, Endpoint};
use linkpool_db::{Connect, Database, measure};
use linkpool_indexer::{Config, follow, run};
use linkpool_replay::chain::{DEPLOY_BLOCK, POOL};
use tokio_util::sync::CancellationToken;

/// The settings of `linkpool index`, none of them set by hand.
const RANGE_BLOCKS: u64 = 10_000;
const POLL_INTERVAL_MS: u64 = 1_000;

#[derive(Debug, Clone, clap::Args)]
pub struct Follower {
    pub rpc: String,
    pub database: String,
    /// New heads come over this; without it the chain is polled.
    #[arg(long)]
    pub ws: Option<String>,
    /// How often the head is looked at where no subscription tells of it.
    #[arg(long, default_value_t = POLL_INTERVAL_MS)]
    pub poll_ms: u64,
    /// Leave the state tables and the history as they are: what they cost shows as the difference.
    #[arg(long)]
    pub events_only: bool,
    /// Ask for the logs of so many contracts more, which have none.
    #[arg(long, default_value_t = 0)]
    pub quiet: u32,
}

/// Follows until the process is ended.
pub async fn follow_chain(options: Follower) -> Result<()> {
    if options.events_only {
        measure::write_events_only();
    }
    measure::follow_quiet(options.quiet);
    let endpoint = Endpoint::new(options.rpc)?;
    let endpoint = match options.ws {
        Some(ws) => endpoint.with_ws(ws)?,
        None => endpoint,
    };
    let chain = Chain::connect(&endpoint, None).await?;
    let database = Database::connect(&Connect::new(&options.database)).await?;
    follow(&chain, &database, POOL, DEPLOY_BLOCK).await?;
    let config = Config { pool: POOL, range: RANGE_BLOCKS, poll: Duration::from_millis(options.poll_ms) };
    Ok(run(config, chain, database, CancellationToken::new()).await?)
}
