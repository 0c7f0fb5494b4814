//! A handle that only reads: what the API holds. Its connections are its own, and the server refuses every write on them.

use sqlx::postgres::PgArguments;

pub use crate::pool::Connections;
use crate::{
    Connect, Result,
    column::Record,
    cursor::{self, Cursor},
    fleet::Wakes,
    notice::Notices,
    pool::Pool,
    read::Snapshot,
    target::Target,
};

/// Cloning shares the connections.
#[derive(Debug, Clone)]
pub struct Reader {
    pub(crate) pool: Pool,
    /// Takes single statements, none of which waits for a transaction of another.
    asking: Pool,
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
        let asking = Pool::new(target.clone(), connect.asking());
        Self { pool: Pool::new(target.clone(), connect.reading()), asking, target }
    }

    /// Opens a snapshot and reads the cursor first; `None` before a deployment is recorded.
    pub async fn snapshot(&self) -> Result<Option<Snapshot>> {
        Snapshot::open(&self.pool).await
    }

    /// Where the cursor stands; `None` before a deployment is recorded.
    pub async fn cursor(&self) -> Result<Option<Cursor>> {
        let rows = self.asking.ask(cursor::select(), PgArguments::default()).await?;
        rows.first().map(Cursor::read).transpose()
    }

    /// Reads at `cursor`, which was read a moment ago, without a transaction.
    pub fn standing_at(&self, cursor: &Cursor) -> Snapshot {
        Snapshot::standing(&self.asking, cursor)
    }

    /// Connections that are open for reading, and how many of them somebody works with.
    pub fn connections(&self) -> Connections {
        let (transactions, statements) = (self.pool.connections(), self.asking.connections());
        Connections { open: transactions.open + statements.open, used: transactions.used + statements.used }
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
        self.asking.close().await;
    }
}
