//! What the operator's calls share.

use std::sync::Arc;

use linkpool_db::Database;
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;

use super::token::OperatorToken;
use crate::problem::{NOT_FOUND, Problem};

/// Where the calls are.
pub(super) const BASE: &str = "/api/v1/operator";

/// What every call shares.
#[derive(Debug)]
pub(super) struct Shared {
    pub database: Database,
    pub token: OperatorToken,
    /// Rises with every change of the fleet.
    pub changes: watch::Receiver<u64>,
    pub streams: Arc<Semaphore>,
    pub shutdown: CancellationToken,
}

pub(super) type Operator = Arc<Shared>;

/// Longest reason of a call, in characters.
pub(super) const MAX_REASON_LENGTH: usize = 500;

pub(super) fn no_such_node() -> Problem {
    Problem::new(&NOT_FOUND, "the fleet has no node of this id; `GET /nodes` lists them")
}
