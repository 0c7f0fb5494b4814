//! What the calls about transactions take and answer. Amounts are decimal strings of wei.

use chrono::{DateTime, Utc};
use linkpool_db::tx::NonceAction;
use serde::{Deserialize, Serialize};

use super::types::{Outcome, Word};

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionSummary {
    pub id: i64,
    /// What it is for: a newer executable may know more words than this one.
    pub kind: String,
    /// Of its nonce while that is open, else of the request.
    pub state: String,
    pub signer: String,
    pub node_id: Option<String>,
    pub recipient: Option<String>,
    pub nonce: Option<u64>,
    /// How often it was signed.
    pub attempts: u32,
    /// The last attempt, or the one that is in a block.
    pub hash: Option<String>,
    pub block: Option<u64>,
    /// Null while it is in no block.
    pub succeeded: Option<bool>,
    /// Why it makes no progress, or what became of it.
    pub why: Option<String>,
    pub created_at: DateTime<Utc>,
    /// What can be done about it now.
    pub actions: Vec<Word<NonceAction>>,
}

/// A transaction with everything that was signed and asked for about it.
#[derive(Debug, Serialize, Deserialize)]
pub struct TransactionDetail {
    #[serde(flatten)]
    pub summary: TransactionSummary,
    pub signed: Vec<AttemptSummary>,
    pub requests: Vec<NonceRequestView>,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct AttemptSummary {
    pub nonce: u64,
    pub number: u32,
    pub hash: String,
    pub gas_limit: u64,
    pub max_fee_wei: String,
    pub tip_wei: String,
    /// Whether it only uses the nonce up.
    pub cancels: bool,
    /// How often it was sent, and what the endpoint said the last time.
    pub sends: u32,
    pub last_answer: Option<String>,
    pub included: bool,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct NonceRequestView {
    pub action: Word<NonceAction>,
    pub actor: String,
    pub requested_at: DateTime<Utc>,
    /// Null until it is done or refused.
    pub answer: Option<String>,
}

/// What was done about a transaction, asked for, or would be.
#[derive(Debug, Serialize, Deserialize)]
pub struct TransactionAnswer {
    pub id: i64,
    pub action: Word<NonceAction>,
    pub outcome: Word<Outcome>,
    /// In a sentence.
    pub detail: String,
    pub dry_run: bool,
}
