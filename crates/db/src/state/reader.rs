//! The state tables page by page, all pages in one snapshot.

use linkpool_primitives::{Address, BlockRef};
use sqlx::{AssertSqlSafe, postgres::PgRow};

use crate::{
    Database, Result,
    column::{Record, Take, row},
    columns::{Fields, NodeFields, PoolFields, PositionFields, TicketFields},
    contract_event::{self, ContractEvent},
    cursor::{self, Cursor},
    followed::{self, Followed},
    pool::{Connection, LONG_READ_TIMEOUT, Transaction},
    read::{AnnouncementRecord, EventPosition, EventRecord, announcement, read_records, select_records},
    statement::{all, args, maybe, one},
};

/// A consistent look at everything, for as long as a comparison takes. It holds one connection and no lock.
#[derive(Debug)]
pub struct StateReader {
    transaction: Transaction,
    cursor: Cursor,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPosition {
    pub node: Address,
    pub staker: Address,
    pub fields: PositionFields,
    /// How many tickets are stored for it, counted by the highest index.
    pub tickets: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredTicket {
    pub node: Address,
    pub staker: Address,
    pub ticket: i64,
    pub fields: TicketFields,
}

row! {
    /// What the rows of one node add up to.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    NodeSums {
        node: Address,
        position_shares: u128,
        ticket_shares: u128,
        /// Positions with shares.
        stakers: i64,
        /// What the history says that number is.
        stakers_recorded: i64,
    }
}

/// Between two pages the chain is asked, for as long as it takes: a connection that writes would be ended for such a pause.
const BEGIN: &str = "begin isolation level repeatable read read only; set local idle_in_transaction_session_timeout = 0";

impl Database {
    /// Begins a look; `None` before a deployment is followed.
    pub async fn state_reader(&self) -> Result<Option<StateReader>> {
        let mut transaction = self.reader.pool.begin_with(BEGIN).await?;
        transaction.allow(LONG_READ_TIMEOUT).await?;
        let cursor = cursor::read(&mut transaction).await?;
        Ok(cursor.map(|cursor| StateReader { transaction, cursor }))
    }
}

const POSITION: &str =
    "select p.*, (select coalesce(max(t.ticket) + 1, 0) from ticket t where t.node = p.node and t.staker = p.staker) as tickets
    from position p";

impl StateReader {
    /// The block they are the state of.
    pub fn block(&self) -> BlockRef {
        self.cursor.block
    }

    pub async fn pool(&mut self) -> Result<Option<PoolFields>> {
        Ok(self.rows("select * from pool", PoolFields::read).await?.pop())
    }

    /// Every node, in the order of registration; the pool never has more than a few thousand.
    pub async fn nodes(&mut self) -> Result<Vec<(Address, NodeFields)>> {
        self.rows("select * from node order by node_index", |row| Ok((row.take("node")?, NodeFields::read(row)?))).await
    }

    /// The contracts beside the pool whose logs are read.
    pub async fn followed(&mut self) -> Result<Followed> {
        followed::read(&mut self.transaction).await
    }

    /// The events of followed contracts in the blocks after `after`, up to `through`, in order.
    pub async fn contract_events_between(&mut self, after: u64, through: u64) -> Result<Vec<ContractEvent>> {
        let select = format!(
            "select {} from contract_event where block_number > $1 and block_number <= $2 order by block_number, log_index",
            contract_event::COLUMNS
        );
        all(&mut *self.transaction, AssertSqlSafe(select), args![after, through]).await
    }

    /// What owners have announced, oldest first, by the events up to a block; without one as it stands. What only time changes is as it
    /// is now.
    pub async fn announcements(&mut self, at: Option<u64>) -> Result<Vec<AnnouncementRecord>> {
        let block = self.cursor.block;
        announcement::at(&mut self.transaction, at.unwrap_or(block.number), block.timestamp).await
    }

    /// The delay that each timelock last set itself.
    pub async fn delays(&mut self) -> Result<Vec<(Address, u64)>> {
        let select = "select distinct on (e.contract) e.contract::bytea, (e.detail ->> 'delay_seconds')::bigint
               from contract_event e join followed_contract f using (contract)
              where e.kind = 'MinDelayChange' and e.block_number <= $1 and f.fill_block is null
              order by e.contract, e.block_number desc, e.log_index desc";
        all(&mut *self.transaction, select, args![self.cursor.block.number]).await
    }

    /// What requests have paid at each Operator that nobody had answered nor taken back by the end of a block.
    pub async fn unanswered(&mut self, block: u64) -> Result<Vec<(Address, u128)>> {
        let select = "select f.contract::bytea, coalesce(sum(r.payment), 0)::numeric from followed_contract f
               left join oracle_request r
                 on r.operator = f.contract and r.block_number <= $1 and (r.ended_block is null or r.ended_block > $1)
              where f.kind = 'operator' and f.fill_block is null group by f.contract order by f.contract";
        all(&mut *self.transaction, select, args![block]).await
    }

    /// Every account that ever had a role, with the roles it has.
    pub async fn roles(&mut self) -> Result<Vec<(Address, i16)>> {
        self.rows("select * from role", |row| Ok((row.take("account")?, row.take("roles")?))).await
    }

    /// The penalty slots that were ever taken, and when each is free.
    pub async fn penalty_slots(&mut self) -> Result<Vec<(i16, i64)>> {
        self.rows("select * from penalty_slot", |row| Ok((row.take("slot")?, row.take("slot_ends_at")?))).await
    }

    /// The next positions in the order of their keys.
    pub async fn positions_after(&mut self, after: Option<(Address, Address)>, limit: u32) -> Result<Vec<StoredPosition>> {
        let (node, staker) = after.unwrap_or_default();
        let statement =
            format!("{POSITION} where $4 or (p.node, p.staker) > ($1::bytea, $2::bytea) order by p.node, p.staker limit $3");
        all(self.connection(), AssertSqlSafe(statement), args![node, staker, i64::from(limit), after.is_none()]).await
    }

    /// The next tickets in the order of their keys.
    pub async fn tickets_after(&mut self, after: Option<(Address, Address, i64)>, limit: u32) -> Result<Vec<StoredTicket>> {
        let (node, staker, index) = after.unwrap_or_default();
        let select = "select * from ticket where $5 or (node, staker, ticket) > ($1::bytea, $2::bytea, $3) order by node, staker, ticket limit $4";
        all(self.connection(), select, args![node, staker, index, i64::from(limit), after.is_none()]).await
    }

    /// The positions that changed last after a block, at most `limit`, and as many taken at random.
    pub async fn sample_positions(&mut self, after_block: u64, limit: u32) -> Result<Vec<StoredPosition>> {
        let statement = format!(
            "with chosen as (
                 (select node, staker from position where block_number > $1 order by block_number desc limit $2)
                 union (select node, staker from position order by random() limit $2)
             ) {POSITION} join chosen using (node, staker)"
        );
        all(self.connection(), AssertSqlSafe(statement), args![after_block, i64::from(limit)]).await
    }

    pub async fn sample_tickets(&mut self, after_block: u64, limit: u32) -> Result<Vec<StoredTicket>> {
        let select = "(select * from ticket where block_number > $1 order by block_number desc limit $2)
             union (select * from ticket order by random() limit $2)";
        all(self.connection(), select, args![after_block, i64::from(limit)]).await
    }

    /// What the positions and tickets of each node add up to. A second for a million positions.
    pub async fn sums(&mut self) -> Result<Vec<NodeSums>> {
        let statement = "select n.node, coalesce(p.shares, 0)::numeric as position_shares, coalesce(t.shares, 0)::numeric as ticket_shares,
                coalesce(p.stakers, 0) as stakers, coalesce(f.node_stakers, 0) as stakers_recorded
           from node n
           left join (select node, sum(position_shares) as shares, count(*) filter (where position_shares > 0) as stakers from position group by node) p using (node)
           left join (select node, sum(ticket_shares) as shares from ticket group by node) t using (node)
           left join lateral (
                select node_stakers from statistic f where f.node = n.node order by f.block_number desc, f.log_index desc limit 1
           ) f on true";
        all(self.connection(), statement, args![]).await
    }

    /// Addresses with stake, counted, and as the history says.
    pub async fn stakers(&mut self) -> Result<(i64, i64)> {
        let statement = "select (select count(distinct staker) from position where position_shares > 0) as counted,
                coalesce((select pool_stakers from statistic order by block_number desc, log_index desc limit 1), 0) as recorded";
        one(self.connection(), statement, args![]).await
    }

    async fn rows<T>(&mut self, statement: &str, read: impl Fn(&PgRow) -> Result<T>) -> Result<Vec<T>> {
        sqlx::query(AssertSqlSafe(statement.to_owned())).fetch_all(self.connection()).await?.iter().map(read).collect()
    }

    pub(super) fn connection(&mut self) -> &mut Connection {
        &mut self.transaction
    }
}

impl Record for StoredPosition {
    fn read(row: &PgRow) -> Result<Self> {
        Ok(Self {
            node: row.take("node")?,
            staker: row.take("staker")?,
            fields: PositionFields::read(row)?,
            tickets: row.take("tickets")?,
        })
    }
}

impl Record for StoredTicket {
    fn read(row: &PgRow) -> Result<Self> {
        Ok(Self {
            node: row.take("node")?,
            staker: row.take("staker")?,
            ticket: row.take("ticket")?,
            fields: TicketFields::read(row)?,
        })
    }
}

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
