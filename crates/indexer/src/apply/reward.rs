//! Rewards arrive and are claimed; fees and the sink are paid.

use linkpool_contracts::pool::{FeesPaid, RewardClaimed, RewardDeposited, RewardSwept, SinkPaid};
use linkpool_db::event::EventRow;

use super::convert::{amount, stream};

pub(super) fn deposited(event: &RewardDeposited, row: &mut EventRow) {
    row.node = Some(event.node);
    row.account = Some(event.from);
    row.amount = amount(event.amount);
    row.fee = amount(event.fee);
    stream(&event.stream, row);
    row.after_pool.fees_owed = amount(event.feesOwed);
    row.after_pool.accounted = amount(event.accounted);
}

pub(super) fn claimed(event: &RewardClaimed, row: &mut EventRow) {
    (row.node, row.staker) = (Some(event.node), Some(event.staker));
    row.amount = amount(event.amount);
    row.after_position.position_debt = Some(event.positionDebt);
    stream(&event.stream, row);
    row.after_pool.accounted = amount(event.accounted);
}

pub(super) fn swept(event: &RewardSwept, row: &mut EventRow) {
    row.node = Some(event.node);
    row.amount = amount(event.amount);
    stream(&event.stream, row);
    row.after_pool.sink_owed = amount(event.sinkOwed);
}

pub(super) fn fees_paid(event: &FeesPaid, row: &mut EventRow) {
    row.account = Some(event.recipient);
    row.amount = amount(event.amount);
    row.after_pool.fees_owed = amount(event.feesOwed);
    row.after_pool.accounted = amount(event.accounted);
}

pub(super) fn sink_paid(event: &SinkPaid, row: &mut EventRow) {
    row.account = Some(event.sink);
    row.amount = amount(event.amount);
    row.after_pool.sink_owed = amount(event.sinkOwed);
    row.after_pool.accounted = amount(event.accounted);
}
