//! The role `fleet`: a loop that is woken by what changes and looks at everything.

use std::{sync::Arc, time::Duration};

use linkpool_db::{Database, fleet::Wakes, lease::Leader};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::{Error, Provisioner, Result, reconcile::Reconciler};

/// How the role behaves.
#[derive(Debug, Clone)]
pub struct FleetConfig {
    /// Longest time between two passes.
    pub tick: Duration,
    /// After how long without renewal another fleet takes over.
    pub lease_term: Duration,
}

impl Default for FleetConfig {
    fn default() -> Self {
        Self { tick: Duration::from_secs(1), lease_term: Duration::from_secs(5) }
    }
}

/// Changes within this time are looked at together.
const GATHER: Duration = Duration::from_millis(20);

/// Runs until `shutdown`; then the lease is given up and the backend ends what must not go on without this process.
///
/// # Errors
/// Only those that no waiting mends; a database that is away is waited for while the nodes go on.
pub async fn run(
    config: FleetConfig,
    database: Database,
    provisioner: Arc<dyn Provisioner>,
    shutdown: CancellationToken,
) -> Result<()> {
    let mut leader = Leader::new(database.clone(), "fleet", config.lease_term);
    let mut reconciler = Reconciler::new(database.clone(), provisioner.clone());
    let mut wakes = None;
    let mut leads = false;
    let outcome = loop {
        match leader.hold().await {
            Ok(Some(_)) => {
                if !leads {
                    tracing::info!("this fleet runs the nodes");
                }
                leads = true;
            }
            Ok(None) => {
                if leads {
                    tracing::warn!("another fleet has taken over: ending the replicas here");
                    provisioner.close().await;
                }
                leads = false;
            }
            // Whether another fleet leads is not known; the nodes here go on as they are.
            Err(error) if error.is_transient() => tracing::warn!(%error, "the fleet can't reach its database"),
            Err(error) => break Err(error.into()),
        }
        let mut again = false;
        if leads {
            match reconciler.pass().await {
                Ok(acted) => again = acted,
                Err(Error::Database(error)) if !error.is_transient() => break Err(error.into()),
                Err(error) => tracing::warn!(%error, "the fleet could not compare; nothing was done"),
            }
        }
        if wakes.is_none() {
            wakes = database.wakes().await.ok();
        }
        let pause = if again { GATHER } else { config.tick };
        tokio::select! {
            () = shutdown.cancelled() => break Ok(()),
            () = sleep(pause) => {}
            () = woken(&mut wakes) => sleep(GATHER).await,
            () = provisioner.changed() => sleep(GATHER).await,
        }
    };
    provisioner.close().await;
    if let Err(error) = leader.release().await {
        tracing::warn!(%error, "the fleet's lease was not given up; it runs out by itself");
    }
    outcome
}

/// Returns at the next notice; without a connection for them never, and the tick goes on alone.
async fn woken(wakes: &mut Option<Wakes>) {
    match wakes {
        None => std::future::pending().await,
        Some(listening) => {
            if listening.next().await.is_err() {
                *wakes = None;
            }
        }
    }
}
