//! Penalties are requested, vetoed, executed. A request that lapses leaves no event: readers compare times.

use linkpool_contracts::pool::{PenaltyExecuted, PenaltyRequested, PenaltyVetoed};
use linkpool_db::event::EventRow;
use serde_json::json;

use super::convert::{amount, time};

pub(super) fn requested(event: &PenaltyRequested, row: &mut EventRow) {
    (row.node, row.account) = (Some(event.node), Some(event.by));
    row.detail = Some(json!({
        "evidence": event.evidence, "fault_at": time(event.faultAt), "requested_at": time(event.requestedAt), "slot_ends_at": time(event.slotEndsAt),
    }));
    slot(event.slot, event.slotEndsAt, row);
    row.after_node.penalty_bps = Some(event.bps.into());
    row.after_node.penalty_slot = Some(event.slot.into());
    row.after_node.penalty_until = time(event.penaltyUntil);
}

pub(super) fn vetoed(event: &PenaltyVetoed, row: &mut EventRow) {
    (row.node, row.account) = (Some(event.node), Some(event.by));
    row.detail = Some(json!({ "slot": event.slot, "slot_ends_at": time(event.slotEndsAt) }));
    slot(event.slot, event.slotEndsAt, row);
    row.after_node.penalty_until = time(event.penaltyUntil);
}

pub(super) fn executed(event: &PenaltyExecuted, row: &mut EventRow) {
    row.node = Some(event.node);
    row.amount = amount(event.amount);
    row.detail = Some(json!({ "bps": event.bps, "slot": event.slot, "slot_ends_at": time(event.slotEndsAt) }));
    slot(event.slot, event.slotEndsAt, row);
    row.after_node.assets = amount(event.assets);
    row.after_node.penalty_until = time(event.penaltyUntil);
    row.after_node.penalty_bps = Some(event.penaltyBps.into());
    row.after_node.penalty_slot = Some(event.penaltySlot.into());
    row.after_node.bucket_level = Some(event.bucketLevel.into());
    row.after_node.bucket_at = time(event.bucketAt);
    row.after_pool.sink_owed = amount(event.sinkOwed);
}

/// When the slot is free again.
fn slot(slot: u8, ends_at: alloy::primitives::Uint<40, 1>, row: &mut EventRow) {
    row.slot = Some(slot.into());
    row.after_penalty_slot.slot_ends_at = time(ends_at);
}
