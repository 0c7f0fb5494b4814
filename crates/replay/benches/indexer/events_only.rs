//! The real indexer with its projections left out: what they cost shows as the difference.

use std::time::Duration;

use anyhow::Result;
use linkpool_chain::{Chain, Endpoint};
use linkpool_db::{Connect, Database, measure};
use linkpool_indexer::{Config, follow, run};
use linkpool_replay::chain::{DEPLOY_BLOCK, POOL};
use tokio_util::sync::CancellationToken;

pub async fn run_without_projections(rpc: &str, database: &str) -> Result<()> {
    measure::write_events_only();
    let chain = Chain::connect(&Endpoint::new(rpc)?, None).await?;
    let database = Database::connect(&Connect::new(database)).await?;
    follow(&chain, &database, POOL, DEPLOY_BLOCK).await?;
    let config = Config { pool: POOL, range: 10_000, poll: Duration::from_secs(1) };
    Ok(run(config, chain, database, CancellationToken::new()).await?)
}
