//! What the pool's owners have announced.

use linkpool_primitives::{Address, AnnouncementState, B256};
use serde_json::Value;
use sqlx::AssertSqlSafe;

use super::{EventPosition, Snapshot};
use crate::{
    Database, Result,
    column::{row, stored_enums},
    pool::Connection,
    statement::{all, args},
};

stored_enums!(AnnouncementState);

row! {
    /// One time that an operation was scheduled, and what became of it.
    #[derive(Debug, Clone, PartialEq)]
    AnnouncementRecord {
        /// The timelock.
        contract: Address,
        operation: B256,
        state: AnnouncementState,
        block_number: u64,
        log_index: u32,
        block_hash: B256,
        block_time: u64,
        transaction_hash: B256,
        /// When it may be executed.
        ready_at: u64,
        delay_seconds: u64,
        predecessor: String,
        salt: String,
        /// What each of its calls does, in order.
        calls: Value,
        ended_block: Option<u64>,
        ended_log_index: Option<u32>,
        ended_hash: Option<B256>,
        ended_time: Option<u64>,
        ended_transaction: Option<B256>,
        /// Whether the timelock owns the pool now.
        is_owner: bool,
    }
}

/// Most operations that are looked at as open: each took a delay of weeks to be announced.
const MAX_OPEN: u32 = 1_000;

/// Which announcements, newest first.
#[derive(Debug, Clone, Copy, Default)]
pub struct AnnouncementFilter {
    pub state: Option<AnnouncementState>,
    /// Waiting or ready.
    pub only_open: bool,
    /// The place of the last one already seen.
    pub seen: Option<EventPosition>,
    pub limit: u32,
}

/// As the block's time has it: what only time changes is not stored. `$1` is the block, `$2` its time.
const SELECT: &str = "select announced.*, case when ended_block is not null then ended when ready_at <= $2 then 'ready' else 'waiting' end as state,
        coalesce(contract = (select owner from pool), false) as is_owner
   from (
    select a.contract::bytea, a.operation::bytea, a.block_number, a.log_index, a.block_hash::bytea, a.block_time, a.transaction_hash::bytea,
           a.ready_at, a.delay_seconds, a.predecessor, a.salt, a.calls, a.ended,
           case when a.ended_block <= $1 then a.ended_block end as ended_block, case when a.ended_block <= $1 then a.ended_log_index end as ended_log_index,
           case when a.ended_block <= $1 then a.ended_hash::bytea end as ended_hash, case when a.ended_block <= $1 then a.ended_time end as ended_time,
           case when a.ended_block <= $1 then a.ended_transaction::bytea end as ended_transaction
      from announcement a where a.block_number <= $1) announced";

impl Snapshot {
    /// A page of what was announced, as it stood at the snapshot's block.
    pub async fn announcements(&mut self, filter: &AnnouncementFilter) -> Result<Vec<AnnouncementRecord>> {
        let statement = format!(
            "select * from ({SELECT}) announced where ($3::text is null or state = $3) and (not $4 or state in ('waiting', 'ready'))
                and ($5::bigint is null or (block_number, log_index) < ($5, $6))
              order by block_number desc, log_index desc limit $7"
        );
        let (block, seen) = (self.block(), filter.seen);
        let args = args![
            block.number,
            block.timestamp,
            filter.state,
            filter.only_open,
            seen.map(|seen| seen.block_number),
            seen.map(|seen| seen.log_index),
            i64::from(filter.limit)
        ];
        self.all(statement, args).await
    }
}

impl Snapshot {
    /// Those that were scheduled or ended behind a place, oldest first, as they stand.
    pub async fn announcements_after(&mut self, position: EventPosition, limit: u32) -> Result<Vec<AnnouncementRecord>> {
        // Most blocks tell of none, and then nothing more is looked at.
        let statement = format!(
            "{SELECT} where exists (select from contract_event where (block_number, log_index) > ($3, $4))
                and ((block_number, log_index) > ($3, $4) or (ended_block, ended_log_index) > ($3, $4))
              order by block_number, log_index limit $5"
        );
        let block = self.cursor.block;
        let args = args![block.number, block.timestamp, position.block_number, position.log_index, i64::from(limit)];
        self.all(statement, args).await
    }
}

impl Database {
    /// What is announced and neither done nor cancelled, newest first.
    pub async fn open_announcements(&self) -> Result<Vec<AnnouncementRecord>> {
        let Some(mut snapshot) = self.snapshot().await? else { return Ok(Vec::new()) };
        let open = AnnouncementFilter { only_open: true, limit: MAX_OPEN, ..AnnouncementFilter::default() };
        snapshot.announcements(&open).await
    }
}

impl AnnouncementRecord {
    /// What it does; of several calls one after the other.
    pub fn description(&self) -> String {
        let calls = self.calls.as_array().map(Vec::as_slice).unwrap_or_default();
        calls.iter().filter_map(|call| call["description"].as_str()).collect::<Vec<_>>().join("; ")
    }

    /// Where it was scheduled, and where it ended.
    pub fn changes(&self) -> impl Iterator<Item = (EventPosition, B256)> {
        let scheduled = (EventPosition { block_number: self.block_number, log_index: self.log_index }, self.block_hash);
        let ended = self.ended_block.zip(self.ended_log_index).zip(self.ended_hash);
        let ended = ended.map(|((block_number, log_index), hash)| (EventPosition { block_number, log_index }, hash));
        std::iter::once(scheduled).chain(ended)
    }
}

/// All of them, as they stood at a block.
pub(crate) async fn at(connection: &mut Connection, block: u64, time: u64) -> Result<Vec<AnnouncementRecord>> {
    let statement = format!("{SELECT} order by block_number, log_index");
    all(connection, AssertSqlSafe(statement), args![block, time]).await
}
