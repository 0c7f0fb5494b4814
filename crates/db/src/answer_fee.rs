//! What the transactions in which answers stand have cost.

use linkpool_primitives::{Address, B256};

use crate::{
    Database, Result,
    column::row,
    statement::{all, args, run},
};

row! {
    /// A final transaction in which a node's Operator tells of an answer.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    AnswerWithoutFee { transaction_hash: B256, block_hash: B256 }
}

/// What it has cost, and whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnswerFee {
    pub transaction_hash: B256,
    /// `None` where nobody can tell any more.
    pub paid: Option<(Address, u128)>,
}

impl Database {
    /// Those up to a block of which nobody has read that yet, newest first.
    pub async fn answers_without_fee(&self, finalized: u64, limit: u32) -> Result<Vec<AnswerWithoutFee>> {
        let select = "select e.transaction_hash::bytea, e.block_hash::bytea
               from contract_event e join followed_contract f on f.contract = e.contract and f.kind = 'operator' and f.fill_block is null
              where e.kind = 'OracleResponse' and e.block_number <= $1
                and not exists (select from answer_fee a where a.transaction_hash = e.transaction_hash)
              group by e.transaction_hash, e.block_hash order by max(e.block_number) desc, e.transaction_hash limit $2";
        all(&self.pool, select, args![finalized, i64::from(limit)]).await
    }

    /// Keeps what was read of one.
    pub async fn keep_answer_fee(&self, fee: &AnswerFee) -> Result<()> {
        let insert = "insert into answer_fee (transaction_hash, payer, wei) values ($1, $2, $3) on conflict do nothing";
        let (payer, wei) = (fee.paid.map(|(payer, _)| payer), fee.paid.map(|(_, wei)| wei));
        run(self.pool.writing(), insert, args![fee.transaction_hash, payer, wei]).await?;
        Ok(())
    }
}
