//! A node as its stakers see it.

use linkpool_accounting as accounting;
use linkpool_accounting::Stream;
use linkpool_db::read::{NodeRecord, NodeState};
use linkpool_primitives::{JUELS_PER_LINK, NodeStatus};
use serde::Serialize;
use utoipa::ToSchema;

use super::{AddressText, Amount, Hash, RewardRate, Table, Time, WorkView, rate::FORMULA, word};
use crate::{as_of::AsOf, statistics::Rewards};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Proof {
    /// The registrar vouched for the wallet.
    None,
    /// The wallet signed for its own registration.
    Signature,
}

/// How much of the last seven days a node ran.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub(crate) struct Uptime {
    /// Basis points of the time in which somebody looked.
    #[schema(example = 9990)]
    pub up_bps: u64,
    /// How long that was.
    #[schema(example = 604800)]
    pub seen_seconds: u64,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Node)]
pub(crate) struct NodeView {
    /// The node's wallet, which is its name.
    pub address: AddressText,
    /// What its operators call it; null where they have given it no name, and with `at`.
    #[schema(example = json!(null))]
    pub name: Option<String>,
    /// Null where nobody has looked, and with `at`.
    pub uptime: Option<Uptime>,
    /// Its place in the order of registration, from 0.
    #[schema(example = 0)]
    pub index: u64,
    #[schema(value_type = word::NodeStatus)]
    pub status: NodeStatus,
    /// LINK at risk, active and unbonding.
    pub stake_juels: Amount,
    /// What earns rewards and counts against the cap.
    pub active_stake_juels: Amount,
    /// What is unbonding: `stake_juels` less `active_stake_juels`.
    pub unbonding_stake_juels: Amount,
    pub cap_juels: Amount,
    /// How much a newcomer can stake here now; 0 while the node takes none, or has too little room for a valid position.
    /// A pause of the whole pool stands in `/pool` only.
    pub available_juels: Amount,
    /// Active stake in basis points of the cap.
    #[schema(example = 6000)]
    pub utilisation_bps: u64,
    /// Stakers with active stake here.
    #[schema(example = 1)]
    pub stakers: u64,
    pub total_shares: Amount,
    pub active_shares: Amount,
    /// All rewards that ever arrived, fees included.
    pub rewards_deposited_juels: Amount,
    /// What of them is the stakers': without the fees. It vests in a week.
    pub rewards_earned_juels: Amount,
    /// What stakers have claimed of that.
    pub rewards_claimed_juels: Amount,
    /// Rewards that have not vested yet.
    pub rewards_unvested_juels: Amount,
    pub reward_rate: RewardRate,
    /// What it was asked, answered and has earned; null in lists, with `at`, and where no Operator was named for it.
    pub work: Option<WorkView>,
    /// When the last of them will have; null when there are none.
    pub vest_end: Option<Time>,
    pub registered_at: Time,
    #[schema(example = 12)]
    pub registered_block: Option<u64>,
    pub registered_tx: Option<Hash>,
    pub proof: Proof,
    /// Until when a requested penalty keeps new stake out; null when nothing does.
    pub penalty_until: Option<Time>,
    pub retired_at: Option<Time>,
    /// Juels a share times 10^18, rounded down; 10^18 until a first penalty.
    pub price_wad_down: Amount,
    /// Whether all of this can no longer be reorganised away.
    pub finalized: bool,
    /// The block that last changed the node.
    #[schema(example = 12)]
    pub updated_block: u64,
}

impl NodeView {
    pub fn new(record: &NodeRecord, rewards: &Rewards, as_of: &AsOf) -> Self {
        let state = &record.state;
        let given = rewards.of(&state.address);
        let active = accounting::paid_down(state.active_shares, state.total_shares, state.assets);
        let cap = cap(state);
        let stream = stream(state, as_of.now());
        Self {
            address: AddressText(state.address),
            name: record.name.clone(),
            uptime: record.ran.and_then(uptime),
            index: state.index,
            status: state.status,
            stake_juels: Amount(state.assets),
            active_stake_juels: Amount(active),
            unbonding_stake_juels: Amount(state.assets.saturating_sub(active)),
            cap_juels: Amount(cap),
            available_juels: Amount(available(state, as_of.now())),
            utilisation_bps: u64::try_from(accounting::ratio_bps_down(active, cap)).unwrap_or(u64::MAX),
            stakers: record.stakers,
            total_shares: Amount(state.total_shares),
            active_shares: Amount(state.active_shares),
            rewards_deposited_juels: Amount(given.deposited),
            rewards_earned_juels: Amount(given.deposited.saturating_sub(given.fees)),
            rewards_claimed_juels: Amount(given.claimed),
            rewards_unvested_juels: Amount(stream.unvested),
            reward_rate: RewardRate {
                annual_bps: rewards.annual_bps_of(state),
                window_seconds: rewards.window_seconds(state.registered_at),
                formula: FORMULA,
            },
            work: None,
            vest_end: Time::unless_zero(stream.vest_end).filter(|_| stream.unvested > 0),
            registered_at: Time(state.registered_at),
            registered_block: record.registration.map(|(block, _)| block),
            registered_tx: record.registration.map(|(_, hash)| Hash(hash)),
            proof: if state.proof == 1 { Proof::Signature } else { Proof::None },
            penalty_until: Time::if_after(state.penalty_until, as_of.now()),
            retired_at: Time::unless_zero(state.retired_at),
            price_wad_down: Amount(accounting::price_wad_down(state.total_shares, state.assets)),
            finalized: as_of.is_final(state.updated_block),
            updated_block: state.updated_block,
        }
    }
}

impl Table for NodeView {
    const NAME: &'static str = "nodes";
    const COLUMNS: &'static [&'static str] = &[
        "address",
        "name",
        "uptime.up_bps",
        "uptime.seen_seconds",
        "index",
        "status",
        "stake_juels",
        "stake_link",
        "active_stake_juels",
        "active_stake_link",
        "unbonding_stake_juels",
        "unbonding_stake_link",
        "cap_juels",
        "cap_link",
        "available_juels",
        "available_link",
        "utilisation_bps",
        "stakers",
        "total_shares",
        "active_shares",
        "rewards_deposited_juels",
        "rewards_deposited_link",
        "rewards_earned_juels",
        "rewards_earned_link",
        "rewards_claimed_juels",
        "rewards_claimed_link",
        "rewards_unvested_juels",
        "rewards_unvested_link",
        "reward_rate.annual_bps",
        "reward_rate.window_seconds",
        "vest_end",
        "registered_at",
        "registered_block",
        "registered_tx",
        "proof",
        "penalty_until",
        "retired_at",
        "price_wad_down",
        "finalized",
        "updated_block",
    ];
}

/// Of seconds in which it ran, and seconds in which somebody looked.
fn uptime((up, seen): (u64, u64)) -> Option<Uptime> {
    let up_bps = up.saturating_mul(u64::from(accounting::BPS)).checked_div(seen)?;
    Some(Uptime { up_bps, seen_seconds: seen })
}

pub(crate) fn cap(state: &NodeState) -> u128 {
    u128::from(state.cap_link).saturating_mul(JUELS_PER_LINK)
}

/// How much a newcomer can stake on the node at a time.
pub(crate) fn available(state: &NodeState, now: u64) -> u128 {
    if state.status != NodeStatus::Active || state.penalty_until > now {
        return 0;
    }
    accounting::available_to_newcomer(cap(state), state.active_shares, state.total_shares, state.assets)
}

/// The node's reward stream, brought up to a time.
pub(crate) fn stream(state: &NodeState, now: u64) -> Stream {
    let stored = Stream {
        acc_per_share: state.acc_per_share,
        unvested: state.unvested,
        vest_end: state.vest_end,
        last_update: state.last_update,
    };
    stored.accrued_to(state.active_shares, now)
}
