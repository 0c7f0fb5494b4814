//! One hour or day of a history.

use linkpool_accounting as accounting;
use linkpool_db::read::HistoryPoint;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Amount, Table, Time};

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HistoryPoint)]
pub(crate) struct PointView {
    pub starts_at: Time,
    pub ends_at: Time,
    /// LINK at risk at its end, active and unbonding.
    pub stake_juels: Amount,
    /// What of it earned rewards; null for the pool.
    pub active_stake_juels: Option<Amount>,
    /// What of it was unbonding; null for the pool.
    pub unbonding_stake_juels: Option<Amount>,
    /// What it could take at its end: the caps of the nodes that were open. Null where they changed too often to be followed.
    pub capacity_juels: Option<Amount>,
    /// Addresses with active stake at its end.
    #[schema(example = 1)]
    pub stakers: u64,
    /// Rewards that arrived within it, fees included.
    pub rewards_juels: Amount,
    /// All rewards that had arrived by its end.
    pub rewards_total_juels: Amount,
    /// The last block up to its end that changed anything.
    #[schema(example = 12)]
    pub updated_block: u64,
}

impl PointView {
    pub fn new(
        (starts_at, seconds): (u64, u64),
        point: &HistoryPoint,
        (rewards_before, capacity): (u128, Option<u128>),
        is_node: bool,
    ) -> Self {
        let active = accounting::paid_down(point.active_shares, point.total_shares, point.stake);
        Self {
            starts_at: Time(starts_at),
            ends_at: Time(starts_at + seconds),
            stake_juels: Amount(point.stake),
            active_stake_juels: is_node.then_some(Amount(active)),
            unbonding_stake_juels: is_node.then(|| Amount(point.stake.saturating_sub(active))),
            capacity_juels: capacity.map(Amount),
            stakers: point.stakers,
            rewards_juels: Amount(point.rewards.saturating_sub(rewards_before)),
            rewards_total_juels: Amount(point.rewards),
            updated_block: point.block_number,
        }
    }
}

impl Table for PointView {
    const NAME: &'static str = "history";
    const COLUMNS: &'static [&'static str] = &[
        "starts_at",
        "ends_at",
        "stake_juels",
        "stake_link",
        "active_stake_juels",
        "active_stake_link",
        "unbonding_stake_juels",
        "unbonding_stake_link",
        "capacity_juels",
        "capacity_link",
        "stakers",
        "rewards_juels",
        "rewards_link",
        "rewards_total_juels",
        "rewards_total_link",
        "updated_block",
    ];
}
