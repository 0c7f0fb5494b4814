//! Keeps the followed Operators those that are named at the nodes, as long as a lease lasts. What was asked for by the set of before is
//! refused when it is written, and the indexer loads the new one.

use std::time::Duration;

use linkpool_db::{Database, Error, lease::Lease};
use tokio::task::JoinHandle;
use tracing::{info, warn};

/// An Operator is named once in a node's life.
const LOOK_INTERVAL: Duration = Duration::from_secs(2);

/// Dropped it gives up.
#[derive(Debug)]
pub(super) struct Named {
    lease: Lease,
    task: JoinHandle<()>,
}

impl Drop for Named {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Named {
    pub fn begin(database: &Database, lease: &Lease) -> Self {
        let (database, its_lease) = (database.clone(), lease.clone());
        Self { lease: lease.clone(), task: tokio::spawn(async move { keep(&database, &its_lease).await }) }
    }

    /// Whether it is at work under this lease.
    pub fn is_of(&self, lease: &Lease) -> bool {
        self.lease == *lease && !self.task.is_finished()
    }
}

async fn keep(database: &Database, lease: &Lease) {
    let mut has_told = false;
    loop {
        match database.follow_operators(Some(lease)).await {
            Ok(has_changed) => {
                has_told = false;
                if has_changed {
                    info!("the Operators that nodes are named have changed, and so do the contracts that are followed");
                }
            }
            Err(Error::LeaseLost { .. }) => return,
            Err(error) if !std::mem::replace(&mut has_told, true) => {
                warn!(%error, "which Operators are to be followed can't be read; it is tried again");
            }
            Err(_) => {}
        }
        tokio::time::sleep(LOOK_INTERVAL).await;
    }
}
