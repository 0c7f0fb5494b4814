//! What answers have cost in gas: the receipts of the transactions in which they stand, once these are final.

use linkpool_chain::Chain;
use linkpool_db::{Database, answer_fee::AnswerFee};

use crate::Result;

/// Receipts of one look.
const MAX_AT_ONCE: u32 = 100;

/// Reads the receipts of answers that are final and were not read before, the newest first, and keeps what they say. Up to which block all are
/// read: `None` where there may be more. Nothing is looked for where that is `done` already.
pub async fn read_answer_fees(chain: &Chain, database: &Database, done: Option<u64>) -> Result<Option<u64>> {
    let Some(cursor) = database.cursor().await? else { return Ok(None) };
    let finalized = cursor.tags.finalized.min(cursor.block.number);
    if done == Some(finalized) {
        return Ok(done);
    }
    let due = database.answers_without_fee(finalized, MAX_AT_ONCE).await?;
    let hashes: Vec<_> = due.iter().map(|of| of.transaction_hash).collect();
    let mut is_all = hashes.len() < MAX_AT_ONCE as usize;
    for (of, fee) in due.iter().zip(chain.fees(&hashes).await?) {
        // One of another block is of an endpoint that does not know yet what is final.
        if fee.is_some_and(|fee| fee.block_hash != of.block_hash) {
            is_all = false;
            continue;
        }
        let paid = fee.map(|fee| (fee.payer, fee.wei));
        database.keep_answer_fee(&AnswerFee { transaction_hash: of.transaction_hash, paid }).await?;
    }
    Ok(is_all.then_some(finalized))
}
