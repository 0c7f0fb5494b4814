//! The right to write, kept for as long as this instance lives.

use std::time::{Duration, Instant};

use linkpool_db::{
    Database,
    lease::{Leader, Lease},
};
use linkpool_primitives::IndexerState;
use tokio::{sync::mpsc, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use super::standing::Standing;

const NAME: &str = "indexer";
/// After a crash another instance takes over within this.
const LEASE_DURATION: Duration = Duration::from_secs(3);
const HANGS: &str = "a write to the database does not end";
const POLL_INTERVAL: Duration = Duration::from_millis(300);
/// How often it is repeated that a write does not end.
const RECORD_INTERVAL: Duration = Duration::from_secs(5);

/// Tells of each change until `shutdown`, then gives the lease up.
///
/// While the writer is at one and the same write for longer than the term, the lease is not renewed: the server may be lost to
/// it. A write that is only long holds the lease's row itself, and nobody takes it meanwhile.
pub(super) fn keep(
    database: Database,
    standing: Standing,
    shutdown: CancellationToken,
) -> (mpsc::Receiver<Option<Lease>>, JoinHandle<()>) {
    let (told, leases) = mpsc::channel(4);
    let task = tokio::spawn(async move {
        let mut leader = Leader::new(database.clone(), NAME, LEASE_DURATION);
        let (mut held, mut failing): (Option<(Lease, Instant)>, _) = (None, false);
        let (mut last, mut said): (Option<Lease>, Option<Instant>) = (None, None);
        loop {
            let asked = Instant::now();
            let before = held.as_ref().map(|(lease, _)| lease.clone());
            let hangs = standing.at_work_for().is_some_and(|hangs| hangs > LEASE_DURATION);
            let renewed = match hangs {
                true => Err(HANGS.to_owned()),
                false => match tokio::time::timeout(LEASE_DURATION, leader.hold()).await {
                    Ok(renewed) => renewed.map_err(|error| error.to_string()),
                    Err(_) => Err("the database does not answer".to_owned()),
                },
            };
            match renewed {
                Ok(lease) => {
                    if std::mem::take(&mut failing) {
                        info!("the indexer's lease can be renewed again");
                    }
                    held = lease.map(|lease| (lease, asked));
                }
                Err(error) => {
                    if !std::mem::replace(&mut failing, true) {
                        warn!(error, "the indexer's lease is not renewed");
                    }
                    // The database's clock decides; by ours it has ended by now.
                    held = held.filter(|(_, since)| since.elapsed() < LEASE_DURATION);
                }
            }
            if hangs && is_taken(&database, last.as_ref()).await {
                standing.give_up();
            }
            let now = held.as_ref().map(|(lease, _)| lease.clone());
            standing.holds(now.clone());
            last = now.clone().or(last);
            if let (Some(trouble), Some(lease)) = (standing.trouble(), &last)
                && said.is_none_or(|at| at.elapsed() >= RECORD_INTERVAL)
            {
                said = Some(Instant::now());
                record_trouble(&database, lease, &trouble).await;
            }
            if before != now && told.send(now).await.is_err() {
                break;
            }
            tokio::select! {
                () = shutdown.cancelled() => break,
                () = told.closed() => break,
                () = tokio::time::sleep(POLL_INTERVAL) => {}
            }
        }
        if let Err(error) = leader.release().await {
            warn!(%error, "the indexer's lease could not be given up; it ends by itself");
        }
    });
    (leases, task)
}

/// The writer is at the write that does not end, so this goes past it, on another connection. Where that can't be written either,
/// the process's own `/health` says it all the same. Nothing is said once another instance has the lease.
async fn record_trouble(database: &Database, lease: &Lease, trouble: &str) {
    let state = IndexerState::CannotWrite;
    let said = tokio::time::timeout(LEASE_DURATION, database.set_state(Some(lease), state, Some(trouble))).await;
    debug!(?said, trouble, "a write does not end");
}

/// Whether another instance has the lease by now: then what the writer is at is in vain, and this one may be wanted again at any
/// moment.
async fn is_taken(database: &Database, last: Option<&Lease>) -> bool {
    let Some(last) = last else { return false };
    let leases = tokio::time::timeout(LEASE_DURATION, database.leases()).await;
    matches!(leases, Ok(Ok(leases)) if leases.iter().any(|lease| lease.name == last.name && lease.epoch != last.epoch))
}
