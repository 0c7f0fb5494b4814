//! What consumers have asked a node, and what became of it.

use linkpool_primitives::{Address, B256, words};
use sqlx::postgres::PgRow;

use super::{EventPosition, Snapshot};
use crate::{
    Result,
    column::{Record, Take, stored_enums},
    statement::args,
};

stored_enums!(RequestEnd);

words! {
    /// How a request ended.
    pub enum RequestEnd {
        Answered = "answered",
        /// Its consumer took the payment back.
        Refunded = "refunded",
    }
}

/// Where and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    pub how: RequestEnd,
    pub position: EventPosition,
    pub time: u64,
    pub transaction_hash: B256,
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestRecord {
    pub operator: Address,
    pub request_id: B256,
    pub position: EventPosition,
    pub block_hash: B256,
    pub block_time: u64,
    pub transaction_hash: B256,
    pub requester: Address,
    /// Juels.
    pub payment: u128,
    /// From when on its consumer may take the payment back.
    pub expires_at: u64,
    /// Whether it names a job of the node, pays for it and comes from who may ask.
    pub is_due: bool,
    pub end: Option<Ended>,
}

impl RequestRecord {
    /// Whether it was answered when its consumer could have taken the payment back already.
    pub fn is_late(&self) -> bool {
        self.end.as_ref().is_some_and(|end| end.how == RequestEnd::Answered && end.time >= self.expires_at)
    }
}

impl Record for RequestRecord {
    fn read(row: &PgRow) -> Result<Self> {
        let how: Option<RequestEnd> = row.take("ended")?;
        let end = match how {
            Some(how) => {
                let position = EventPosition { block_number: row.take("ended_block")?, log_index: row.take("ended_log_index")? };
                Some(Ended { how, position, time: row.take("ended_time")?, transaction_hash: row.take("ended_transaction")? })
            }
            None => None,
        };
        Ok(Self {
            operator: row.take("operator")?,
            request_id: row.take("request_id")?,
            position: EventPosition { block_number: row.take("block_number")?, log_index: row.take("log_index")? },
            block_hash: row.take("block_hash")?,
            block_time: row.take("block_time")?,
            transaction_hash: row.take("transaction_hash")?,
            requester: row.take("requester")?,
            payment: row.take("payment")?,
            expires_at: row.take("expires_at")?,
            is_due: row.take("is_due")?,
            end,
        })
    }
}

impl Snapshot {
    /// Those of a node behind a place, oldest first, as they stood at the snapshot's block.
    pub async fn requests_of(&mut self, node: &Address, after: Option<EventPosition>, limit: u32) -> Result<Vec<RequestRecord>> {
        let select = "select r.*, case when r.ended_block <= $2 then r.how end as ended from (
                 select o.operator::bytea, o.request_id::bytea, o.block_number, o.log_index, o.block_hash::bytea, o.block_time,
                        o.transaction_hash::bytea, o.requester, o.payment, o.expires_at, o.is_due, o.ended as how, o.ended_block,
                        o.ended_log_index, o.ended_time, o.ended_transaction::bytea
                   from oracle_request o
                  where o.node = $1 and o.block_number <= $2 and ($3::bigint is null or (o.block_number, o.log_index) > ($3, $4))
                  order by o.block_number, o.log_index limit $5) r
              order by r.block_number, r.log_index";
        let block = self.block().number;
        let (number, index) = (after.map(|after| after.block_number), after.map(|after| after.log_index));
        self.all(select, args![node, block, number, index, i64::from(limit)]).await
    }
}
