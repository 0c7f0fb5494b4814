//! Figures that need more than a few rows, kept for as long as the indexed block stands.

use linkpool_accounting::Stream;
use linkpool_db::{
    deployment::Deployment,
    read::{NodeState, Snapshot},
};
use linkpool_primitives::{B256, EventKind};
use tokio::sync::Mutex;

use crate::{as_of::AsOf, view};

/// The reward rate looks back a week, which is how long a reward vests.
const WINDOW_SECONDS: u64 = 7 * 86_400;
/// Less history than a day says nothing about a year.
pub(crate) const SHORTEST_WINDOW_SECONDS: u64 = 86_400;

/// What `/pool` shows beyond the sums over the nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PoolStatistics {
    pub stakers: u64,
    pub rewards_deposited: u128,
    /// Rewards that vested in the last `window_seconds`, fees taken off.
    pub vested_in_window: u128,
    pub window_seconds: u64,
}

/// Counts of all events up to a final block, so that each request counts only the few behind it.
#[derive(Debug, Clone, Copy, Default)]
struct Final {
    through: u64,
    events: u64,
}

#[derive(Debug, Default)]
struct Kept {
    settled: Option<Final>,
    pool: Option<(B256, PoolStatistics)>,
}

/// The lock is held while figures are computed, so that a crowd of requests in one block computes them once.
#[derive(Debug, Default)]
pub(crate) struct Statistics(Mutex<Kept>);

impl Statistics {
    /// How many events are indexed.
    pub async fn events(
        &self,
        snapshot: &mut Snapshot,
        deployment: &Deployment,
        as_of: &AsOf,
    ) -> Result<u64, linkpool_db::Error> {
        let mut kept = self.0.lock().await;
        Ok(totals(&mut kept, snapshot, deployment, as_of).await?.events)
    }

    pub async fn pool(
        &self,
        snapshot: &mut Snapshot,
        nodes: &[NodeState],
        as_of: &AsOf,
    ) -> Result<PoolStatistics, linkpool_db::Error> {
        // The past is asked for rarely and is not kept.
        if as_of.asked.is_some() {
            return compute(snapshot, nodes, as_of).await;
        }
        let mut kept = self.0.lock().await;
        if let Some((_, statistics)) = kept.pool.filter(|(hash, _)| *hash == as_of.block.hash) {
            return Ok(statistics);
        }
        let statistics = compute(snapshot, nodes, as_of).await?;
        kept.pool = Some((as_of.block.hash, statistics));
        Ok(statistics)
    }

    /// Forgets everything: blocks thought to stand were replaced.
    pub async fn forget(&self) {
        *self.0.lock().await = Kept::default();
    }
}

async fn compute(snapshot: &mut Snapshot, nodes: &[NodeState], as_of: &AsOf) -> Result<PoolStatistics, linkpool_db::Error> {
    let (vested_in_window, window_seconds) = vested(snapshot, nodes, as_of).await?;
    let (stakers, rewards_deposited) = snapshot.pool_statistics().await?;
    Ok(PoolStatistics { stakers, rewards_deposited, vested_in_window, window_seconds })
}

async fn totals(
    kept: &mut Kept,
    snapshot: &mut Snapshot,
    deployment: &Deployment,
    as_of: &AsOf,
) -> Result<Final, linkpool_db::Error> {
    let number = as_of.block.number;
    let before = Final { through: deployment.start.number, ..Final::default() };
    // A snapshot older than what is settled counts from the start.
    let settled = kept.settled.filter(|settled| settled.through <= number).unwrap_or(before);
    let settled = extend(settled, snapshot, as_of.finalized_block.min(number)).await?;
    kept.settled = Some(settled);
    extend(settled, snapshot, number).await
}

async fn extend(known: Final, snapshot: &mut Snapshot, through: u64) -> Result<Final, linkpool_db::Error> {
    if through <= known.through {
        return Ok(known);
    }
    let events = snapshot.count_events(known.through, through).await?;
    Ok(Final { through, events: known.events + events })
}

/// What vested since the start of the window: what was unvested then, and what came since, less what is unvested now and
/// what retired nodes gave up.
async fn vested(snapshot: &mut Snapshot, nodes: &[NodeState], as_of: &AsOf) -> Result<(u128, u64), linkpool_db::Error> {
    let now = as_of.now();
    let then = now.saturating_sub(WINDOW_SECONDS);
    let Some((block, first)) = snapshot.block_at(then).await? else { return Ok((0, 0)) };
    let mut total = 0u128;
    for stream in snapshot.reward_streams_at(block).await? {
        let stored =
            Stream { acc_per_share: 0, unvested: stream.unvested, vest_end: stream.vest_end, last_update: stream.last_update };
        total += stored.accrued_to(stream.active_shares, then).unvested;
    }
    let (deposited, fees) = snapshot.sum_of(EventKind::RewardDeposited, block, as_of.block.number).await?;
    let (swept, _) = snapshot.sum_of(EventKind::RewardSwept, block, as_of.block.number).await?;
    let unvested: u128 = nodes.iter().map(|node| view::stream(node, now).unvested).sum();
    let vested = (total + deposited).saturating_sub(fees + swept + unvested);
    Ok((vested, now.saturating_sub(first.max(then))))
}
