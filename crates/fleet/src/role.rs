//! The role `fleet`: a loop that is woken by what changes and looks at everything.

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use linkpool_db::{Database, fleet::Wakes, lease::Leader};
use linkpool_health::{Complaint, Pulse};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::{Provisioner, Result, reconcile::Reconciler};

/// How the role behaves.
#[derive(Debug, Clone)]
pub struct FleetConfig {
    /// Longest time between two passes.
    pub tick: Duration,
    /// After how long without renewal another fleet takes over.
    pub lease_term: Duration,
    /// Told at every pass.
    pub pulse: Pulse,
}

impl Default for FleetConfig {
    fn default() -> Self {
        Self { tick: Duration::from_secs(1), lease_term: Duration::from_secs(5), pulse: Pulse::default() }
    }
}

/// Changes within this time are looked at together.
const GATHER: Duration = Duration::from_millis(20);

/// Runs until `shutdown`; then the lease is given up and the backend ends what must not go on without this process.
///
/// # Errors
/// None of the database's: one that is away, or says what it never said before, is waited for while the nodes go on.
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
    let (mut unreached, mut uncompared) = (Complaint::default(), Complaint::default());
    let outcome = loop {
        let held = leader.hold().await;
        if held.is_ok() {
            unreached.over();
        }
        match held {
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
                config.pulse.beat(false);
            }
            // Whether another fleet leads is not known; the nodes here go on as they are.
            Err(error) => {
                config.pulse.stumble(error.to_string());
                unreached.warn(&error, "the fleet can't reach its database");
            }
        }
        let mut again = false;
        if leads {
            let begin = Instant::now();
            match reconciler.pass().await {
                Ok(acted) => {
                    again = acted;
                    passed(begin);
                    config.pulse.beat(true);
                    uncompared.over();
                }
                Err(error) => {
                    config.pulse.stumble(error.to_string());
                    uncompared.warn(&error, "the fleet could not compare; nothing was done");
                }
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

fn passed(begin: Instant) {
    metrics::histogram!("linkpool_fleet_reconcile_seconds").record(begin.elapsed());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    metrics::gauge!("linkpool_fleet_reconcile_last_success_timestamp_seconds").set(now);
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
