//! How long after a block is mined its rows are visible in Postgres.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use linkpool_db::{Database, notice::Notice};
use serde_json::json;

use crate::fixture::BenchFixture;

/// Before a block counts as lost.
const WAIT_TIMEOUT: Duration = Duration::from_secs(30);
/// Between two blocks of the workload `clock`.
const BLOCK_INTERVAL: Duration = Duration::from_secs(4);

/// Mines `blocks` blocks, each a while after the rows of the one before were there, and returns the milliseconds from just
/// before the server is told to mine until the notice of the transaction that holds the rows, sorted.
pub async fn latencies(fixture: &BenchFixture, database: &Database, blocks: u64) -> Result<Vec<f64>> {
    let mut notices = database.notices().await?;
    let mut latencies = Vec::new();
    for block in 0..blocks {
        // Unequal pauses, so that no clock of the indexer keeps step with them.
        tokio::time::sleep(Duration::from_millis(300 + block * 37 % 211)).await;
        let start = Instant::now();
        let head = fixture.ask("replay_mine", json!([])).await?;
        let head = head.as_str().and_then(|head| u64::from_str_radix(head.trim_start_matches("0x"), 16).ok());
        let head = head.context("the new head")?;
        let seen = tokio::time::timeout(WAIT_TIMEOUT, async {
            loop {
                if let Some(Notice::Indexed { to, .. }) = notices.next().await?
                    && to >= head
                {
                    return Ok::<_, anyhow::Error>(start.elapsed());
                }
            }
        });
        match seen.await {
            Ok(elapsed) => latencies.push(elapsed?.as_secs_f64() * 1_000.0),
            Err(_) => bail!("block {head} is not in the database after {} s", WAIT_TIMEOUT.as_secs()),
        }
    }
    latencies.sort_by(f64::total_cmp);
    Ok(latencies)
}

/// Mines so many blocks, one each time that the workload `clock` has one.
pub async fn by_the_clock(fixture: &BenchFixture, blocks: u64) -> Result<()> {
    let mut clock = tokio::time::interval_at(tokio::time::Instant::now() + BLOCK_INTERVAL, BLOCK_INTERVAL);
    for _ in 0..blocks {
        clock.tick().await;
        fixture.ask("replay_mine", json!([])).await?;
    }
    Ok(())
}

/// Milliseconds of one committed insert, sorted.
pub async fn floor(database: &Database, times: u64) -> Result<Vec<f64>> {
    database.make_bare_tables().await?;
    let mut latencies = Vec::new();
    for time in 0..times {
        let start = Instant::now();
        database.commit_one(time).await?;
        latencies.push(start.elapsed().as_secs_f64() * 1_000.0);
    }
    latencies.sort_by(f64::total_cmp);
    Ok(latencies)
}
