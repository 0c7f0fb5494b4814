//! What a transaction is for.

use linkpool_primitives::words;

use crate::{
    Result,
    column::Column,
    parameter::{Bind, Value},
};

words! {
    /// The word stands in the database; which checks a kind needs before it is sent stands with whoever sends it.
    pub enum TransactionKind {
        /// Ether for a brand-new wallet of a node.
        Fund = "fund",
        /// Ether for a node's wallet that runs low.
        TopUp = "top_up",
        Register = "register",
        Close = "close",
        Reopen = "reopen",
        Retire = "retire",
        /// LINK for a node's stakers.
        Reward = "reward",
        /// An allowance of LINK.
        Approve = "approve",
        PenaltyRequest = "penalty_request",
        PenaltyVeto = "penalty_veto",
        PenaltyExecute = "penalty_execute",
        Report = "report",
        /// What a node has earned goes to its stakers, or is made able to.
        Earnings = "earnings",
        /// A new contract.
        Deploy = "deploy",
        /// Any other call.
        Call = "call",
    }
}

impl TransactionKind {
    /// Whether one that may have happened unseen may be tried again: because the chain's state shows that it has happened, or
    /// refuses it the second time, or is the same afterwards. Of the others a person must say so.
    pub fn is_repeatable(self) -> bool {
        !matches!(self, Self::Reward | Self::Deploy | Self::Call)
    }
}

impl Value for TransactionKind {
    type Sql = String;
    fn sql(&self) -> String {
        self.as_str().sql()
    }
}

impl Bind for TransactionKind {
    fn bind(&self, to: &mut sqlx::postgres::PgArguments) -> Result<()> {
        self.as_str().bind(to)
    }
}

/// A kind that a newer executable knows is a plain call to this one.
impl Column for TransactionKind {
    type Stored = String;
    fn load(stored: String) -> Result<Self> {
        Ok(stored.parse().unwrap_or(Self::Call))
    }
}
