//! What each event leaves behind, field by field. No arithmetic: the contract has done it.

use linkpool_contracts::pool::{Event, Stream};
use linkpool_db::{
    columns::{NodeFields, TicketFields},
    event::EventRow,
};
use linkpool_primitives::{Address, NodeStatus};
use serde_json::{Value, json};

use crate::columns::{Column, take};

/// For each event the columns that it fills, by entity: from the field of the contract's event that has the same name, or from the one
/// behind `=`. What is more than that stands in braces.
macro_rules! events {
    ($event:ident, $row:ident; $($name:ident: $($part:ident($($columns:tt)+))* $({ $($more:tt)* })?;)+) => {
        pub(super) fn apply($event: &Event, $row: &mut EventRow) {
            match $event {
                $(Event::$name($event) => {
                    $(events!(@ $event, $row, $part, $($columns)+);)*
                    $($($more)*)?
                })+
            }
        }
    };
    (@ $event:ident, $row:ident, own, $($columns:tt)+) => { take!($event => $row; $($columns)+) };
    (@ $event:ident, $row:ident, node, $($columns:tt)+) => { take!($event => $row.after_node; $($columns)+) };
    (@ $event:ident, $row:ident, position, $($columns:tt)+) => { take!($event => $row.after_position; $($columns)+) };
    (@ $event:ident, $row:ident, ticket, $($columns:tt)+) => { take!($event => $row.after_ticket; $($columns)+) };
    (@ $event:ident, $row:ident, pool, $($columns:tt)+) => { take!($event => $row.after_pool; $($columns)+) };
    (@ $event:ident, $row:ident, penalty_slot, $($columns:tt)+) => { take!($event => $row.after_penalty_slot; $($columns)+) };
    (@ $event:ident, $row:ident, role, $($columns:tt)+) => { take!($event => $row.after_role; $($columns)+) };
}

events! {
    event, row;

    NodeRegistered: own(node) pool(live_nodes, registration_level = bucketLevel, registration_at = bucketAt) {
        // A new node is all zeros but for these: the zeros are what the fields are afterwards, so they belong to the event.
        row.after_node = NodeFields {
            node_index: i64::try_from(event.index).ok(),
            status: Some(NodeStatus::Active),
            penalty_until: Some(0),
            retired_at: Some(0),
            total_shares: Some(0),
            assets: Some(0),
            active_shares: Some(0),
            acc_per_share: Some(0),
            unvested: Some(0),
            vest_end: Some(0),
            last_update: Some(0),
            penalty_bps: Some(0),
            penalty_slot: Some(0),
            bucket_level: Some(0),
            bucket_at: Some(0),
            ..NodeFields::default()
        };
        take!(event => row.after_node; proof, registered_at, cap_link);
    };
    NodeClosed: own(node, account = by) { row.after_node.status = Some(NodeStatus::Closed); };
    NodeReopened: own(node, account = by) { row.after_node.status = Some(NodeStatus::Active); };
    NodeRetired: own(node) node(retired_at) pool(live_nodes) { row.after_node.status = Some(NodeStatus::Retired); };
    CapChanged: own(node) node(cap_link) { row.detail = Some(json!({ "old_cap_link": event.oldCapLink })); };

    Staked: own(node, staker, amount, shares) position(position_shares, position_debt) node(total_shares, assets, active_shares) pool(accounted)
        { stream(&event.stream, row); };
    Unbonded: own(node, staker, ticket, shares) ticket(ticket_shares = shares, ready_at) position(position_shares, position_debt) node(active_shares)
        { stream(&event.stream, row); };
    UnbondCancelled: own(node, staker, ticket, shares) position(position_shares, position_debt) node(active_shares) {
        row.after_ticket = GONE;
        stream(&event.stream, row);
    };
    Withdrawn: own(node, staker, ticket, amount, shares) node(total_shares, assets) pool(accounted) { row.after_ticket = GONE; };
    Restaked: own(node, staker, ticket, account = target, amount, shares) node(total_shares, assets) pool(accounted)
        { row.after_ticket = GONE; };

    RewardDeposited: own(node, account = from, amount, fee) pool(fees_owed, accounted) { stream(&event.stream, row); };
    RewardClaimed: own(node, staker, amount) position(position_debt) pool(accounted) { stream(&event.stream, row); };
    RewardSwept: own(node, amount) pool(sink_owed) { stream(&event.stream, row); };
    FeesPaid: own(account = recipient, amount) pool(fees_owed, accounted);
    SinkPaid: own(account = sink, amount) pool(sink_owed, accounted);

    // A request that lapses leaves no event: readers compare times.
    PenaltyRequested: own(node, account = by, slot) penalty_slot(slot_ends_at) node(penalty_bps = bps, penalty_slot = slot, penalty_until) {
        row.detail = Some(json!({
            "evidence": event.evidence, "fault_at": time(event.faultAt), "requested_at": time(event.requestedAt),
            "slot_ends_at": time(event.slotEndsAt),
        }));
    };
    PenaltyVetoed: own(node, account = by, slot) penalty_slot(slot_ends_at) node(penalty_until) {
        row.detail = Some(json!({ "slot": event.slot, "slot_ends_at": time(event.slotEndsAt) }));
    };
    PenaltyExecuted: own(node, amount, slot) penalty_slot(slot_ends_at) pool(sink_owed)
        node(assets, penalty_until, penalty_bps, penalty_slot, bucket_level, bucket_at) {
        row.detail = Some(json!({ "bps": event.bps, "slot": event.slot, "slot_ends_at": time(event.slotEndsAt) }));
    };

    PoolCreated: {
        row.detail = serde_json::to_value(&event.terms).ok();
        // A new pool owes nothing and runs nothing; the rest of its fields follow as events of the same transaction.
        row.after_pool.accounted = Some(0);
        row.after_pool.fees_owed = Some(0);
        row.after_pool.sink_owed = Some(0);
        row.after_pool.paused_until = Some(0);
        row.after_pool.live_nodes = Some(0);
        row.after_pool.registration_level = Some(0);
        row.after_pool.registration_at = Some(0);
        no_offer(row);
    };
    Paused: own(account = by) pool(paused_until) { row.detail = Some(json!({ "old_paused_until": time(event.oldPausedUntil) })); };
    FeeChanged: pool(fee_bps) { row.detail = Some(json!({ "old_fee_bps": event.oldFeeBps })); };
    FeeRecipientChanged: pool(fee_recipient) { row.detail = Some(json!({ "old_fee_recipient": event.oldFeeRecipient })); };
    DefaultCapChanged: pool(default_cap_link = capLink) { row.detail = Some(json!({ "old_default_cap_link": event.oldCapLink })); };
    NetworkReported: own(account = by) pool(network_reported = reported, network_reported_at = reportedAt)
        { row.detail = Some(json!({ "old_reported": event.oldReported })); };
    CeilingChanged: pool(network_ceiling = ceiling) { row.detail = Some(json!({ "old_ceiling": event.oldCeiling })); };
    ProoflessChanged: pool(proofless_allowed = allowed) { row.detail = Some(json!({ "old_allowed": event.oldAllowed })); };
    RolesChanged: own(account) role(roles) { row.detail = Some(json!({ "old_roles": event.oldRoles, "roles": event.roles })); };
    OwnershipTransferStarted: own(account = newOwner) pool(pending_owner = newOwner, offer_ends_at = endsAt)
        { row.detail = Some(json!({ "previous_owner": event.previousOwner })); };
    // Whoever accepts ownership is no longer the pending owner.
    OwnershipTransferred: own(account = newOwner) pool(owner = newOwner) {
        row.detail = Some(json!({ "previous_owner": event.previousOwner }));
        no_offer(row);
    };
    Rescued: own(account = to) { row.detail = Some(json!({ "token": event.token, "amount": event.amount.to_string() })); };
}

/// A ticket that was taken back or paid.
const GONE: TicketFields = TicketFields { ticket_shares: Some(0), ready_at: Some(0) };

fn stream(stream: &Stream, row: &mut EventRow) {
    take!(stream => row.after_node; acc_per_share, unvested, vest_end, last_update);
}

fn no_offer(row: &mut EventRow) {
    (row.after_pool.pending_owner, row.after_pool.offer_ends_at) = (Some(Address::ZERO), Some(0));
}

fn time(seconds: impl Column<i64>) -> Value {
    seconds.column().into()
}
