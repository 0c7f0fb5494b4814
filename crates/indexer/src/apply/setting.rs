//! The pool's own switches, roles and ownership.

use linkpool_contracts::pool::{
    CeilingChanged, DefaultCapChanged, FeeChanged, FeeRecipientChanged, NetworkReported, OwnershipTransferStarted,
    OwnershipTransferred, Paused, PoolCreated, ProoflessChanged, Rescued, RolesChanged,
};
use linkpool_db::event::EventRow;
use linkpool_primitives::Address;
use serde_json::json;

use super::convert::time;

pub(super) fn created(event: &PoolCreated, row: &mut EventRow) {
    row.detail = serde_json::to_value(&event.terms).ok();
    // A new pool owes nothing and runs nothing; the rest of its fields follow as events of the same transaction.
    row.after_pool.accounted = Some(0);
    row.after_pool.fees_owed = Some(0);
    row.after_pool.sink_owed = Some(0);
    row.after_pool.paused_until = Some(0);
    row.after_pool.live_nodes = Some(0);
    row.after_pool.registration_level = Some(0);
    row.after_pool.registration_at = Some(0);
    row.after_pool.pending_owner = Some(Address::ZERO);
    row.after_pool.offer_ends_at = Some(0);
}

pub(super) fn paused(event: &Paused, row: &mut EventRow) {
    row.account = Some(event.by);
    row.detail = Some(json!({ "old_paused_until": time(event.oldPausedUntil) }));
    row.after_pool.paused_until = time(event.pausedUntil);
}

pub(super) fn fee(event: &FeeChanged, row: &mut EventRow) {
    row.detail = Some(json!({ "old_fee_bps": event.oldFeeBps }));
    row.after_pool.fee_bps = Some(event.feeBps.into());
}

pub(super) fn fee_recipient(event: &FeeRecipientChanged, row: &mut EventRow) {
    row.detail = Some(json!({ "old_fee_recipient": event.oldFeeRecipient }));
    row.after_pool.fee_recipient = Some(event.feeRecipient);
}

pub(super) fn default_cap(event: &DefaultCapChanged, row: &mut EventRow) {
    row.detail = Some(json!({ "old_default_cap_link": event.oldCapLink }));
    row.after_pool.default_cap_link = Some(event.capLink.into());
}

pub(super) fn reported(event: &NetworkReported, row: &mut EventRow) {
    row.account = Some(event.by);
    row.detail = Some(json!({ "old_reported": event.oldReported }));
    row.after_pool.network_reported = Some(event.reported.into());
    row.after_pool.network_reported_at = time(event.reportedAt);
}

pub(super) fn ceiling(event: &CeilingChanged, row: &mut EventRow) {
    row.detail = Some(json!({ "old_ceiling": event.oldCeiling }));
    row.after_pool.network_ceiling = Some(event.ceiling.into());
}

pub(super) fn proofless(event: &ProoflessChanged, row: &mut EventRow) {
    row.detail = Some(json!({ "old_allowed": event.oldAllowed }));
    row.after_pool.proofless_allowed = Some(event.allowed);
}

pub(super) fn roles(event: &RolesChanged, row: &mut EventRow) {
    row.account = Some(event.account);
    row.detail = Some(json!({ "old_roles": event.oldRoles, "roles": event.roles }));
    row.after_role.roles = Some(event.roles.into());
}

pub(super) fn ownership_offered(event: &OwnershipTransferStarted, row: &mut EventRow) {
    row.account = Some(event.newOwner);
    row.detail = Some(json!({ "previous_owner": event.previousOwner }));
    row.after_pool.pending_owner = Some(event.newOwner);
    row.after_pool.offer_ends_at = time(event.endsAt);
}

/// Whoever accepts ownership is no longer the pending owner.
pub(super) fn ownership_moved(event: &OwnershipTransferred, row: &mut EventRow) {
    row.account = Some(event.newOwner);
    row.detail = Some(json!({ "previous_owner": event.previousOwner }));
    row.after_pool.owner = Some(event.newOwner);
    row.after_pool.pending_owner = Some(Address::ZERO);
    row.after_pool.offer_ends_at = Some(0);
}

pub(super) fn rescued(event: &Rescued, row: &mut EventRow) {
    row.account = Some(event.to);
    row.detail = Some(json!({ "token": event.token, "amount": event.amount.to_string() }));
}
