//! The contracts beside the pool whose logs are read: a set that is data. Owners follow from the pool's events, here; which Operators are among
//! them, [`crate::followed_operators`] says.
//!
//! One that joins after blocks were written is read twice over: in new blocks with everybody, and in the old ones by itself, in steps that are
//! transactions of their own, until both meet. Nobody sees its rows before that, and a reorg takes either part back to its ancestor.

use linkpool_primitives::{Address, B256, ContractKind};
use sqlx::{AssertSqlSafe, postgres::PgRow};

use crate::{
    Database, Error, Result,
    column::{Record, Take, stored_enums},
    contract_event::{self, ContractEvent},
    cursor::Cursor,
    dead_letter::{self, DeadLetter},
    ingest::revision::Revision,
    lease::{self, Lease},
    notice::Notice,
    pool::Connection,
    statement::{all, args, maybe, one, run},
};

stored_enums!(ContractKind);

/// With the pool a thousand, which one question for logs takes.
pub(crate) const MAX_FOLLOWED: i64 = 999;

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FollowedContract {
    pub contract: Address,
    pub kind: ContractKind,
    /// What is still to be read of it beside the newer blocks; `None` where all is there.
    pub fill: Option<Fill>,
}

/// Old blocks that are read by themselves for a contract that joined late: those after `done`, up to `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fill {
    pub done: u64,
    pub end: u64,
}

/// The set, and its version: whatever was asked for by another is not written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Followed {
    pub version: u64,
    pub contracts: Vec<FollowedContract>,
}

/// All logs of some contracts in the blocks after `fill.done`, up to `to`.
#[derive(Debug, Clone)]
pub struct Filled {
    pub contracts: Vec<Address>,
    /// As it stood when they were asked for.
    pub fill: Fill,
    /// The last block: the one that the chain has at this height where that is known, or what is read is of another branch.
    pub to: (u64, B256),
    pub events: Vec<ContractEvent>,
    pub dead_letters: Vec<DeadLetter>,
}

impl Record for FollowedContract {
    fn read(row: &PgRow) -> Result<Self> {
        let (done, end) = (row.take::<Option<u64>>("fill_block")?, row.take::<Option<u64>>("fill_end")?);
        Ok(Self {
            contract: row.take("contract")?,
            kind: row.take("kind")?,
            fill: done.zip(end).map(|(done, end)| Fill { done, end }),
        })
    }
}

impl Database {
    /// The set as it stands.
    pub async fn followed(&self) -> Result<Followed> {
        read(&mut self.pool.acquire().await?).await
    }

    /// A block in `from..=end` whose hash is kept, which every end of a batch is for long: the last one less than `most` blocks on, or the
    /// first there is.
    pub async fn kept_block(&self, from: u64, end: u64, most: u64) -> Result<Option<(u64, B256)>> {
        let select = format!(
            "select number, hash::bytea from ({KEPT}) kept (number, hash) where number between $1 and $2
              order by number >= $1 + $3, case when number < $1 + $3 then -number else number end limit 1"
        );
        maybe(self.pool.writing(), AssertSqlSafe(select), args![from, end, most]).await
    }

    /// Where the cursor stands, and up to which block events are copied.
    pub async fn copied(&self) -> Result<Option<(Cursor, u64)>> {
        let mut connection = self.pool.acquire().await?;
        let Some(cursor) = crate::cursor::read(&mut connection).await? else { return Ok(None) };
        let copied: u64 = one(&mut connection, "select coalesce(copied_block, block_number) from cursor", args![]).await?;
        Ok(Some((cursor, copied)))
    }

    /// Writes a step of a fill; with the last one the contracts' rows are seen.
    ///
    /// # Errors
    /// [`Error::CursorMoved`] where the fill stands elsewhere, or the last block is another one by now, [`Error::LeaseLost`] where
    /// another instance writes; nothing is written then.
    pub async fn fill(&self, lease: Option<&Lease>, filled: &Filled) -> Result<()> {
        let mut transaction = self.pool.begin().await?;
        if let Some(lease) = lease
            && !lease::is_current(&mut transaction, lease).await?
        {
            return Err(Error::LeaseLost { name: lease.name.clone() });
        }
        let (to, moved) = (filled.to.0, Error::CursorMoved { expected: filled.to.0 });
        // Whoever replaces blocks comes before this or after it.
        let hold = "select coalesce(copied_block, block_number) from cursor for update";
        let copied: Option<u64> = maybe(&mut *transaction, hold, args![]).await?;
        let is_ours = copied.is_some_and(|copied| to <= copied)
            && hash_at(&mut transaction, to).await?.is_none_or(|hash| hash == filled.to.1);
        let step = "update followed_contract set fill_block = nullif($4, $3), fill_end = nullif($3, $4)
                     where contract = any($1) and fill_block = $2 and fill_end = $3";
        let Fill { done, end } = filled.fill;
        let stepped = match is_ours {
            true => run(&mut *transaction, step, args![filled.contracts, done, end, to]).await?,
            false => 0,
        };
        if stepped != filled.contracts.len() as u64 {
            return Err(moved);
        }
        contract_event::insert(&mut transaction, &filled.events).await?;
        dead_letter::insert(&mut transaction, &filled.dead_letters).await?;
        if let (true, Some(through)) = (to == end, copied) {
            completed(&mut transaction, &filled.contracts, through).await?;
        }
        Ok(transaction.commit().await?)
    }
}

/// All rows of these contracts are there: they are seen from now on, and who has read their blocks before reads them again.
async fn completed(connection: &mut Connection, contracts: &[Address], through: u64) -> Result<()> {
    run(&mut *connection, "update cursor set followed = followed + 1", args![]).await?;
    let select = "select min(block_number) from contract_event where contract = any($1)";
    let first: Option<u64> = one(&mut *connection, select, args![contracts]).await?;
    if let Some(first_invalid) = first {
        Revision { first_invalid, through, is_correction: true }.record(connection).await?;
        Notice::Reorg { first_invalid, to: through }.send(connection).await?;
    }
    Ok(())
}

pub(crate) async fn read(connection: &mut Connection) -> Result<Followed> {
    let version: Option<u64> = maybe(&mut *connection, "select followed from cursor", args![]).await?;
    let select = "select contract::bytea, kind, fill_block, fill_end from followed_contract order by contract";
    let contracts: Vec<FollowedContract> = all(connection, select, args![]).await?;
    #[cfg(feature = "measure")]
    let contracts = {
        let quiet = |contract| FollowedContract { contract, kind: ContractKind::Operator, fill: None };
        contracts.into_iter().chain(crate::measure::quiet().map(quiet)).collect()
    };
    Ok(Followed { version: version.unwrap_or_default(), contracts })
}

/// Goes back to `ancestor`: the rows of every contract above it go, those that joined above it leave, and a fill that had come further
/// goes on behind it.
pub(crate) async fn take_back(connection: &mut Connection, ancestor: u64) -> Result<()> {
    run(&mut *connection, "delete from contract_event where block_number > $1", args![ancestor]).await?;
    run(&mut *connection, "update followed_contract set fill_block = $1 where fill_block > $1", args![ancestor]).await?;
    let left = run(&mut *connection, "delete from followed_contract where joined_block > $1", args![ancestor]).await?;
    changed(connection, left, 0).await
}

/// Makes the set follow from the events that are written of these blocks: each address to which the pool passes in one of them joins, and
/// one whose event is not there, leaves. For who holds the cursor's row.
pub(crate) async fn reconcile(connection: &mut Connection, blocks: &[u64]) -> Result<()> {
    if blocks.is_empty() {
        return Ok(());
    }
    // By the blocks alone: there may be no other index yet.
    let is_named = "e.kind = 'OwnershipTransferred' and e.account is not null";
    let delete = format!(
        "delete from followed_contract f where f.joined_block = any($1) and f.kind = 'timelock'
            and not exists (select from event e where e.block_number = f.joined_block and e.account = f.contract and {is_named})"
    );
    let left = run(&mut *connection, AssertSqlSafe(delete), args![blocks]).await?;
    let insert = format!(
        "insert into followed_contract (contract, kind, joined_block, fill_block, fill_end)
         select e.account, $2, min(e.block_number), min(d.start_block), min(coalesce(c.copied_block, c.block_number))
           from event e cross join deployment d cross join cursor c
          where e.block_number = any($1) and {is_named} and not exists (select from followed_contract f where f.contract = e.account)
          group by e.account order by min(e.block_number)
          limit greatest($3 - (select count(*) from followed_contract), 0)"
    );
    let joined = run(&mut *connection, AssertSqlSafe(insert), args![blocks, ContractKind::Timelock, MAX_FOLLOWED]).await?;
    changed(connection, left, joined).await
}

/// So many have left and joined. Nothing is kept of those that are gone, and batches that were asked for before are refused.
pub(crate) async fn changed(connection: &mut Connection, left: u64, joined: u64) -> Result<()> {
    if left > 0 {
        let is_gone = "not exists (select from followed_contract f where f.contract = e.contract)";
        run(&mut *connection, AssertSqlSafe(format!("delete from contract_event e where {is_gone}")), args![]).await?;
        let delete = format!(
            "delete from dead_letter e where {is_gone} and not exists (select from deployment p where p.pool = e.contract)"
        );
        run(&mut *connection, AssertSqlSafe(delete), args![]).await?;
    }
    if left + joined > 0 {
        run(connection, "update cursor set followed = followed + 1", args![]).await?;
    }
    Ok(())
}

/// The blocks whose hashes are kept.
const KEPT: &str = "select block_number, block_hash from block union all select block_number, block_hash from past_block
    union all select copied_block, copied_hash from cursor where copied_block is not null union all select block_number, block_hash from cursor";

async fn hash_at(connection: &mut Connection, number: u64) -> Result<Option<B256>> {
    let select = format!("select hash::bytea from ({KEPT}) kept (number, hash) where number = $1 limit 1");
    maybe(connection, AssertSqlSafe(select), args![number]).await
}
