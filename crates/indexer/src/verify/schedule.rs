//! The comparison on a schedule, beside the indexer.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use linkpool_chain::Chain;
use linkpool_db::{Database, verification::NewVerification};
use linkpool_primitives::Address;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::{Scope, Verification, verify_within};
use crate::{Result, Standing};

/// Most blocks whose events one scheduled comparison reads again.
const MAX_BLOCKS: u64 = 5_000;
/// Further behind the head than this nothing is compared.
const NEAR: u64 = 64;
/// The first comparison waits no longer than this, however seldom the others are: whoever has just started it wants to know.
const MAX_FIRST_DELAY: Duration = Duration::from_secs(600);
/// Differences told in words.
const EXAMPLES: usize = 20;

/// How often, and how much.
#[derive(Debug, Clone, Copy)]
pub struct VerificationSchedule {
    pub every: Duration,
    /// Positions, and tickets, that changed lately, and as many again at random.
    pub rows: u32,
}

/// Compares every so often until `shutdown`; the instance that writes records each result. A difference is told and repaired by
/// nobody: that is an operator's decision.
pub async fn verify_periodically(
    settings: VerificationSchedule,
    (chain, database): (Chain, Database),
    pool: Address,
    standing: Standing,
    shutdown: CancellationToken,
) {
    // Never, until there is one: an alert on the age of something absent would not fire.
    metrics::gauge!("linkpool_verification_last_success_timestamp_seconds").set(0.0);
    // Nobody knows yet: no number, which is neither good nor bad.
    metrics::gauge!("linkpool_verification_differences").set(f64::NAN);
    let mut pause = settings.every.min(MAX_FIRST_DELAY);
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
        pause = settings.every;
        let compared = tokio::select! {
            () = shutdown.cancelled() => return,
            compared = once(&settings, (&chain, &database), pool, &standing) => compared,
        };
        match compared {
            Ok(Some(found)) if found.is_equal() => {
                info!(block = found.block.number, positions = found.positions, events = found.events, "equal to the contract");
            }
            Ok(Some(found)) => {
                let first = found.differences.first().map(ToString::to_string).unwrap_or_default();
                error!(
                    block = found.block.number,
                    differences = found.difference_count,
                    first_bad_block = found.first_bad_block(),
                    first,
                    "the database differs from the contract: run `linkpool verify --repair`"
                );
            }
            Ok(None) => {}
            // The next one may find what this one could not read.
            Err(error) => warn!(%error, "the database could not be compared with the contract"),
        }
    }
}

async fn once(
    settings: &VerificationSchedule,
    (chain, database): (&Chain, &Database),
    pool: Address,
    standing: &Standing,
) -> Result<Option<Verification>> {
    let Some(cursor) = database.cursor().await? else { return Ok(None) };
    // An endpoint without an archive has the contract's state of the newest blocks only.
    if cursor.tags.head.saturating_sub(cursor.block.number) > NEAR {
        return Ok(None);
    }
    let last = database.last_verification().await?.map_or(0, |last| last.block_number);
    let since = last.max(cursor.block.number.saturating_sub(MAX_BLOCKS));
    let started = Instant::now();
    let found = verify_within(chain, database, pool, Scope::Sample { rows: settings.rows, since }).await?;
    if let Some(found) = &found {
        // Readings, not money: no digit of them is ever added up.
        metrics::gauge!("linkpool_verification_differences").set(found.difference_count as f64);
        metrics::gauge!("linkpool_verification_block").set(found.block.number as f64);
        metrics::gauge!("linkpool_verification_seconds").set(started.elapsed().as_secs_f64());
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        metrics::gauge!("linkpool_verification_last_success_timestamp_seconds").set(now);
        if let Some(lease) = standing.lease() {
            record(&database.under(&lease), found, started.elapsed()).await?;
        }
    }
    Ok(found)
}

/// Keeps a result for the status page.
pub async fn record(database: &Database, found: &Verification, elapsed: Duration) -> Result<()> {
    let examples = found.differences.iter().take(EXAMPLES).map(ToString::to_string).chain(found.notes.iter().cloned()).collect();
    let row = NewVerification {
        block: found.block,
        is_whole: found.scope == Scope::All,
        endpoint: found.endpoint.clone(),
        nodes: found.nodes as u64,
        positions: found.positions as u64,
        tickets: found.tickets as u64,
        events: found.events as u64,
        differences: found.difference_count as u64,
        first_bad_block: found.first_bad_block(),
        examples,
        elapsed,
    };
    Ok(database.record_verification(&row).await?)
}
