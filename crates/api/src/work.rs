//! What nodes answer and earn, kept for as long as the indexed block stands.

use std::sync::Arc;

use linkpool_db::read::Snapshot;
use linkpool_primitives::{Address, B256};
use moka::future::Cache;

use crate::{
    as_of::AsOf,
    view::{WORK_WINDOW_SECONDS, WorkView},
};

/// Nodes of the present block, and of a few before.
const MAX_KEPT: u64 = 4_096;

/// By block, revision and node: a crowd of requests in one block computes it once.
#[derive(Debug)]
pub(crate) struct Work(Cache<(B256, u64, Address), Option<WorkView>>);

impl Default for Work {
    fn default() -> Self {
        Self(Cache::new(MAX_KEPT))
    }
}

impl Work {
    /// As of a block, if somebody has asked for it in it already.
    pub async fn known(&self, as_of: &AsOf, node: &Address) -> Option<Option<WorkView>> {
        self.0.get(&(as_of.block.hash, as_of.revision, *node)).await
    }

    /// `None` for a node that no Operator was named for.
    pub async fn of(
        &self,
        snapshot: &mut Snapshot,
        as_of: &AsOf,
        node: &Address,
    ) -> Result<Option<WorkView>, Arc<linkpool_db::Error>> {
        let key = (as_of.block.hash, as_of.revision, *node);
        self.0.try_get_with(key, async { compute(snapshot, as_of, node).await }).await
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
