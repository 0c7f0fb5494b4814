//! What the API reads, all of one request in one snapshot.

mod column;
mod event;
mod figures;
mod node;
mod pool;
mod position;
mod stream;

pub use event::{After, EventFilter, EventPlace, EventRecord};
pub use figures::RewardStreamThen;
pub use node::{NodeFilter, NodeRecord, NodeSort, NodeState};
pub use pool::PoolRecord;
pub use position::{PositionRecord, TicketRecord};

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
}

impl Database {
    /// Opens a snapshot and reads the cursor first; `None` before a deployment is recorded.
    pub async fn snapshot(&self) -> Result<Option<Snapshot>> {
        let mut transaction = self.pool.begin_with(BEGIN).await?;
        let cursor = cursor::read(&mut transaction).await?;
        Ok(cursor.map(|cursor| Snapshot { transaction, cursor }))
    }
}

impl Snapshot {
    /// How far the rows of this snapshot follow the chain.
    pub fn cursor(&self) -> &Cursor {
        &self.cursor
    }

    /// The contract this database follows.
    pub async fn deployment(&mut self) -> Result<Option<Deployment>> {
        deployment::read(&mut self.transaction).await
    }

    fn connection(&mut self) -> &mut PgConnection {
        &mut self.transaction
    }
}
