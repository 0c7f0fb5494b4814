//! The role `fleet`: a loop that is woken by what changes and looks at everything.

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use linkpool_chainlink::SealKey;
use linkpool_db::{Database, fleet::Wakes, lease::Leader};
use linkpool_health::{Complaint, Pulse};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::{Provisioner, Result, reconcile::Reconciler};

/// How the role behaves.
#[derive(Debug, Clone)]
pub struct FleetConfig {
    /// Opens the nodes' logins in the database.
    pub seal_key: SealKey,
    /// Longest time between two passes.
    pub tick: Duration,
    /// After how long without renewal another fleet takes over.
    pub lease_term: Duration,
    /// How long a set that nobody wants is left alone.
    pub orphan_patience: Duration,
    /// Told at every pass.
    pub pulse: Pulse,
}

impl FleetConfig {
    /// The usual times.
    pub fn new(seal_key: SealKey) -> Self {
        Self {
            seal_key,
            tick: Duration::from_secs(1),
            lease_term: Duration::from_secs(5),
            orphan_patience: Duration::from_secs(60),
            pulse: Pulse::default(),
        }
    }
}

/// Changes within this time are looked at together.
const GATHER: Duration = Duration::from_millis(20);

/// Time between two looks of a follower at where the nodes run.
const FOLLOW: Duration = Duration::from_secs(2);

/// Runs until `shutdown`; then the nodes are left to the next fleet, the backend ends what must not go on without this process,
/// and the lease is given up.
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
    let mut reconciler = Reconciler::new(database.clone(), provisioner.clone(), config.seal_key.clone(), config.orphan_patience);
    let mut wakes = None;
    let (mut leads, mut away, mut followed) = (false, false, None);
    let (mut unreached, mut untaken, mut uncompared) = (Complaint::default(), Complaint::default(), Complaint::default());
    let outcome = loop {
        let held = leader.hold().await;
        if held.is_ok() {
            unreached.over();
            if std::mem::take(&mut away) {
                // What kept us from the database has kept replicas from theirs, and each start that failed made the next one later.
                provisioner.outage_over();
            }
        }
        match held {
            Ok(Some(_)) => {
                if !leads {
                    match reconciler.open().await {
                        Ok(()) => {
                            tracing::info!("this fleet runs the nodes");
                            untaken.over();
                            leads = true;
                        }
                        Err(error) => {
                            config.pulse.stumble(error.to_string());
                            untaken.warn(&error, "the fleet can't take over; nothing was started");
                            // For a fleet that can, on another machine. Where there is none, this one has it again at once.
                            let _ = leader.release().await;
                        }
                    }
                }
            }
            Ok(None) => {
                if leads {
                    tracing::warn!("another fleet has taken over");
                    provisioner.close().await;
                }
                leads = false;
                if followed.is_none_or(|at: Instant| at.elapsed() >= FOLLOW) {
                    followed = Some(Instant::now());
                    if let Err(error) = reconciler.follow().await {
                        tracing::debug!(%error, "a follower could not see where the nodes run");
                    }
                }
                config.pulse.beat(false);
            }
            // Whether another fleet leads is not known; the nodes here go on as they are.
            Err(error) => {
                away = true;
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
