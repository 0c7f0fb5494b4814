//! What the calls about scaling take and answer.

use chrono::{DateTime, Utc};
use linkpool_db::fleet::{DecisionKind, GuardNumbers};
use serde::{Deserialize, Serialize};

use super::types::Word;

/// What a call for nodes would do.
#[derive(Debug, Serialize, Deserialize)]
pub struct ScalePlan {
    /// How many nodes would be made.
    pub count: u16,
    pub guard: Option<GuardView>,
}

/// The guard's sum, and what it is made of.
#[derive(Debug, Serialize, Deserialize)]
pub struct GuardView {
    #[serde(flatten)]
    pub numbers: GuardNumbers,
    /// How many more nodes it lets through; null while the contract's terms are not known.
    pub available: Option<u32>,
    /// For as many as were asked for, or one.
    pub arithmetic: String,
    /// Why it lets no such number through.
    pub refusal: Option<String>,
}

impl GuardView {
    pub(super) fn new(numbers: GuardNumbers, asked: u32) -> Self {
        Self { available: numbers.available(), arithmetic: numbers.arithmetic(asked), refusal: numbers.refusal(asked), numbers }
    }
}

/// How scaling stands.
#[derive(Debug, Serialize, Deserialize)]
pub struct ScaleView {
    /// Null before a contract is indexed.
    pub guard: Option<GuardView>,
    /// Whether the settings of this fleet have nodes made without a call.
    pub is_automatic: bool,
    /// The network's size when the guard kept automatic scaling from a node; null while it does not.
    pub blocked_network: Option<u32>,
    pub blocked_at: Option<DateTime<Utc>>,
    /// Why automatic scaling does nothing until an operator says otherwise.
    pub stopped_why: Option<String>,
    /// Until when hysteresis, dwell and budgets are lifted.
    pub override_ends_at: Option<DateTime<Utc>>,
    pub override_reason: Option<String>,
    /// The newest first.
    pub decisions: Vec<DecisionView>,
}

/// One decision, with what it was made from.
#[derive(Debug, Serialize, Deserialize)]
pub struct DecisionView {
    pub decided_at: DateTime<Utc>,
    pub block: u64,
    pub decision: Word<DecisionKind>,
    pub why: String,
    pub inputs: serde_json::Value,
}

/// `POST /scale/override`
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OverrideGuard {
    pub minutes: u32,
    pub reason: String,
}

/// `POST /scale/resume`
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResumeScaling {
    pub reason: String,
}

/// What was done.
#[derive(Debug, Serialize, Deserialize)]
pub struct ScaleAnswer {
    /// False where it was so already.
    pub changed: bool,
    pub override_ends_at: Option<DateTime<Utc>>,
}
