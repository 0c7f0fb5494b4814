//! What a node answers and earns, as an operator sees it.

use linkpool_primitives::Juels;
use serde::{Deserialize, Serialize};

/// What it was asked in the last 30 days, and what it has earned since it is there.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NodeWork {
    /// Those that an answer is due to.
    pub requests: u64,
    pub answered: u64,
    /// Of the answered: when their consumers could have taken the payment back.
    pub late: u64,
    pub refunded: u64,
    pub missing: u64,
    pub open: u64,
    /// Those that no answer is due to.
    pub others: u64,
    pub earned_juels: Juels,
    pub passed_on_juels: Juels,
    /// At its Operators, as far as they were read.
    pub waiting_juels: Juels,
    /// By its wallet, in gas for answers.
    pub spent_wei: String,
    /// Whether nobody can divert what requests for its jobs pay.
    pub is_safe: bool,
}
