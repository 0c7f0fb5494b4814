//! The loop of a role that drives a signer.

use async_trait::async_trait;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::TxManager;

/// A role that drives a signer, and has things of its own to do beside.
#[async_trait]
pub trait Role: Send {
    type Error: Send;

    /// One tick of the manager, and what follows from it. An error ends the role: what waiting may mend is dealt with here.
    async fn tick(&mut self, manager: &mut TxManager, woken: bool) -> Result<(), Self::Error>;

    /// Returns when something was told, and there may be something to do. Ticks do the work alone where it never returns.
    async fn woken(&mut self);
}

/// Ticks until `shutdown`: at once when the role is woken, else after the manager's pause.
pub async fn run<R: Role>(mut manager: TxManager, mut role: R, shutdown: &CancellationToken) -> Result<(), R::Error> {
    let mut woken = true;
    loop {
        // Cut off between two steps is what a kill would be, and another instance waits for the lease.
        tokio::select! { () = shutdown.cancelled() => break, ticked = role.tick(&mut manager, woken) => ticked? }
        woken = tokio::select! {
            () = shutdown.cancelled() => break,
            () = sleep(manager.pause()) => false,
            () = role.woken() => true,
        };
    }
    manager.release().await;
    Ok(())
}
