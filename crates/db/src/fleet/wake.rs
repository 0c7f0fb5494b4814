//! Being woken when something changed, instead of asking often.

use sqlx::postgres::PgListener;

use crate::{Database, Result};

/// A connection of its own that receives the notices of the fleet, of the indexer and of submitted transactions.
///
/// A wake says that something may have changed, never what: whoever is woken reads the rows. One that is missed is made
/// up for by the next tick.
#[derive(Debug)]
pub struct Wakes(PgListener);

impl Database {
    pub async fn wakes(&self) -> Result<Wakes> {
        let mut listener = PgListener::connect_with(&self.pool).await?;
        listener.listen_all(["linkpool_fleet", "linkpool", "linkpool_transaction"]).await?;
        Ok(Wakes(listener))
    }
}

impl Wakes {
    /// Returns at the next change, or when the connection was lost and made again. Notices that are already there count
    /// as one.
    pub async fn next(&mut self) -> Result<()> {
        self.0.try_recv().await?;
        while self.0.next_buffered().is_some() {}
        Ok(())
    }
}
