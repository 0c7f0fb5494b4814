//! The two loops of the work, for as long as the replica is active.

use std::{sync::Arc, time::Duration};

use tokio::{sync::Notify, time::sleep};

use super::{rpc::Rpc, shared::Work, watch::Follower};
use crate::node::Node;

/// How often the chain is asked for its newest block while there is work.
const POLL_INTERVAL: Duration = Duration::from_millis(250);

/// How long a loop that met trouble waits.
const RETRY_DELAY: Duration = Duration::from_secs(1);

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
                Ok(true) => POLL_INTERVAL,
                Ok(false) => Duration::MAX,
                Err(trouble) => {
                    tracing::warn!(%trouble, "the work of the jobs does not go on; it is tried again");
                    RETRY_DELAY
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
                    sleep(RETRY_DELAY).await;
                }
            }
        }
    }
}
