//! The two loops of the work, for as long as the replica is active.

use std::{fmt, sync::Arc, time::Duration};

use alloy::primitives::{Address, B256, U256};
use tokio::{sync::Notify, time::sleep};

use super::{plan::Plan, request::job_topics, rpc::Rpc, watch::Follower};
use crate::{job::Pipeline, node::Node, store::JobRecord};

/// How often the chain is asked for its newest block while there is work.
const POLL: Duration = Duration::from_millis(250);

/// How long a loop that met trouble waits.
const PAUSE: Duration = Duration::from_secs(1);

/// What a node asks of requests whose job does not say: 0.00001 LINK.
const MIN_PAYMENT_JUELS: u64 = 10_000_000_000_000;

/// Gas of an answer whose job does not say.
const GAS_LIMIT: u64 = 500_000;

/// What keeps the work from going on. It is tried again.
#[derive(Debug)]
pub(super) enum Trouble {
    Database(sqlx::Error),
    /// In the endpoint's words.
    Chain(String),
}

/// What both loops share.
pub(super) struct Work<'a> {
    pub node: &'a Node,
    pub rpc: Rpc<'a>,
    /// There are runs without an answer.
    pub asked: Notify,
    /// There are transactions that were not sent.
    pub answered: Notify,
}

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

/// Works until it is dropped.
pub(crate) async fn run(node: Arc<Node>) {
    let rpc = node.rpc_url.as_ref().map(Rpc::new);
    let Some(Ok(rpc)) = rpc else { return std::future::pending().await };
    let work = Work { node: &node, rpc, asked: Notify::new(), answered: Notify::new() };
    tokio::join!(work.follow(), work.answer());
}

impl Work<'_> {
    /// Follows the chain while there is something to follow it for. Between two blocks it only asks for the newest.
    async fn follow(&self) {
        let mut changes = self.node.watch_jobs();
        let mut follower = Follower::default();
        loop {
            let stepped = self.step(&mut follower).await;
            let pause = match stepped {
                Ok(true) => POLL,
                Ok(false) => Duration::MAX,
                Err(trouble) => {
                    tracing::warn!(%trouble, "the work of the jobs does not go on; it is tried again");
                    PAUSE
                }
            };
            tokio::select! {
                () = sleep(pause) => {}
                () = self.answered.notified() => follower.is_owed = true,
                // The sender lives as long as the node.
                _ = changes.changed() => follower.jobs = None,
            }
        }
    }

    /// Finds the answers of what was asked.
    async fn answer(&self) {
        loop {
            match self.answer_open_runs().await {
                Ok(()) => self.asked.notified().await,
                Err(trouble) => {
                    tracing::warn!(%trouble, "the work of the jobs does not go on; it is tried again");
                    sleep(PAUSE).await;
                }
            }
        }
    }

    /// The jobs at the moment.
    pub(super) async fn jobs(&self) -> Result<Vec<Job>, Trouble> {
        let records = self.node.store.direct_request_jobs().await?;
        Ok(records.iter().map(Job::of).collect())
    }
}

impl Job {
    fn of(record: &JobRecord) -> Self {
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
}

impl fmt::Display for Trouble {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Database(error) => error.fmt(formatter),
            Self::Chain(error) => formatter.write_str(error),
        }
    }
}

impl From<sqlx::Error> for Trouble {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl From<String> for Trouble {
    fn from(error: String) -> Self {
        Self::Chain(error)
    }
}
