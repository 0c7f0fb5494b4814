//! What a node was asked, what it answered, and what that has brought.

use linkpool_db::read::{DAY_SECONDS, Earnings};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Amount, Table, Time};

/// One day.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EarningsDay)]
pub(crate) struct EarningsDayView {
    pub starts_at: Time,
    pub ends_at: Time,
    /// Requests of that day which an answer is due to: they name a job that the node had, pay what it asks for, and come from who may ask.
    #[schema(example = 40)]
    pub requests: u64,
    /// Those of them that were answered, that day or later.
    #[schema(example = 40)]
    pub answered: u64,
    /// Those of the answered that came when the consumer could have taken the payment back.
    #[schema(example = 0)]
    pub late: u64,
    /// Those whose consumer has taken the payment back.
    #[schema(example = 0)]
    pub refunded: u64,
    /// Those that nobody has answered, and whose consumer may take the payment back.
    #[schema(example = 0)]
    pub missing: u64,
    /// Those that nobody has answered yet, in time.
    #[schema(example = 0)]
    pub open: u64,
    /// Requests that no answer is due to.
    #[schema(example = 0)]
    pub others: u64,
    /// Those of them that were answered all the same.
    #[schema(example = 0)]
    pub others_answered: u64,
    /// What the answered of that day's requests have paid, whatever they name.
    pub earned_juels: Amount,
    /// What came to the pool that day of what the node has earned, then or before.
    pub passed_on_juels: Amount,
    /// Wei that the node's wallet has paid in gas for the answers that were mined that day, as far as they are final and their receipts could be
    /// read. Answers that reverted are not among them: nobody tells of these.
    #[schema(example = "1200000000000000")]
    pub spent_wei: String,
}

impl EarningsDayView {
    pub fn new(day: &Earnings, passed_on: u128, spent_wei: u128) -> Self {
        Self {
            starts_at: Time(day.starts_at),
            ends_at: Time(day.starts_at + DAY_SECONDS),
            requests: day.requests,
            answered: day.answered,
            late: day.late,
            refunded: day.refunded,
            missing: day.missing,
            open: day.open,
            others: day.others,
            others_answered: day.others_answered,
            earned_juels: Amount(day.earned),
            passed_on_juels: Amount(passed_on),
            spent_wei: spent_wei.to_string(),
        }
    }
}

impl Table for EarningsDayView {
    const NAME: &'static str = "earnings";
    const COLUMNS: &'static [&'static str] = &[
        "starts_at",
        "ends_at",
        "requests",
        "answered",
        "late",
        "refunded",
        "missing",
        "open",
        "others",
        "others_answered",
        "earned_juels",
        "earned_link",
        "passed_on_juels",
        "passed_on_link",
        "spent_wei",
    ];
}
