//! For the indexer's benchmark only, behind the feature `measure`: the least that writing events can cost, to compare with.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use linkpool_primitives::{Address, B256};

use crate::{
    Database, Result,
    columns::{Value, write_field},
    event::EventRow,
};

static EVENTS_ONLY: AtomicBool = AtomicBool::new(false);

/// From now on this process writes events, headers and the cursor, and leaves the state tables as they are.
pub fn write_events_only() {
    EVENTS_ONLY.store(true, Ordering::Relaxed);
}

pub(crate) fn events_only() -> bool {
    EVENTS_ONLY.load(Ordering::Relaxed)
}

static QUIET: AtomicU32 = AtomicU32::new(0);

/// From now on this process asks for the logs of so many contracts more, which have none.
pub fn follow_quiet(contracts: u32) {
    QUIET.store(contracts, Ordering::Relaxed);
}

pub(crate) fn quiet() -> impl Iterator<Item = Address> {
    (1..=QUIET.load(Ordering::Relaxed)).map(|number| Address::right_padding_from(&number.to_be_bytes()))
}

/// The columns of one row of `event`, in the order in which a row's fields are copied.
pub fn columns() -> Vec<String> {
    EventRow::columns().split(", ").map(str::to_owned).collect()
}

/// Appends a field of a row that is to be copied.
pub fn field<T: Value>(value: Option<T>, out: &mut Vec<u8>) {
    write_field(value, out);
}

impl Database {
    /// Makes `bare_event`, the columns of `event` with their primary key and no other index, and `bare_cursor`.
    pub async fn make_bare_tables(&self) -> Result<()> {
        for statement in [
            "create table bare_event (like event including constraints, primary key (block_number, log_index))",
            "create table bare_cursor (block_number bigint not null, block_hash hash not null)",
            r"insert into bare_cursor values (0, decode(repeat('00', 32), 'hex'))",
        ] {
            sqlx::query(statement).execute(self.pool.writing()).await?;
        }
        Ok(())
    }

    /// One row in a transaction of its own: the least that a write can be, and its wait for the disk.
    pub async fn commit_one(&self, block_number: u64) -> Result<()> {
        let insert = "insert into bare_cursor values ($1, decode(repeat('00', 32), 'hex'))";
        sqlx::query(insert).bind(block_number as i64).execute(self.pool.writing()).await?;
        Ok(())
    }

    /// Copies rows, written by [`field`] in the order of [`columns`] with their count of fields in front, and moves the
    /// cursor: one transaction, and nothing else.
    pub async fn append_bare(&self, block_number: u64, block_hash: B256, rows: &[u8]) -> Result<()> {
        let mut transaction = self.pool.begin().await?;
        if !rows.is_empty() {
            let statement = format!("copy bare_event ({}) from stdin (format binary)", EventRow::columns());
            let mut copy = transaction.copy(&statement).await?;
            copy.send(rows).await?;
            copy.finish().await?;
        }
        sqlx::query("update bare_cursor set block_number = $1, block_hash = $2")
            .bind(block_number as i64)
            .bind(block_hash.as_slice())
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(())
    }
}
