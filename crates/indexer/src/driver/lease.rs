//! The right to write, kept for as long as this instance lives.

use std::time::{Duration, Instant};

use linkpool_db::{
    Database,
    lease::{Leader, Lease},
};
use tokio::{sync::mpsc, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use tracing::warn;

const NAME: &str = "indexer";
/// After a crash another instance takes over within this.
const TERM: Duration = Duration::from_secs(3);
const LOOK: Duration = Duration::from_millis(300);

/// Tells of each change until `shutdown`, then gives the lease up.
pub(super) fn keep(database: Database, shutdown: CancellationToken) -> (mpsc::Receiver<Option<Lease>>, JoinHandle<()>) {
    let (told, leases) = mpsc::channel(4);
    let task = tokio::spawn(async move {
        let mut leader = Leader::new(database, NAME, TERM);
        let mut held: Option<(Lease, Instant)> = None;
        loop {
            let asked = Instant::now();
            let before = held.as_ref().map(|(lease, _)| lease.clone());
            match leader.hold().await {
                Ok(lease) => held = lease.map(|lease| (lease, asked)),
                Err(error) => {
                    warn!(%error, "the indexer's lease could not be renewed");
                    // The database's clock decides; by ours it has ended by now.
                    held = held.filter(|(_, since)| since.elapsed() < TERM);
                }
            }
            let now = held.as_ref().map(|(lease, _)| lease.clone());
            if before != now && told.send(now).await.is_err() {
                break;
            }
            tokio::select! {
                () = shutdown.cancelled() => break,
                () = told.closed() => break,
                () = tokio::time::sleep(LOOK) => {}
            }
        }
        if let Err(error) = leader.release().await {
            warn!(%error, "the indexer's lease could not be given up; it ends by itself");
        }
    });
    (leases, task)
}
