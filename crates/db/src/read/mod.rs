//! What the API reads, all of one request in one snapshot.

mod column;
mod event;
mod figures;
mod history;
mod node;
mod past;
mod pool;
mod position;
mod stream;

pub use event::{After, EventFilter, EventPlace, EventRecord};
pub(crate) use event::{read_records, select_records};
pub use figures::RewardStreamThen;
pub use history::{HistoryPoint, Period};
pub use node::{NodeFilter, NodeRecord, NodeSort, NodeState};
pub use pool::PoolRecord;
pub use position::{PositionRecord, TicketRecord};
pub use stream::Fate;

use linkpool_primitives::BlockRef;
use sqlx::{PgConnection, Postgres, Transaction};

use crate::{
    Database, Result,
    cursor::{self, Cursor},
    deployment::{self, Deployment},
};

/// One statement of a reader may take this long; what would take longer is a missing index or a missing bound.
const BEGIN: &str = "begin isolation level repeatable read read only; set local statement_timeout = '2s'";

/// The database as it was when the cursor stood at [`Snapshot::cursor`]: every query of one request sees the same rows.
#[derive(Debug)]
pub struct Snapshot {
    transaction: Transaction<'static, Postgres>,
    cursor: Cursor,
    /// The block that rows are read as of, if it is not the cursor's.
    past: Option<BlockRef>,
}

impl Database {
    /// Opens a snapshot and reads the cursor first; `None` before a deployment is recorded.
    pub async fn snapshot(&self) -> Result<Option<Snapshot>> {
        let mut transaction = self.pool.begin_with(BEGIN).await?;
        let cursor = cursor::read(&mut transaction).await?;
        Ok(cursor.map(|cursor| Snapshot { transaction, cursor, past: None }))
    }
}

impl Snapshot {
    /// How far the rows of this snapshot follow the chain.
    pub fn cursor(&self) -> &Cursor {
        &self.cursor
    }

    /// The block that the answers of this snapshot hold at.
    pub fn block(&self) -> BlockRef {
        self.past.unwrap_or(self.cursor.block)
    }

    /// The contract this database follows.
    pub async fn deployment(&mut self) -> Result<Option<Deployment>> {
        deployment::read(&mut self.transaction).await
    }

    /// The block number to read as of; `None` for the present.
    fn at(&self) -> Option<u64> {
        self.past.map(|block| block.number)
    }

    fn connection(&mut self) -> &mut PgConnection {
        &mut self.transaction
    }
}
