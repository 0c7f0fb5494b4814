//! A handle that only reads: what the API holds. Its connections are its own, and the server refuses every write on them.

use sqlx::postgres::PgArguments;

pub use crate::pool::Connections;
use crate::{
    Connect, Result,
    column::Record,
    cursor::{self, Cursor},
    fleet::Wakes,
    notice::Notices,
    pool::{Asking, Pool},
    read::Snapshot,
    target::Target,
};

/// Cloning shares the connections.
#[derive(Debug, Clone)]
pub struct Reader {
    pub(crate) pool: Pool,
    /// Take single statements, none of which waits for a transaction of another.
    asking: Asking,
    /// Takes one, of which an answer that is kept already waits for none of those.
    looking: Asking,
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
        let asking = Asking::new(target.clone(), connect.asking());
        let looking = Asking::new(target.clone(), connect.looking());
        Self { pool: Pool::new(target.clone(), connect.reading()), asking, looking, target }
    }

    /// Opens a snapshot and reads the cursor first; `None` before a deployment is recorded.
    pub async fn snapshot(&self) -> Result<Option<Snapshot>> {
        Snapshot::open(&self.pool).await
    }

    /// Where the cursor stands; `None` before a deployment is recorded.
    pub async fn cursor(&self) -> Result<Option<Cursor>> {
        let rows = self.looking.ask(cursor::select(), PgArguments::default()).await?;
        rows.first().map(Cursor::read).transpose()
    }

    /// Reads at `cursor`, which was read a moment ago, without a transaction.
    pub fn standing_at(&self, cursor: &Cursor) -> Snapshot {
        Snapshot::standing(&self.asking, cursor)
    }

    /// Connections that are open for reading, and how many of them somebody works with.
    pub fn connections(&self) -> Connections {
        let kinds = [self.pool.connections(), self.asking.connections(), self.looking.connections()];
        let all = |count: fn(&Connections) -> usize| kinds.iter().map(count).sum::<usize>();
        Connections { open: all(|kind| kind.open), used: all(|kind| kind.used) }
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
        self.looking.close().await;
    }
}
