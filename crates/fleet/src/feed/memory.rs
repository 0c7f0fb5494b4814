//! What is remembered of a node while this fleet leads, and what follows from it. It only saves work and slows attempts down.

use linkpool_db::fleet::{JobProgress, Phase, ServingNode};
use linkpool_jobs::Variables;

use super::{
    pace::{Interval, Pace},
    wanted::{Wanted, variables},
};

/// What is remembered of a node while this fleet leads.
#[derive(Debug, Default)]
pub(super) struct Memory {
    pub access: Pace,
    pub payment: Pace,
    pub jobs: Pace,
    /// Where the node last took both tokens, and when.
    pub tried: Interval<String>,
    /// What the node was last compared with, and when.
    pub compared: Interval<(u32, Variables)>,
    /// What was last stored of it.
    pub progress: Option<JobProgress>,
}

/// Whether anything is to be done at the node now.
pub(super) fn is_due(node: &ServingNode, memory: &Memory, wanted: &Wanted) -> bool {
    (needs_access(node, memory) && memory.access.is_due())
        || (node.is_payment_wanted && memory.payment.is_due())
        || (needs_jobs(node, memory, wanted) && memory.jobs.is_due())
}

pub(super) fn needs_access(node: &ServingNode, memory: &Memory) -> bool {
    // Whoever waits for the registrar waits for its token.
    let seconds = if node.phase < Phase::Proven { 60 } else { 300 };
    !node.has_tokens || node.access_error.is_some() || !memory.tried.is_fresh(&node.base_url, seconds)
}

pub(super) fn needs_jobs(node: &ServingNode, memory: &Memory, wanted: &Wanted) -> bool {
    let compared = (wanted.version, variables(node, wanted));
    // Not before the wallet is known: what needs it would wait, and the node be opened without. And again now and then: somebody may
    // have changed something by hand.
    wanted.version > 0
        && node.wallet.is_some()
        && (node.complete_version != wanted.version || !memory.compared.is_fresh(&compared, 300))
}
