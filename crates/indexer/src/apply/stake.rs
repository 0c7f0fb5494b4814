//! Stake arrives, unbonds, comes back, leaves.

use linkpool_contracts::pool::{Restaked, Staked, UnbondCancelled, Unbonded, Withdrawn};
use linkpool_db::event::EventRow;

use super::convert::{amount, stream, time};

pub(super) fn staked(event: &Staked, row: &mut EventRow) {
    (row.node, row.staker) = (Some(event.node), Some(event.staker));
    row.amount = amount(event.amount);
    row.shares = amount(event.shares);
    row.after_position.position_shares = amount(event.positionShares);
    row.after_position.position_debt = Some(event.positionDebt);
    row.after_node.total_shares = amount(event.totalShares);
    row.after_node.assets = amount(event.assets);
    row.after_node.active_shares = amount(event.activeShares);
    stream(&event.stream, row);
    row.after_pool.accounted = amount(event.accounted);
}

pub(super) fn unbonded(event: &Unbonded, row: &mut EventRow) {
    (row.node, row.staker, row.ticket) = (Some(event.node), Some(event.staker), Some(event.ticket.into()));
    row.shares = amount(event.shares);
    row.after_ticket.ticket_shares = amount(event.shares);
    row.after_ticket.ready_at = time(event.readyAt);
    row.after_position.position_shares = amount(event.positionShares);
    row.after_position.position_debt = Some(event.positionDebt);
    row.after_node.active_shares = amount(event.activeShares);
    stream(&event.stream, row);
}

pub(super) fn cancelled(event: &UnbondCancelled, row: &mut EventRow) {
    (row.node, row.staker, row.ticket) = (Some(event.node), Some(event.staker), Some(event.ticket.into()));
    row.shares = amount(event.shares);
    row.after_ticket.ticket_shares = Some(0);
    row.after_ticket.ready_at = Some(0);
    row.after_position.position_shares = amount(event.positionShares);
    row.after_position.position_debt = Some(event.positionDebt);
    row.after_node.active_shares = amount(event.activeShares);
    stream(&event.stream, row);
}

pub(super) fn withdrawn(event: &Withdrawn, row: &mut EventRow) {
    (row.node, row.staker, row.ticket) = (Some(event.node), Some(event.staker), Some(event.ticket.into()));
    row.amount = amount(event.amount);
    row.shares = amount(event.shares);
    row.after_ticket.ticket_shares = Some(0);
    row.after_ticket.ready_at = Some(0);
    row.after_node.total_shares = amount(event.totalShares);
    row.after_node.assets = amount(event.assets);
    row.after_pool.accounted = amount(event.accounted);
}

pub(super) fn restaked(event: &Restaked, row: &mut EventRow) {
    (row.node, row.staker, row.ticket) = (Some(event.node), Some(event.staker), Some(event.ticket.into()));
    row.account = Some(event.target);
    row.amount = amount(event.amount);
    row.shares = amount(event.shares);
    row.after_ticket.ticket_shares = Some(0);
    row.after_ticket.ready_at = Some(0);
    row.after_node.total_shares = amount(event.totalShares);
    row.after_node.assets = amount(event.assets);
    row.after_pool.accounted = amount(event.accounted);
}
