//! What every handler shares.

use std::sync::Arc;

use linkpool_db::{Reader, read::Snapshot};
use tokio_util::sync::CancellationToken;

use crate::{
    ApiConfig,
    cache::Answers,
    health::{HealthCache, Readiness},
    limits::{RequestLimiter, StreamLimiter},
    live::Live,
    looks::Looks,
    present::Presents,
    problem::Problem,
    statistics::Statistics,
    work::Work,
};

#[derive(Debug)]
pub(crate) struct Shared {
    pub database: Reader,
    pub config: ApiConfig,
    pub live: Live,
    pub looks: Looks,
    pub statistics: Arc<Statistics>,
    pub work: Work,
    pub presents: Presents,
    pub answers: Answers,
    pub readiness: Readiness,
    pub health: HealthCache,
    pub requests: RequestLimiter,
    pub streams: StreamLimiter,
    pub shutdown: CancellationToken,
}

pub(crate) type Api = Arc<Shared>;

impl Shared {
    /// The snapshot that one request reads.
    ///
    /// # Errors
    /// 503 while nothing has been indexed, or the database does not answer.
    pub async fn snapshot(&self) -> Result<Snapshot, Problem> {
        self.database.snapshot().await?.ok_or_else(Problem::not_ready)
    }
}
