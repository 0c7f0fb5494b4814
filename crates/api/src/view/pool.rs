//! The pool as a whole.

use linkpool_accounting as accounting;
use linkpool_db::read::{NodeState, PoolRecord};
use linkpool_primitives::NodeStatus;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Amount, RewardRate, Time, node, rate::FORMULA, stream};
use crate::{as_of::AsOf, statistics::Rewards};

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
    /// What of them is the stakers': without the fees.
    pub rewards_earned_juels: Amount,
    /// What stakers have claimed of that.
    pub rewards_claimed_juels: Amount,
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

impl PoolView {
    pub fn new<'a>(
        pool: &PoolRecord,
        nodes: impl Iterator<Item = &'a NodeState>,
        stakers: u64,
        rewards: &Rewards,
        as_of: &AsOf,
    ) -> Self {
        let (now, given) = (as_of.now(), rewards.total());
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
            stakers,
            fee_bps: pool.fee_bps,
            fees_owed_juels: Amount(pool.fees_owed),
            rewards_deposited_juels: Amount(given.deposited),
            rewards_earned_juels: Amount(given.deposited.saturating_sub(given.fees)),
            rewards_claimed_juels: Amount(given.claimed),
            rewards_vesting_juels: Amount(vesting),
            accounted_juels: Amount(pool.accounted),
            paused_until: Time::if_after(pool.paused_until, now),
            reward_rate: RewardRate {
                annual_bps: rewards.annual_bps(rewards.vested_in_window(), 0, active),
                window_seconds: rewards.window_seconds(0),
                formula: FORMULA,
            },
        }
    }
}
