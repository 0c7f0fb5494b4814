//! The stored events in the order of the chain, for comparing them with the logs.

use super::StateReader;
use crate::{
    Result,
    read::{EventPosition, EventRecord, read_records, select_records},
    statement::{args, maybe},
};

impl StateReader {
    /// The last block of a run that begins after `after`, ends at `to` at the latest and has about `most` events at most; a
    /// single block may have more.
    pub async fn run_of_events(&mut self, after: u64, to: u64, most: u32) -> Result<u64> {
        let select = "select block_number from event where block_number > $1 and block_number <= $2 order by block_number, log_index offset $3 limit 1";
        let block: Option<u64> = maybe(self.connection(), select, args![after, to, i64::from(most)]).await?;
        let Some(block) = block else { return Ok(to) };
        // The block of the event that is too many is left to the next run, unless it is the only one.
        Ok(block.saturating_sub(1).max(after + 1))
    }

    /// The events of the blocks after `after`, up to `to`.
    pub async fn events_between(&mut self, after: u64, to: u64) -> Result<Vec<EventRecord>> {
        let mut query = select_records();
        query.push("where (block_number, log_index) > (").push_bind(after as i64);
        query.push(", ").push_bind(EventPosition::end_of(after).log_index as i32);
        query.push(") and block_number <= ").push_bind(to as i64);
        query.push(" order by block_number, log_index");
        read_records(self.connection(), query).await
    }
}
