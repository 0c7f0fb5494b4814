//! Logs of the contract that could not be decoded: kept whole, for a later version.

use linkpool_primitives::B256;

use crate::{
    Database, Result,
    convert::{hash, unsigned},
    pool::Connection,
};

/// One log as the chain gave it, and why it could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    pub block_number: u64,
    pub log_index: u32,
    pub block_hash: B256,
    pub block_time: u64,
    pub transaction_hash: B256,
    pub topics: Vec<B256>,
    pub data: Vec<u8>,
    pub reason: String,
}

type Row = (i64, i32, Vec<u8>, i64, Vec<u8>, Vec<Vec<u8>>, Vec<u8>, String);

impl Database {
    /// The oldest dead letters, in the order of the chain, at most `limit`.
    pub async fn dead_letters(&self, limit: u32) -> Result<Vec<DeadLetter>> {
        let rows: Vec<Row> = sqlx::query_as(
            "select block_number, log_index, block_hash::bytea, block_time, transaction_hash::bytea, topics, data, reason
               from dead_letter order by block_number, log_index limit $1",
        )
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(read).collect()
    }

    /// How many there are, and the newest one's block and reason.
    pub async fn dead_letter_count(&self) -> Result<(u64, Option<(u64, String)>)> {
        count(&mut self.pool.acquire().await?).await
    }
}

pub(crate) async fn count(connection: &mut Connection) -> Result<(u64, Option<(u64, String)>)> {
    let (count, block, reason): (i64, Option<i64>, Option<String>) = sqlx::query_as(
        "select (select count(*) from dead_letter), newest.block_number, newest.reason from (values (1)) one
           left join lateral (select block_number, reason from dead_letter order by block_number desc, log_index desc limit 1) newest on true",
    )
    .fetch_one(connection)
    .await?;
    let newest = block.zip(reason).map(|(block, reason)| Ok::<_, crate::Error>((unsigned(block)?, reason))).transpose()?;
    Ok((unsigned(count)?, newest))
}

fn read((number, index, block, time, transaction, topics, data, reason): Row) -> Result<DeadLetter> {
    Ok(DeadLetter {
        block_number: unsigned(number)?,
        log_index: index.unsigned_abs(),
        block_hash: hash(&block)?,
        block_time: unsigned(time)?,
        transaction_hash: hash(&transaction)?,
        topics: topics.iter().map(|topic| hash(topic)).collect::<Result<_>>()?,
        data,
        reason,
    })
}

/// There are few, if any: row by row is fast enough.
pub(crate) async fn insert(connection: &mut Connection, letters: &[DeadLetter]) -> Result<()> {
    for letter in letters {
        sqlx::query(
            "insert into dead_letter (block_number, log_index, block_hash, block_time, transaction_hash, topics, data, reason)
             values ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(letter.block_number as i64)
        .bind(letter.log_index as i32)
        .bind(letter.block_hash.as_slice())
        .bind(letter.block_time as i64)
        .bind(letter.transaction_hash.as_slice())
        .bind(letter.topics.iter().map(|topic| topic.to_vec()).collect::<Vec<_>>())
        .bind(&letter.data)
        .bind(&letter.reason)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}
