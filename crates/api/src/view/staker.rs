//! What a staker has in all.

use linkpool_db::read::{NodeState, StakerRecord};
use serde::Serialize;
use utoipa::ToSchema;

use super::{AddressText, Amount, PositionView, RewardRate, Table, rate::FORMULA_OF_STAKER};
use crate::statistics::Rewards;

/// A staker in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ListedStaker {
    pub address: AddressText,
    /// Nodes on which it has active stake.
    #[schema(example = 2)]
    pub nodes: u64,
    pub stake_juels: Amount,
    pub active_stake_juels: Amount,
    pub unbonding_stake_juels: Amount,
    /// What can be withdrawn now: ready tickets, and active stake of nodes that retired an unbonding time ago.
    pub withdrawable_juels: Amount,
    /// Vested rewards, claimable at once.
    pub rewards_juels: Amount,
    /// Rewards that were ever claimed.
    pub rewards_claimed_juels: Amount,
    /// What it has ever earned: claimed and claimable.
    pub rewards_earned_juels: Amount,
}

/// A staker with its positions.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Staker)]
pub(crate) struct StakerView {
    pub address: AddressText,
    /// Nodes on which it has active stake.
    #[schema(example = 2)]
    pub nodes: u64,
    pub stake_juels: Amount,
    pub active_stake_juels: Amount,
    pub unbonding_stake_juels: Amount,
    /// What can be withdrawn now: ready tickets, and active stake of nodes that retired an unbonding time ago.
    pub withdrawable_juels: Amount,
    /// Vested rewards, claimable at once.
    pub rewards_juels: Amount,
    /// Rewards that were ever claimed.
    pub rewards_claimed_juels: Amount,
    /// What it has ever earned: claimed and claimable.
    pub rewards_earned_juels: Amount,
    /// Of its active stake on nodes that have a rate; null where none has.
    pub reward_rate: RewardRate,
    /// A page of them, largest first; the figures above count all.
    pub positions: Vec<PositionView>,
}

impl From<&StakerRecord> for ListedStaker {
    fn from(record: &StakerRecord) -> Self {
        Self {
            address: AddressText(record.staker),
            nodes: record.nodes,
            stake_juels: Amount(record.active + record.unbonding),
            active_stake_juels: Amount(record.active),
            unbonding_stake_juels: Amount(record.unbonding),
            withdrawable_juels: Amount(record.matured + record.ready),
            rewards_juels: Amount(record.rewards),
            rewards_claimed_juels: Amount(record.claimed),
            rewards_earned_juels: Amount(record.rewards.saturating_add(record.claimed)),
        }
    }
}

impl StakerView {
    pub fn new(record: &StakerRecord, stakes: &[(NodeState, u128)], rewards: &Rewards, positions: Vec<PositionView>) -> Self {
        let sums = ListedStaker::from(record);
        Self {
            address: sums.address,
            nodes: sums.nodes,
            stake_juels: sums.stake_juels,
            active_stake_juels: sums.active_stake_juels,
            unbonding_stake_juels: sums.unbonding_stake_juels,
            withdrawable_juels: sums.withdrawable_juels,
            rewards_juels: sums.rewards_juels,
            rewards_claimed_juels: sums.rewards_claimed_juels,
            rewards_earned_juels: sums.rewards_earned_juels,
            reward_rate: RewardRate {
                annual_bps: weighted(stakes, rewards),
                window_seconds: rewards.window_seconds(0),
                formula: FORMULA_OF_STAKER,
            },
            positions,
        }
    }
}

/// The mean of the nodes' rates by stake, rounded down, over those that have a rate.
fn weighted(stakes: &[(NodeState, u128)], rewards: &Rewards) -> Option<u64> {
    let rated = stakes.iter().filter_map(|(node, stake)| Some((u128::from(rewards.annual_bps_of(node)?), *stake)));
    let sums = rated.fold((0u128, 0u128), |(earned, staked), (rate, stake)| {
        (earned.saturating_add(rate.saturating_mul(stake)), staked.saturating_add(stake))
    });
    let (earned, staked) = sums;
    earned.checked_div(staked).and_then(|rate| u64::try_from(rate).ok())
}

impl Table for ListedStaker {
    const NAME: &'static str = "stakers";
    const COLUMNS: &'static [&'static str] = &[
        "address",
        "nodes",
        "stake_juels",
        "stake_link",
        "active_stake_juels",
        "active_stake_link",
        "unbonding_stake_juels",
        "unbonding_stake_link",
        "withdrawable_juels",
        "withdrawable_link",
        "rewards_juels",
        "rewards_link",
        "rewards_claimed_juels",
        "rewards_claimed_link",
        "rewards_earned_juels",
        "rewards_earned_link",
    ];
}
