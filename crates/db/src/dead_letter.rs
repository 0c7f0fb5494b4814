//! Logs of the pool and of followed contracts that could not be decoded: kept whole, for a later version.

use linkpool_primitives::{Address, B256};

use crate::{
    Database, Result,
    column::row,
    pool::Connection,
    statement::{all, args, one, run},
};

row! {
    /// One log as the chain gave it, and why it could not be read.
    #[derive(Debug, Clone, PartialEq, Eq)]
    DeadLetter {
        block_number: u64,
        log_index: u32,
        block_hash: B256,
        block_time: u64,
        transaction_hash: B256,
        contract: Address,
        topics: Vec<B256>,
        data: Vec<u8>,
        reason: String,
    }
}

impl Database {
    /// The oldest dead letters, in the order of the chain, at most `limit`.
    pub async fn dead_letters(&self, limit: u32) -> Result<Vec<DeadLetter>> {
        let select =
            "select block_number, log_index, block_hash::bytea, block_time, transaction_hash::bytea, contract::bytea, topics, data, reason
               from dead_letter order by block_number, log_index limit $1";
        all(&self.pool, select, args![i64::from(limit)]).await
    }

    /// How many there are, and the newest one's block and reason.
    pub async fn dead_letter_count(&self) -> Result<(u64, Option<(u64, String)>)> {
        Ok(counted(one(&self.pool, COUNT, args![]).await?))
    }
}

/// For [`counted`].
pub(crate) const COUNT: &str = "select (select count(*) from dead_letter), newest.block_number, newest.reason from (values (1)) one
           left join lateral (select block_number, reason from dead_letter order by block_number desc, log_index desc limit 1) newest on true";

pub(crate) fn counted((count, block, reason): (u64, Option<u64>, Option<String>)) -> (u64, Option<(u64, String)>) {
    (count, block.zip(reason))
}

/// There are few, if any: row by row is fast enough.
pub(crate) async fn insert(connection: &mut Connection, letters: &[DeadLetter]) -> Result<()> {
    for letter in letters {
        let insert =
            "insert into dead_letter (block_number, log_index, block_hash, block_time, transaction_hash, contract, topics, data, reason)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        let DeadLetter { block_number, log_index, block_hash, block_time, transaction_hash, contract, topics, data, reason } =
            letter;
        let args = args![block_number, log_index, block_hash, block_time, transaction_hash, contract, topics, data, reason];
        run(&mut *connection, insert, args).await?;
    }
    Ok(())
}
