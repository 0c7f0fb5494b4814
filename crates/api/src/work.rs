//! What nodes answer and earn, kept for as long as the indexed block stands.

use std::sync::Arc;

use linkpool_db::read::Snapshot;
use linkpool_primitives::{Address, B256};
use moka::{future::Cache, policy::EvictionPolicy};

use crate::{
    as_of::AsOf,
    statistics::is_of_another,
    view::{WORK_WINDOW_SECONDS, WorkView},
};

/// Nodes of the present block, and of a few before.
const MAX_KEPT: u64 = 4_096;

/// By block, revision and node: a crowd of requests in one block computes it once.
#[derive(Debug)]
pub(crate) struct Work(Cache<(B256, u64, Address), Option<WorkView>>);

impl Default for Work {
    fn default() -> Self {
        // However often a node of an older block was asked for, nobody asks for it again.
        Self(Cache::builder().max_capacity(MAX_KEPT).eviction_policy(EvictionPolicy::lru()).build())
    }
}

impl Work {
    /// `None` for a node that no Operator was named for.
    pub async fn of(
        &self,
        snapshot: &mut Snapshot,
        as_of: &AsOf,
        node: &Address,
    ) -> Result<Option<WorkView>, Arc<linkpool_db::Error>> {
        let key = (as_of.block.hash, as_of.revision, *node);
        loop {
            let work = self.0.try_get_with(key, async { compute(snapshot, as_of, node).await }).await;
            if !work.as_ref().is_err_and(|error| is_of_another(error, snapshot)) {
                return work;
            }
        }
    }
}

async fn compute(snapshot: &mut Snapshot, as_of: &AsOf, node: &Address) -> Result<Option<WorkView>, linkpool_db::Error> {
    let operators = snapshot.operators_of(node).await?;
    if operators.is_empty() {
        return Ok(None);
    }
    let window = snapshot.earnings_since(node, as_of.now().saturating_sub(WORK_WINDOW_SECONDS)).await?;
    let earned = snapshot.earned(node).await?;
    let sum = |by_day: Vec<(u64, u128)>| by_day.into_iter().map(|(_, amount)| amount).sum::<u128>();
    let passed_on = sum(snapshot.passed_on_by_day(node, 0, u64::MAX).await?);
    let spent = sum(snapshot.fees_by_day(node, 0, u64::MAX).await?);
    let elsewhere = snapshot.has_jobs_elsewhere(node).await?;
    Ok(WorkView::new(&window, (earned, passed_on, spent), &operators, elsewhere))
}
