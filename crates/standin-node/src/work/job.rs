//! A direct-request job, as the work needs it.

use alloy::primitives::{Address, B256, U256};

use super::{
    plan::Plan,
    request::{OracleRequest, job_topics},
};
use crate::{job::Pipeline, store::JobRecord};

/// What a node asks of requests whose job does not say: 0.00001 LINK.
const MIN_PAYMENT_JUELS: u64 = 10_000_000_000_000;

/// Gas of an answer whose job does not say.
const GAS_LIMIT: u64 = 500_000;

/// A job, as the work needs it.
pub(super) struct Job {
    pub id: i32,
    pub topics: [B256; 2],
    pub operator: Address,
    pub confirmations: u64,
    pub requesters: Vec<Address>,
    pub min_payment: U256,
    pub gas_limit: u64,
    /// Or why there is none.
    pub plan: Result<Plan, String>,
}

impl Job {
    pub fn of(record: &JobRecord) -> Self {
        let details = &record.details;
        let requesters = details["requesters"].as_array().into_iter().flatten();
        let min_payment = details["minContractPaymentLinkJuels"].as_str().and_then(|text| text.parse().ok());
        let plan = Pipeline::parse(&record.observation_source).and_then(|pipeline| Plan::of(&pipeline));
        let of_task = plan.as_ref().ok().and_then(|plan| plan.gas_limit);
        let of_job = record.gas_limit.and_then(|limit| u64::try_from(limit).ok());
        Self {
            id: record.id,
            topics: job_topics(record.external_job_id),
            operator: details["contractAddress"].as_str().and_then(|text| text.parse().ok()).unwrap_or_default(),
            confirmations: details["minIncomingConfirmations"].as_u64().unwrap_or(1).max(1),
            requesters: requesters.filter_map(|value| value.as_str()?.parse().ok()).collect(),
            min_payment: min_payment.unwrap_or(U256::from(MIN_PAYMENT_JUELS)),
            gas_limit: of_task.or(of_job).unwrap_or(GAS_LIMIT),
            plan,
        }
    }

    /// Whether the request is this job's, confirmed, from whom it may come, and paid.
    pub fn wants(&self, request: &OracleRequest, height: u64) -> bool {
        self.operator == request.operator
            && self.topics.contains(&request.spec_id)
            && request.block_number + self.confirmations <= height + 1
            && (self.requesters.is_empty() || self.requesters.contains(&request.requester))
            && request.payment >= self.min_payment
    }
}
