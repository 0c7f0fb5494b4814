//! What stake has earned lately.

use serde::Serialize;
use utoipa::ToSchema;

/// How the rate of the pool and of a node is made.
pub(crate) const FORMULA: &str = "net rewards vested in window / active stake, annualised";
/// How the rate of a staker is made.
pub(crate) const FORMULA_OF_STAKER: &str = "the rates of its nodes, weighted by its active stake on each";

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RewardRate {
    /// Basis points a year, without compounding; null without active stake or a first day of history. Past rewards promise nothing.
    #[schema(example = 521)]
    pub annual_bps: Option<u64>,
    /// How far back it looks: at most seven days.
    #[schema(example = 604800)]
    pub window_seconds: u64,
    /// How it is computed.
    #[schema(example = "net rewards vested in window / active stake, annualised")]
    pub formula: &'static str,
}
