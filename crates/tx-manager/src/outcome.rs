//! What became of a transaction.

use linkpool_db::tx::{NonceState, RequestState, RequestStatus};
use linkpool_primitives::{Address, B256};

/// When a transaction counts as settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// It is in a block.
    Mined,
    Final,
}

/// How a transaction ended, or why it has not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is in a block, and succeeded.
    Mined(Mined),
    /// What it asks for had happened already: nothing was sent.
    AlreadyDone,
    /// A check before sending refused it: nothing was sent. The contract's own sentence.
    Refused { reason: String },
    /// It is in a block, and reverted.
    Reverted { mined: Mined, reason: String },
    /// An operator cancelled it: nothing that it asks for has happened.
    Cancelled,
    /// It is unknown whether it happened, and a person must look; or its key belongs to an attempt that has failed for good.
    Failed { reason: String },
    /// Whoever waited was told to stop. It goes on by itself where a role drives the signer, else when it is driven again.
    Unfinished { state: RequestState, reason: Option<String> },
}

/// A transaction in a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mined {
    pub transaction_hash: B256,
    pub nonce: u64,
    pub block_number: u64,
    pub block_hash: B256,
    pub gas_used: u64,
    pub is_final: bool,
    /// The address that a contract made by this transaction has.
    pub contract: Address,
}

impl Outcome {
    /// The outcome, or `None` while it is under way.
    pub(crate) fn of(signer: Address, status: RequestStatus, until: Until) -> Option<Self> {
        let RequestStatus { state, last_error, nonce, receipt, .. } = status;
        let reason = last_error.unwrap_or_else(|| "no reason was recorded".into());
        let mined = nonce.zip(receipt).map(|((nonce, state), receipt)| Mined {
            transaction_hash: receipt.transaction_hash,
            nonce,
            block_number: receipt.block_number,
            block_hash: receipt.block_hash,
            gas_used: receipt.gas_used,
            is_final: state == NonceState::Final,
            contract: signer.create(nonce),
        });
        if until == Until::Final && mined.is_some_and(|mined| !mined.is_final) {
            return None;
        }
        match (state, mined) {
            (RequestState::Queued | RequestState::Assigned, _) => None,
            (RequestState::Done, Some(mined)) => Some(Self::Mined(mined)),
            (RequestState::Done, None) => Some(Self::AlreadyDone),
            (RequestState::Failed, Some(mined)) => Some(Self::Reverted { mined, reason }),
            (RequestState::Failed, None) => Some(Self::Failed { reason }),
            (RequestState::Refused, _) => Some(Self::Refused { reason }),
            (RequestState::Cancelled, _) => Some(Self::Cancelled),
        }
    }

    pub(crate) fn unfinished(status: RequestStatus) -> Self {
        Self::Unfinished { state: status.state, reason: status.trouble.or(status.last_error) }
    }
}
