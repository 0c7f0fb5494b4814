//! What a transaction is for.

use std::{fmt, str::FromStr};

use crate::{Error, Result};

/// The word stands in the database; which checks a kind needs before it is sent stands with whoever sends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TransactionKind {
    /// Ether for a brand-new wallet of a node.
    Fund,
    /// Ether for a node's wallet that runs low.
    TopUp,
    /// `registerNode`.
    Register,
    /// `closeNode`.
    Close,
    /// `reopenNode`.
    Reopen,
    /// `retireNode`.
    Retire,
    /// LINK for a node's stakers.
    Reward,
    /// An allowance of LINK.
    Approve,
    /// `requestPenalty`.
    PenaltyRequest,
    /// `vetoPenalty`.
    PenaltyVeto,
    /// `executePenalty`.
    PenaltyExecute,
    /// `reportNetwork`.
    Report,
    /// A new contract.
    Deploy,
    /// Any other call.
    Call,
}

impl TransactionKind {
    pub const ALL: [Self; 14] = [
        Self::Fund,
        Self::TopUp,
        Self::Register,
        Self::Close,
        Self::Reopen,
        Self::Retire,
        Self::Reward,
        Self::Approve,
        Self::PenaltyRequest,
        Self::PenaltyVeto,
        Self::PenaltyExecute,
        Self::Report,
        Self::Deploy,
        Self::Call,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fund => "fund",
            Self::TopUp => "top_up",
            Self::Register => "register",
            Self::Close => "close",
            Self::Reopen => "reopen",
            Self::Retire => "retire",
            Self::Reward => "reward",
            Self::Approve => "approve",
            Self::PenaltyRequest => "penalty_request",
            Self::PenaltyVeto => "penalty_veto",
            Self::PenaltyExecute => "penalty_execute",
            Self::Report => "report",
            Self::Deploy => "deploy",
            Self::Call => "call",
        }
    }

    /// Whether one that may have happened unseen may be tried again: because the chain's state shows that it has happened, or
    /// refuses it the second time, or is the same afterwards. Of the others a person must say so.
    pub fn is_repeatable(self) -> bool {
        !matches!(self, Self::Reward | Self::Deploy | Self::Call)
    }
}

impl fmt::Display for TransactionKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for TransactionKind {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        let known = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        known.ok_or_else(|| Error::Corrupt(format!("transaction kind `{text}`")))
    }
}
