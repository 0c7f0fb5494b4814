//! The handle of a role that writes.

use crate::{Connect, Reader, Result, fleet::Wakes, lease::Lease, notice::Notices, pool::Pool, read::Snapshot, target::Target};

/// A handle on the database; cloning shares its connections. Those that write and those that read in snapshots are apart.
#[derive(Debug, Clone)]
pub struct Database {
    pub(crate) pool: Pool,
    pub(crate) reader: Reader,
}

impl Database {
    /// Connects once, so that a wrong URL fails here with a sentence and not later with a time-out.
    pub async fn connect(connect: &Connect) -> Result<Self> {
        let target = Target::of(connect)?;
        target.check(&connect.writing()).await?;
        let reader = Reader::new(target.clone(), connect);
        let pool = Pool::new(target, connect.writing());
        Ok(Self { pool, reader })
    }

    /// The same database for an instance that works by this lease. Once another has it, whatever is written through this handle fails
    /// with [`crate::Error::LeaseLost`] and nothing is written.
    #[must_use]
    pub fn under(&self, lease: &Lease) -> Self {
        Self { pool: self.pool.under(lease, &self.reader.pool), reader: self.reader.clone() }
    }

    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    pub async fn snapshot(&self) -> Result<Option<Snapshot>> {
        self.reader.snapshot().await
    }

    pub async fn notices(&self) -> Result<Notices> {
        self.reader.notices().await
    }

    pub async fn wakes(&self) -> Result<Wakes> {
        self.reader.wakes().await
    }

    /// Closes every connection and waits for it.
    pub async fn close(&self) {
        self.pool.close().await;
        self.reader.close().await;
    }
}
