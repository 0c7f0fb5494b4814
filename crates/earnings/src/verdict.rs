//! What is to be done about one place where LINK waits.

use linkpool_db::earnings::SourceKind;
use linkpool_primitives::Address;
use linkpool_tx_manager::NewTransactionRequest;

use crate::source::Step;

/// What is to be done about one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    pub node_id: String,
    pub wallet: Address,
    pub kind: SourceKind,
    pub source: Address,
    /// Juels.
    pub waiting: u128,
    pub unanswered: u128,
    pub verdict: Verdict,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing, and why.
    Stays(String),
    /// The transaction of this number does it.
    UnderWay {
        id: i64,
    },
    Send(Sending),
    /// The Operator that was made for the node is its own: it is to be named it.
    Name,
}

/// One transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sending {
    pub step: Step,
    /// Under which it is handed in once.
    pub key: String,
    pub request: NewTransactionRequest,
    pub gas: u64,
    pub cost_wei: u128,
}
