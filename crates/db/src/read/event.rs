//! The activity log: lists, one transaction, and what came after a block.

use linkpool_primitives::{Address, B256, EventKind, Unit};
use sqlx::{
    Execute, Postgres, QueryBuilder,
    postgres::{PgArguments, PgRow},
};

use super::{Snapshot, limit::at_most};
use crate::{
    Error, Result,
    column::Take,
    columns::{After, Fields, NodeFields, PenaltySlotFields, PoolFields, PositionFields, RoleFields, TicketFields},
    event::EventRow,
    pool::Connection,
    statement::args,
};

#[derive(Debug, Clone, PartialEq)]
pub struct EventRecord {
    pub block_number: u64,
    pub log_index: u32,
    pub block_hash: B256,
    pub block_time: u64,
    pub transaction_hash: B256,
    pub kind: EventKind,
    pub node: Option<Address>,
    pub staker: Option<Address>,
    pub account: Option<Address>,
    pub ticket: Option<u64>,
    /// Of an event that says only how many shares it moves, what they were worth; a [`Snapshot`] knows.
    pub amount: Option<u128>,
    pub fee: Option<u128>,
    pub shares: Option<u128>,
    pub detail: Option<serde_json::Value>,
    /// The fields that the event carried, by name, as they were after it.
    pub after: Vec<(&'static str, After)>,
}

/// Where an event stands in the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventPosition {
    pub block_number: u64,
    pub log_index: u32,
}

impl TryFrom<&EventRow> for EventRecord {
    type Error = Error;
    /// The row as it would come back from the table.
    fn try_from(row: &EventRow) -> Result<Self> {
        Ok(Self {
            block_number: row.block_number.unsigned_abs(),
            log_index: row.log_index.unsigned_abs(),
            block_hash: row.block_hash,
            block_time: row.block_time.unsigned_abs(),
            transaction_hash: row.transaction_hash,
            kind: row.kind,
            node: row.node,
            staker: row.staker,
            account: row.account,
            ticket: row.ticket.map(i64::unsigned_abs),
            amount: row.amount,
            fee: row.fee,
            shares: row.shares,
            detail: row.detail.clone(),
            after: row.after()?,
        })
    }
}

impl EventPosition {
    /// Behind every event of a block.
    pub fn end_of(block_number: u64) -> Self {
        Self { block_number, log_index: i32::MAX.unsigned_abs() }
    }
}

/// Which events, newest first unless it says otherwise.
#[derive(Debug, Clone, Default)]
pub struct EventFilter {
    pub kind: Option<EventKind>,
    pub node: Option<Address>,
    pub staker: Option<Address>,
    pub from_block: Option<u64>,
    pub to_block: Option<u64>,
    /// Unix seconds.
    pub from: Option<u64>,
    pub to: Option<u64>,
    pub oldest_first: bool,
    /// The place of the last event already seen.
    pub seen: Option<EventPosition>,
    pub limit: u32,
}

impl Snapshot {
    /// One page of the log.
    pub async fn events(&mut self, filter: &EventFilter) -> Result<Vec<EventRecord>> {
        // Only the conditions that apply are written, so that each combination finds its own index.
        let mut query = self.select_readable();
        if let Some(kind) = filter.kind {
            query.push(" and kind = ").push_bind(kind.as_str());
        }
        if let Some(node) = &filter.node {
            query.push(" and node = ").push_bind(node.to_vec());
        }
        if let Some(staker) = &filter.staker {
            query.push(" and staker = ").push_bind(staker.to_vec());
        }
        if let Some(block) = filter.from_block {
            query.push(" and block_number >= ").push_bind(block as i64);
        }
        if let Some(block) = filter.to_block {
            query.push(" and block_number <= ").push_bind(block as i64);
        }
        // Times rise with the blocks, so a time is a block; where there is none on its side, there is no event either.
        if let Some(time) = filter.from {
            query.push(" and block_number > last_block_at(").push_bind(time.saturating_sub(1) as i64).push(")");
        }
        if let Some(time) = filter.to {
            query.push(" and block_number <= last_block_at(").push_bind(time as i64).push(")");
        }
        let (compare, order) = if filter.oldest_first { (">", "asc") } else { ("<", "desc") };
        if let Some(position) = filter.seen {
            query.push(format!(" and (block_number, log_index) {compare} (")).push_bind(position.block_number as i64);
            query.push(", ").push_bind(position.log_index as i32).push(")");
        }
        query.push(format!(" order by block_number {order}, log_index {order} limit {}", at_most(filter.limit)));
        let mut records = self.records(query).await?;
        records.truncate(filter.limit as usize);
        Ok(records)
    }

    /// The events of one transaction, in order.
    pub async fn events_of_transaction(&mut self, hash: &B256) -> Result<Vec<EventRecord>> {
        let mut query = self.select_readable();
        query.push(" and transaction_hash = ").push_bind(hash.to_vec()).push(" order by block_number, log_index");
        self.records(query).await
    }

    /// The first events after a place, oldest first.
    pub async fn events_after(&mut self, position: EventPosition, limit: u32) -> Result<Vec<EventRecord>> {
        let mut query = self.select_readable();
        query.push(" and (block_number, log_index) > (").push_bind(position.block_number as i64);
        query.push(", ").push_bind(position.log_index as i32);
        query.push(format!(") order by block_number, log_index limit {}", at_most(limit)));
        let mut records = self.records(query).await?;
        records.truncate(limit as usize);
        Ok(records)
    }

    /// How many events come after a place, counted up to `most`.
    pub async fn count_events_after(&mut self, position: EventPosition, most: u32) -> Result<u64> {
        let select = "select count(*) as count from (select from event where (block_number, log_index) > ($1, $2) and block_number <= $4 limit $3) counted";
        let last = self.cursor.block.number;
        let args = args![position.block_number as i64, position.log_index as i32, i64::from(most), last];
        self.one(select, args).await
    }

    /// Begins a query about the events that readers may see: those of blocks whose state is written.
    fn select_readable(&self) -> QueryBuilder<Postgres> {
        let mut query = select_records();
        query.push("where block_number <= ").push_bind(self.cursor.block.number as i64);
        query
    }

    /// With the amounts of the events that move shares: what these were worth at their node's price then, rounded down as the contract
    /// does. Such an event changes no price, so the last one that did before it holds.
    async fn records(&mut self, query: QueryBuilder<Postgres>) -> Result<Vec<EventRecord>> {
        let (page, args) = parts(query)?;
        let last = |field: &str| {
            format!(
                "(select e.{field} from event e where e.node = page.node and e.assets is not null and e.{field} is not null
                     and (e.block_number, e.log_index) < (page.block_number, page.log_index)
                   order by e.block_number desc, e.log_index desc limit 1)"
            )
        };
        let moves_shares = EventKind::ALL.iter().filter(|kind| kind.moves().unit == Unit::Shares);
        let statement = format!(
            "with page as materialized ({page}) select page.*,
                    case when page.amount is null and page.kind in ({}) then div(page.shares * {}, nullif({}, 0)) end as worth from page",
            moves_shares.map(|kind| format!("'{kind}'")).collect::<Vec<_>>().join(", "),
            last("assets"),
            last("total_shares"),
        );
        let valued = |row: &PgRow| {
            let record = record(row)?;
            Ok(EventRecord { amount: record.amount.or(row.take("worth")?), ..record })
        };
        self.rows(statement, args).await?.iter().map(valued).collect()
    }
}

/// What the query is made of.
fn parts(mut query: QueryBuilder<Postgres>) -> Result<(String, PgArguments)> {
    let mut query = query.build();
    let args = query.take_arguments().map_err(sqlx::Error::Encode)?;
    Ok((query.sql().as_str().to_owned(), args.unwrap_or_default()))
}

pub(crate) async fn read_records(connection: &mut Connection, mut query: QueryBuilder<Postgres>) -> Result<Vec<EventRecord>> {
    let rows = query.build().fetch_all(connection).await?;
    rows.iter().map(record).collect()
}

/// The beginning of a query for [`read_records`].
pub(crate) fn select_records() -> QueryBuilder<Postgres> {
    QueryBuilder::new(format!("select {} from event ", EventRow::columns()))
}

fn record(row: &PgRow) -> Result<EventRecord> {
    let mut after = Vec::new();
    NodeFields::read(row)?.carried(&mut after)?;
    PositionFields::read(row)?.carried(&mut after)?;
    TicketFields::read(row)?.carried(&mut after)?;
    PoolFields::read(row)?.carried(&mut after)?;
    RoleFields::read(row)?.carried(&mut after)?;
    PenaltySlotFields::read(row)?.carried(&mut after)?;
    Ok(EventRecord {
        block_number: row.take("block_number")?,
        log_index: row.take("log_index")?,
        block_hash: row.take("block_hash")?,
        block_time: row.take("block_time")?,
        transaction_hash: row.take("transaction_hash")?,
        kind: row.take("kind")?,
        node: row.take("node")?,
        staker: row.take("staker")?,
        account: row.take("account")?,
        ticket: row.take("ticket")?,
        amount: row.take("amount")?,
        fee: row.take("fee")?,
        shares: row.take("shares")?,
        detail: row.take("detail")?,
        after,
    })
}
