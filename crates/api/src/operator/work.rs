//! What a node of the fleet answers and earns.

use linkpool_primitives::{Address, Juels};

use super::{shared::Shared, work_types::NodeWork};
use crate::{as_of::AsOf, problem::Problem, view::WorkView};

/// `None` for a node that no Operator was named for, and while nothing is indexed.
pub(super) async fn of(operator: &Shared, wallet: &Address) -> Result<Option<NodeWork>, Problem> {
    let Some(mut snapshot) = operator.database.snapshot().await? else { return Ok(None) };
    let as_of = AsOf::of(snapshot.cursor());
    let work = operator.work.of(&mut snapshot, &as_of, wallet).await?;
    Ok(work.as_ref().map(NodeWork::from))
}

impl From<&WorkView> for NodeWork {
    fn from(work: &WorkView) -> Self {
        Self {
            requests: work.requests,
            answered: work.answered,
            late: work.late,
            refunded: work.refunded,
            missing: work.missing,
            open: work.open,
            others: work.others,
            earned_juels: Juels(work.earned_juels.0),
            passed_on_juels: Juels(work.passed_on_juels.0),
            waiting_juels: Juels(work.waiting_juels.0),
            spent_wei: work.spent_wei.clone(),
            is_safe: work.is_safe,
        }
    }
}
