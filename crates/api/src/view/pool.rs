//! The pool as a whole.

use linkpool_accounting as accounting;
use linkpool_db::read::{NodeState, PoolRecord};
use linkpool_primitives::NodeStatus;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Amount, Time, node, stream};
use crate::{as_of::AsOf, statistics::PoolStatistics};

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Pool)]
pub(crate) struct PoolView {
    /// LINK at risk on all nodes.
    pub stake_juels: Amount,
    pub active_stake_juels: Amount,
    pub unbonding_stake_juels: Amount,
    /// The caps of all active nodes.
    pub capacity_juels: Amount,
    /// How much stake all nodes together take now.
    pub available_juels: Amount,
    /// Active stake of the active nodes in basis points of the capacity.
    #[schema(example = 3000)]
    pub utilisation_bps: u64,
    pub nodes: NodeCounts,
    /// Addresses with active stake, each counted once.
    #[schema(example = 1)]
    pub stakers: u64,
    /// The maker fee of rewards still to come.
    #[schema(example = 400)]
    pub fee_bps: u32,
    /// Fees that their recipient has not fetched yet.
    pub fees_owed_juels: Amount,
    /// All rewards that ever arrived, fees included.
    pub rewards_deposited_juels: Amount,
    /// Rewards that have not vested yet.
    pub rewards_vesting_juels: Amount,
    /// All LINK that the pool owes to somebody.
    pub accounted_juels: Amount,
    /// Until when no new stake or node is taken; null when some is.
    pub paused_until: Option<Time>,
    pub reward_rate: RewardRate,
}

#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct NodeCounts {
    #[schema(example = 2)]
    pub active: u64,
    #[schema(example = 0)]
    pub closed: u64,
    #[schema(example = 0)]
    pub retired: u64,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RewardRate {
    /// Basis points a year, without compounding; null without active stake or a first day of history. Past rewards promise nothing.
    #[schema(example = 521)]
    pub annual_bps: Option<u64>,
    /// How far back it looks: at most seven days.
    #[schema(example = 604800)]
    pub window_seconds: u64,
    #[schema(example = "net rewards vested in window / active stake, annualised")]
    pub formula: &'static str,
}

pub(crate) const RATE_FORMULA: &str = "net rewards vested in window / active stake, annualised";

impl PoolView {
    pub fn new(pool: &PoolRecord, nodes: &[NodeState], statistics: &PoolStatistics, as_of: &AsOf) -> Self {
        let now = as_of.now();
        let (mut stake, mut active, mut capacity, mut used, mut available, mut vesting) =
            (0u128, 0u128, 0u128, 0u128, 0u128, 0u128);
        let mut counts = NodeCounts::default();
        for state in nodes {
            let active_here = accounting::paid_down(state.active_shares, state.total_shares, state.assets);
            stake += state.assets;
            active += active_here;
            available += node::available(state, now);
            vesting += stream(state, now).unvested;
            match state.status {
                NodeStatus::Active => {
                    counts.active += 1;
                    capacity += node::cap(state);
                    used += active_here;
                }
                NodeStatus::Closed => counts.closed += 1,
                NodeStatus::Retired => counts.retired += 1,
            }
        }
        Self {
            stake_juels: Amount(stake),
            active_stake_juels: Amount(active),
            unbonding_stake_juels: Amount(stake.saturating_sub(active)),
            capacity_juels: Amount(capacity),
            available_juels: Amount(if pool.paused_until > now { 0 } else { available }),
            utilisation_bps: u64::try_from(accounting::ratio_bps_down(used, capacity)).unwrap_or(u64::MAX),
            nodes: counts,
            stakers: statistics.stakers,
            fee_bps: pool.fee_bps,
            fees_owed_juels: Amount(pool.fees_owed),
            rewards_deposited_juels: Amount(statistics.rewards_deposited),
            rewards_vesting_juels: Amount(vesting),
            accounted_juels: Amount(pool.accounted),
            paused_until: Time::if_after(pool.paused_until, now),
            reward_rate: RewardRate {
                annual_bps: accounting::annual_bps_down(statistics.vested_in_window, statistics.window_seconds, active)
                    .filter(|_| statistics.window_seconds >= crate::statistics::SHORTEST_WINDOW_SECONDS),
                window_seconds: statistics.window_seconds,
                formula: RATE_FORMULA,
            },
        }
    }
}
