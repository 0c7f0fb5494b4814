//! What followed Operators say of themselves at a final block.

use linkpool_primitives::Address;

use crate::{
    Database, Result,
    column::row,
    statement::{all, args, run},
};

row! {
    /// A followed Operator, and whether it is to be read again.
    #[derive(Debug, Clone, PartialEq, Eq)]
    OperatorToRead {
        operator: Address,
        /// The wallet of the node that it serves.
        node: Address,
    }
}

/// One as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorState {
    pub operator: Address,
    /// The final block that it was read at.
    pub block_number: u64,
    /// Whether its code is that of Chainlink's Operator, for the pool's token.
    pub is_known: bool,
    /// Whether it belongs to the node's own contract.
    pub is_owned: bool,
    /// Who may answer.
    pub senders: Vec<Address>,
    /// Juels.
    pub withdrawable: u128,
}

impl Database {
    /// Those that were never read, or not within so many blocks below `finalized`, or that have told of another owner or sender since.
    pub async fn operators_to_read(&self, finalized: u64, blocks: u64) -> Result<Vec<OperatorToRead>> {
        let select = "select f.contract::bytea as operator, f.node::bytea from followed_contract f left join operator_state s on s.operator = f.contract
              where f.kind = 'operator' and (s.block_number is null or s.block_number + $2 <= $1 or s.block_number > $1
                    or (s.block_number < $1 and not (s.is_known and s.is_owned)) or exists (
                    select from contract_event e where e.contract = f.contract and e.kind in ('AuthorizedSendersChanged', 'OwnershipTransferred')
                       and e.block_number > s.block_number and e.block_number <= $1))
              order by f.contract";
        all(&self.pool, select, args![finalized, blocks]).await
    }

    /// Keeps what was read of one that is followed.
    pub async fn keep_operator_state(&self, state: &OperatorState) -> Result<()> {
        let insert = "insert into operator_state (operator, block_number, is_known, is_owned, senders, withdrawable)
             select $1::bytea, $2, $3, $4, $5, $6 where exists (select from followed_contract where contract = $1::bytea and kind = 'operator')
             on conflict (operator) do update set (block_number, is_known, is_owned, senders, withdrawable)
                 = (excluded.block_number, excluded.is_known, excluded.is_owned, excluded.senders, excluded.withdrawable)";
        let OperatorState { operator, block_number, is_known, is_owned, senders, withdrawable } = state;
        run(self.pool.writing(), insert, args![operator, block_number, is_known, is_owned, senders.clone(), withdrawable])
            .await?;
        Ok(())
    }
}
