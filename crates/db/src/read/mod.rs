//! What the API reads, all of one request in one snapshot.

mod about;
pub(crate) mod announcement;
mod capacity;
mod earnings;
mod event;
mod history;
mod limit;
mod node;
mod operator;
mod past;
mod pool;
mod position;
mod request;
mod staker;
mod standing;
mod statistics;
mod stored;
mod stream;

pub use crate::columns::After;
pub use announcement::{AnnouncementFilter, AnnouncementRecord};
pub use capacity::Capacity;
pub use earnings::{DAY_SECONDS, Earnings};
pub use event::{EventFilter, EventPosition, EventRecord};
pub(crate) use event::{read_records, select_records};
pub use history::{HistoryPoint, Period};
pub(crate) use node::LEFT;
pub use node::{NodeFilter, NodeRecord, NodeSort, NodeState};
pub use operator::OperatorRecord;
pub use pool::PoolRecord;
pub use position::{PositionRecord, TICKETS_PER_POSITION, TicketRecord};
pub use request::{Ended, RequestEnd, RequestRecord};
pub use staker::StakerRecord;
pub use statistics::{NodeRewards, RewardWindow};
pub use stored::StoredStaker;
pub use stream::Fate;

use linkpool_primitives::BlockRef;
use sqlx::{
    AssertSqlSafe,
    postgres::{PgArguments, PgRow},
};

use crate::{
    Error, Result,
    column::Record,
    cursor::{self, Cursor},
    pool::{Asking, Pool, Transaction},
};

/// With [`crate::pool::SNAPSHOT_STATEMENT_TIMEOUT`] for each statement.
const BEGIN: &str = "begin isolation level repeatable read read only; set local statement_timeout = '2s'";

/// The database as it was when the cursor stood at [`Snapshot::cursor`]: every query of one request sees the same rows.
#[derive(Debug)]
pub struct Snapshot {
    source: Source,
    cursor: Cursor,
    /// The older block that rows are read as of; `None` reads them at the cursor.
    past: Option<BlockRef>,
}

#[derive(Debug)]
enum Source {
    /// In which every statement sees the same rows.
    Transaction(Transaction),
    /// Each statement by itself, as long as the cursor stands.
    Standing(Asking),
}

impl Snapshot {
    pub(crate) async fn open(pool: &Pool) -> Result<Option<Self>> {
        let mut transaction = pool.begin_with(BEGIN).await?;
        let cursor = cursor::read(&mut transaction).await?;
        Ok(cursor.map(|cursor| Self { source: Source::Transaction(transaction), cursor, past: None }))
    }

    /// Reads at `cursor` while it stands there, and then fails with [`Error::Moved`].
    pub(crate) fn standing(asking: &Asking, cursor: &Cursor) -> Self {
        Self { source: Source::Standing(asking.clone()), cursor: cursor.clone(), past: None }
    }

    /// Whether a statement may find that the cursor has moved.
    pub fn is_standing(&self) -> bool {
        matches!(self.source, Source::Standing(_))
    }

    /// How far the rows of this snapshot follow the chain.
    pub fn cursor(&self) -> &Cursor {
        &self.cursor
    }

    /// The block that the answers of this snapshot hold at.
    pub fn block(&self) -> BlockRef {
        self.past.unwrap_or(self.cursor.block)
    }

    /// The number of the older block that rows are read as of; `None` where they are read as they stand at the cursor.
    fn as_of(&self) -> Option<u64> {
        self.past.map(|block| block.number)
    }

    async fn rows(&mut self, statement: impl Into<String>, args: PgArguments) -> Result<Vec<PgRow>> {
        let statement = statement.into();
        match &mut self.source {
            Source::Transaction(transaction) => {
                Ok(sqlx::query_with(AssertSqlSafe(statement), args).fetch_all(&mut **transaction).await?)
            }
            Source::Standing(asking) => standing::read(asking, &self.cursor, &statement, args).await,
        }
    }

    /// Every row.
    async fn all<T: Record>(&mut self, statement: impl Into<String>, args: PgArguments) -> Result<Vec<T>> {
        self.rows(statement, args).await?.iter().map(T::read).collect()
    }

    /// The first row, if there is any.
    async fn maybe<T: Record>(&mut self, statement: impl Into<String>, args: PgArguments) -> Result<Option<T>> {
        self.rows(statement, args).await?.first().map(T::read).transpose()
    }

    /// The row of a statement that always has one.
    async fn one<T: Record>(&mut self, statement: impl Into<String>, args: PgArguments) -> Result<T> {
        self.maybe(statement, args).await?.ok_or(Error::Query(sqlx::Error::RowNotFound))
    }
}
