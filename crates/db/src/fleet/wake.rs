//! Being woken when something changed, instead of asking often.

use crate::{Result, pool::Listener, target::Target};

/// A connection of its own that receives the notices of the fleet, of the indexer and of submitted transactions.
///
/// A wake says that something may have changed, never what: whoever is woken reads the rows. One that is missed is made
/// up for by the next tick.
#[derive(Debug)]
pub struct Wakes(Listener);

impl Wakes {
    pub(crate) async fn open(target: &Target) -> Result<Self> {
        Ok(Self(Listener::open(target, &["linkpool_fleet", "linkpool", "linkpool_transaction"]).await?))
    }

    /// Returns at the next change, or when the connection was lost and made again. Notices that are already there count
    /// as one.
    pub async fn next(&mut self) -> Result<()> {
        self.0.next().await?;
        while self.0.take_waiting() {}
        Ok(())
    }
}
