//! What the operator's calls share.

use std::sync::Arc;

use linkpool_db::Database;
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;

use super::{rules::FleetRules, token::OperatorToken};
use crate::{
    problem::{NOT_FOUND, Problem},
    work::Work,
};

/// Where the calls are.
pub(super) const BASE: &str = "/api/v1/operator";

/// What every call shares.
#[derive(Debug)]
pub(super) struct Shared {
    pub database: Database,
    pub token: OperatorToken,
    /// What the fleet's settings say.
    pub rules: FleetRules,
    /// Rises with every change of the fleet.
    pub changes: watch::Receiver<u64>,
    pub streams: Arc<Semaphore>,
    pub work: Work,
    pub shutdown: CancellationToken,
}

pub(super) type Operator = Arc<Shared>;

/// Who asks, as far as the token tells.
pub(super) const ACTOR: &str = "operator";

/// Longest reason of a call, in characters.
pub(super) const MAX_REASON_LENGTH: usize = 500;

pub(super) fn no_such_node() -> Problem {
    Problem::new(&NOT_FOUND, "the fleet has no node of this id; `GET /nodes` lists them")
}

pub(super) fn check_reason(reason: &str) -> Result<(), Problem> {
    if (1..=MAX_REASON_LENGTH).contains(&reason.trim().chars().count()) {
        return Ok(());
    }
    Err(Problem::invalid_field("reason", format!("must have 1 to {MAX_REASON_LENGTH} characters: it is the audit of the call")))
}
