//! What a node answers and earns, in short.

use linkpool_db::read::{Earnings, OperatorRecord};
use serde::Serialize;
use utoipa::ToSchema;

use super::{AddressText, Amount};

/// What is looked back on.
pub(crate) const WINDOW_SECONDS: u64 = 30 * 86_400;

/// What a node was asked in the last 30 days, and what it has earned since it is there.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = NodeWork)]
pub(crate) struct WorkView {
    #[schema(example = 2_592_000)]
    pub window_seconds: u64,
    /// Requests of the window which an answer is due to: they name a job that the node had, pay what it asks for, and come from who may ask.
    #[schema(example = 1205)]
    pub requests: u64,
    #[schema(example = 1204)]
    pub answered: u64,
    /// Those of the answered that came when the consumer could have taken the payment back.
    #[schema(example = 0)]
    pub late: u64,
    #[schema(example = 0)]
    pub refunded: u64,
    /// Those that nobody has answered, and whose consumer may take the payment back.
    #[schema(example = 1)]
    pub missing: u64,
    #[schema(example = 0)]
    pub open: u64,
    /// Requests that no answer is due to.
    #[schema(example = 0)]
    pub others: u64,
    /// What answered requests have paid since the node is there, whatever they name.
    pub earned_juels: Amount,
    /// What of it, and of LINK that was sent to the node's own contract, came to the pool for its stakers.
    pub passed_on_juels: Amount,
    /// What waits at its Operators, as far as they were read.
    pub waiting_juels: Amount,
    /// Wei that its wallet has paid in gas for answers since the node is there, as far as they are final and their receipts could be read; without
    /// those that reverted.
    #[schema(example = "1200000000000000")]
    pub spent_wei: String,
    /// Whether nobody can divert what requests for its jobs pay: each of its jobs takes requests only at an Operator that is Chainlink's code,
    /// belongs to the node's own contract, and lets the node's wallet alone answer. Read at a final block, and no event since says otherwise.
    pub is_safe: bool,
    pub operators: Vec<OperatorView>,
}

/// An Operator that was named for the node.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = NodeOperator)]
pub(crate) struct OperatorView {
    pub operator: AddressText,
    /// Whether a job of the node takes requests there.
    pub has_jobs: bool,
    /// The final block that it was read at; null before that.
    #[schema(example = 12)]
    pub seen_block: Option<u64>,
    /// Whether its code is that of Chainlink's Operator, for the pool's token.
    pub is_known: bool,
    /// Whether it belongs to the node's own contract.
    pub is_owned: bool,
    /// Whether the node's wallet alone may answer there.
    pub is_wallet_alone: bool,
    /// Whether it has told of another owner, or of another who may answer, since it was read.
    pub has_changed: bool,
    pub waiting_juels: Amount,
}

impl WorkView {
    /// `None` for a node that no Operator was named for.
    pub fn new(
        window: &Earnings,
        (earned, passed_on, spent_wei): (u128, u128, u128),
        operators: &[OperatorRecord],
        has_jobs_elsewhere: bool,
    ) -> Option<Self> {
        let with_jobs = || operators.iter().filter(|of| of.has_jobs);
        (!operators.is_empty()).then(|| Self {
            window_seconds: WINDOW_SECONDS,
            requests: window.requests,
            answered: window.answered,
            late: window.late,
            refunded: window.refunded,
            missing: window.missing,
            open: window.open,
            others: window.others,
            earned_juels: Amount(earned),
            passed_on_juels: Amount(passed_on),
            waiting_juels: Amount(operators.iter().map(|of| of.waiting).sum()),
            spent_wei: spent_wei.to_string(),
            is_safe: !has_jobs_elsewhere && with_jobs().next().is_some() && with_jobs().all(OperatorRecord::is_safe),
            operators: operators.iter().map(OperatorView::new).collect(),
        })
    }
}

impl OperatorView {
    fn new(record: &OperatorRecord) -> Self {
        Self {
            operator: AddressText(record.operator),
            has_jobs: record.has_jobs,
            seen_block: record.seen_block,
            is_known: record.is_known,
            is_owned: record.is_owned,
            is_wallet_alone: record.is_wallet_alone,
            has_changed: record.has_changed,
            waiting_juels: Amount(record.waiting),
        }
    }
}
