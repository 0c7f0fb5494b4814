//! What the API reads, all of one request in one snapshot.

mod about;
pub(crate) mod announcement;
mod capacity;
pub(crate) mod dated;
mod earnings;
mod event;
mod history;
mod node;
mod operator;
mod past;
mod pool;
mod position;
mod request;
mod staker;
mod statistics;
mod stream;

pub use crate::columns::After;
pub use announcement::{AnnouncementFilter, AnnouncementRecord};
pub use capacity::Capacity;
pub use dated::Dated;
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
pub use stream::Fate;

use linkpool_primitives::BlockRef;

use crate::{
    Result,
    cursor::{self, Cursor},
    pool::{Connection, Pool, Transaction},
};

/// With [`crate::pool::SNAPSHOT_STATEMENT_TIMEOUT`] for each statement.
const BEGIN: &str = "begin isolation level repeatable read read only; set local statement_timeout = '2s'";

/// The database as it was when the cursor stood at [`Snapshot::cursor`]: every query of one request sees the same rows.
#[derive(Debug)]
pub struct Snapshot {
    transaction: Transaction,
    cursor: Cursor,
    /// The older block that rows are read as of; `None` reads them at the cursor.
    past: Option<BlockRef>,
}

impl Snapshot {
    pub(crate) async fn open(pool: &Pool) -> Result<Option<Self>> {
        let mut transaction = pool.begin_with(BEGIN).await?;
        let cursor = cursor::read(&mut transaction).await?;
        Ok(cursor.map(|cursor| Self { transaction, cursor, past: None }))
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

    fn connection(&mut self) -> &mut Connection {
        &mut self.transaction
    }
}
