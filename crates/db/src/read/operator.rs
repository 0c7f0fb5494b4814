//! The Operators of a node, and what is known of them.

use linkpool_primitives::Address;

use super::Snapshot;
use crate::{Result, column::row, statement::args};

row! {
    /// An Operator that was named for the node.
    #[derive(Debug, Clone, PartialEq, Eq)]
    OperatorRecord {
        operator: Address,
        /// Whether all of its old logs are read.
        is_read: bool,
        /// Whether a job of the node takes requests there now.
        has_jobs: bool,
        /// The final block that it was read at; `None` before that.
        seen_block: Option<u64>,
        /// Whether its code is that of Chainlink's Operator, for the pool's token.
        is_known: bool,
        /// Whether it belongs to the node's own contract.
        is_owned: bool,
        /// Whether the node's wallet alone may answer there.
        is_wallet_alone: bool,
        /// Whether it has told of another owner, or of another who may answer, since it was read.
        has_changed: bool,
        /// Juels that its owner can withdraw.
        waiting: u128,
    }
}

impl OperatorRecord {
    /// Whether whatever requests pay here goes to the stakers of the node, and nobody can take it elsewhere.
    pub fn is_safe(&self) -> bool {
        self.seen_block.is_some() && self.is_known && self.is_owned && self.is_wallet_alone && !self.has_changed
    }
}

impl Snapshot {
    /// Those of a node that are followed, in the order of their addresses. What was read of them is as of the block that they were read at.
    pub async fn operators_of(&mut self, node: &Address) -> Result<Vec<OperatorRecord>> {
        let select = "select f.contract::bytea as operator, f.fill_block is null as is_read,
                    exists (select from node_job j join fleet_node n using (fleet_node_id)
                             where n.wallet = f.node and j.operator = f.contract and j.until_block is null) as has_jobs,
                    s.block_number as seen_block, coalesce(s.is_known, false) as is_known, coalesce(s.is_owned, false) as is_owned,
                    coalesce(s.senders = array[f.node::bytea], false) as is_wallet_alone,
                    exists (select from contract_event e
                             where e.contract = f.contract and e.kind in ('AuthorizedSendersChanged', 'OwnershipTransferred')
                               and e.block_number > s.block_number and e.block_number <= $2) as has_changed,
                    coalesce(s.withdrawable, 0)::numeric as waiting
               from followed_contract f left join operator_state s on s.operator = f.contract
              where f.kind = 'operator' and f.node = $1 order by f.contract";
        let block = self.cursor.block.number;
        self.all(select, args![node, block]).await
    }

    /// Whether a job of the node takes requests at an Operator that is not among those that are followed.
    pub async fn has_jobs_elsewhere(&mut self, node: &Address) -> Result<bool> {
        let select = "select exists (select from node_job j join fleet_node n using (fleet_node_id)
               where n.wallet = $1 and j.until_block is null
                 and not exists (select from followed_contract f where f.contract = j.operator and f.kind = 'operator' and f.node = $1))";
        self.one(select, args![node]).await
    }
}
