//! A handle that only reads: what the API holds. Its connections are its own, and the server refuses every write on them.

use crate::{Connect, Result, fleet::Wakes, notice::Notices, pool::Pool, read::Snapshot, target::Target};

/// Cloning shares the connections.
#[derive(Debug, Clone)]
pub struct Reader {
    pub(crate) pool: Pool,
    target: Target,
}

impl Reader {
    /// Connects once, so that a wrong URL fails here with a sentence and not later with a time-out.
    pub async fn connect(connect: &Connect) -> Result<Self> {
        let target = Target::of(connect)?;
        target.check(&connect.reading()).await?;
        Ok(Self::new(target, connect))
    }

    pub(crate) fn new(target: Target, connect: &Connect) -> Self {
        Self { pool: Pool::new(target.clone(), connect.reading()), target }
    }

    /// Opens a snapshot and reads the cursor first; `None` before a deployment is recorded.
    pub async fn snapshot(&self) -> Result<Option<Snapshot>> {
        Snapshot::open(&self.pool).await
    }

    /// A connection of its own that receives what the indexer says.
    pub async fn notices(&self) -> Result<Notices> {
        Notices::open(&self.target).await
    }

    /// A connection of its own that receives what the fleet, the indexer and senders say.
    pub async fn wakes(&self) -> Result<Wakes> {
        Wakes::open(&self.target).await
    }

    /// Closes every connection and waits for it.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}
