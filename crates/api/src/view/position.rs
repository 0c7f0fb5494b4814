//! What a staker has on a node.

use std::collections::HashMap;

use linkpool_accounting as accounting;
use linkpool_db::read::{NodeState, PositionRecord, TICKETS_PER_POSITION, TicketRecord};
use linkpool_primitives::{Address, NodeStatus};
use serde::Serialize;
use utoipa::ToSchema;

use super::{AddressText, Amount, Table, Time, stream, word};
use crate::as_of::AsOf;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Position)]
pub(crate) struct PositionView {
    pub node: AddressText,
    pub staker: AddressText,
    pub active_shares: Amount,
    /// What the active shares are worth: what they would be paid if they could leave now.
    pub active_stake_juels: Amount,
    /// Vested rewards, claimable at once.
    pub rewards_juels: Amount,
    /// Rewards that were ever claimed from it.
    pub rewards_claimed_juels: Amount,
    /// What it has earned since it is there: claimed and claimable.
    pub rewards_earned_juels: Amount,
    /// Always true: rewards go on vesting, so a claim in a later block pays a little more.
    pub rewards_estimated: bool,
    #[schema(value_type = word::NodeStatus)]
    pub node_status: NodeStatus,
    /// Unbonding stake, oldest ticket first, at most 100. Withdrawn and cancelled tickets are not listed.
    pub tickets: Vec<TicketView>,
    /// False where there are newer tickets beyond those listed; the sums of the staker count them all.
    pub tickets_complete: bool,
    /// The block that last changed the active stake.
    #[schema(example = 12)]
    pub updated_block: u64,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Ticket)]
pub(crate) struct TicketView {
    #[schema(example = 0)]
    pub index: u64,
    pub shares: Amount,
    /// What the ticket pays at today's price; a penalty before it is withdrawn lowers it.
    pub value_juels: Amount,
    pub ready_at: Time,
    /// Whether it can be withdrawn now.
    pub ready: bool,
}

/// The views of positions, each with its node and its tickets.
pub(crate) fn positions(records: &[(PositionRecord, &NodeState)], tickets: &[TicketRecord], as_of: &AsOf) -> Vec<PositionView> {
    let mut by_position: HashMap<(Address, Address), Vec<&TicketRecord>> = HashMap::new();
    for ticket in tickets {
        by_position.entry((ticket.node, ticket.staker)).or_default().push(ticket);
    }
    records
        .iter()
        .map(|(record, node)| {
            let mine = by_position.remove(&(record.node, record.staker)).unwrap_or_default();
            PositionView::new(record, node, &mine, as_of)
        })
        .collect()
}

impl PositionView {
    fn new(record: &PositionRecord, node: &NodeState, tickets: &[&TicketRecord], as_of: &AsOf) -> Self {
        let worth = |shares| accounting::paid_down(shares, node.total_shares, node.assets);
        let rewards = accounting::claimable(record.shares, record.debt, stream(node, as_of.now()).acc_per_share);
        let tickets_complete = tickets.len() <= TICKETS_PER_POSITION;
        let tickets = tickets
            .iter()
            .take(TICKETS_PER_POSITION)
            .map(|ticket| TicketView {
                index: ticket.index,
                shares: Amount(ticket.shares),
                value_juels: Amount(worth(ticket.shares)),
                ready_at: Time(ticket.ready_at),
                ready: ticket.ready_at <= as_of.now(),
            })
            .collect();
        Self {
            node: AddressText(record.node),
            staker: AddressText(record.staker),
            active_shares: Amount(record.shares),
            active_stake_juels: Amount(worth(record.shares)),
            rewards_juels: Amount(rewards),
            rewards_claimed_juels: Amount(record.claimed),
            rewards_earned_juels: Amount(record.claimed.saturating_add(rewards)),
            rewards_estimated: true,
            node_status: node.status,
            tickets,
            tickets_complete,
            updated_block: record.updated_block,
        }
    }
}

impl Table for PositionView {
    const NAME: &'static str = "positions";
    const COLUMNS: &'static [&'static str] = &[
        "node",
        "staker",
        "node_status",
        "active_shares",
        "active_stake_juels",
        "active_stake_link",
        "rewards_juels",
        "rewards_link",
        "rewards_claimed_juels",
        "rewards_claimed_link",
        "rewards_earned_juels",
        "rewards_earned_link",
        "updated_block",
    ];
}
