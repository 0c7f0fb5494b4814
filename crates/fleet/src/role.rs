//! The role `fleet`: a loop that is woken by what changes and looks at everything.

use std::{sync::Arc, time::Duration};

use linkpool_chainlink::client::{Limits, Transport};
use linkpool_db::{Database, fleet::Wakes};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::{FleetConfig, Provisioner, Result, tick::Ticker};

/// Changes within this time are looked at together.
const GATHER_DELAY: Duration = Duration::from_millis(20);

/// Runs until `shutdown`, whatever hangs at that moment; then the nodes are left to the next fleet, the backend ends what must not go
/// on without this process, and the lease is given up.
///
/// # Errors
/// Where there can be no HTTP client on this machine. None of the database's: one that is away, or says what it never said before, is waited for while the nodes go on.
pub async fn run(
    config: FleetConfig,
    database: Database,
    provisioner: Arc<dyn Provisioner>,
    shutdown: CancellationToken,
) -> Result<()> {
    let tick = config.tick;
    let transport = Transport::new(Limits::default())?;
    let mut ticker = Ticker::new(config, database.clone(), provisioner.clone(), transport);
    let mut wakes = None;
    loop {
        let tick_once = async {
            let again = ticker.next().await;
            if wakes.is_none() {
                wakes = database.wakes().await.ok();
            }
            again
        };
        // Cut off between two steps is what a kill would be.
        let again = tokio::select! { () = shutdown.cancelled() => break, again = tick_once => again };
        tokio::select! {
            () = shutdown.cancelled() => break,
            () = sleep(if again { GATHER_DELAY } else { tick }) => {}
            () = woken(&mut wakes) => sleep(GATHER_DELAY).await,
            () = provisioner.changed() => sleep(GATHER_DELAY).await,
        }
    }
    provisioner.close().await;
    ticker.release().await;
    Ok(())
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
