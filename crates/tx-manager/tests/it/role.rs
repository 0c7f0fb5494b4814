//! A role that has nothing to do but transactions.

use async_trait::async_trait;
use linkpool_db::Database;
use linkpool_tx_manager::{Assigns, Error, Result, Role, Sender, TxManager, Urgency, WakeUp, run};
use tokio_util::sync::CancellationToken;

struct Sending {
    database: Database,
    wake_up: WakeUp,
}

#[async_trait]
impl Role for Sending {
    type Error = Error;

    async fn tick(&mut self, manager: &mut TxManager, woken: bool) -> Result<()> {
        self.wake_up.connect(&self.database).await;
        match manager.tick(Urgency { woken, ..Urgency::default() }).await {
            Err(error) if error.ends_role() => Err(error),
            // Whatever failed is tried again at the next tick.
            _ => Ok(()),
        }
    }

    async fn woken(&mut self) {
        self.wake_up.next().await;
    }
}

/// Drives the sender's account until `shutdown`.
pub async fn drive(sender: Sender, database: Database, shutdown: CancellationToken) -> Result<()> {
    let role = Sending { database, wake_up: WakeUp::default() };
    run(TxManager::new(sender, Assigns::All), role, &shutdown).await
}
