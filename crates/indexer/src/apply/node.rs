//! Nodes come, close, reopen and retire.

use linkpool_contracts::pool::{CapChanged, NodeClosed, NodeRegistered, NodeReopened, NodeRetired};
use linkpool_db::{columns::NodeFields, event::EventRow};
use linkpool_primitives::NodeStatus;

use super::convert::time;

pub(super) fn registered(event: &NodeRegistered, row: &mut EventRow) {
    row.node = Some(event.node);
    // A new node is all zeros but for these: the zeros are what the fields are afterwards, so they belong to the event.
    row.after_node = NodeFields {
        node_index: i64::try_from(event.index).ok(),
        proof: Some(i16::from(event.proof)),
        registered_at: time(event.registeredAt),
        status: Some(NodeStatus::Active),
        cap_link: Some(event.capLink.into()),
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
    };
    row.after_pool.live_nodes = Some(event.liveNodes.into());
    row.after_pool.registration_level = Some(event.bucketLevel.into());
    row.after_pool.registration_at = time(event.bucketAt);
}

pub(super) fn closed(event: &NodeClosed, row: &mut EventRow) {
    row.node = Some(event.node);
    row.account = Some(event.by);
    row.after_node.status = Some(NodeStatus::Closed);
}

pub(super) fn reopened(event: &NodeReopened, row: &mut EventRow) {
    row.node = Some(event.node);
    row.account = Some(event.by);
    row.after_node.status = Some(NodeStatus::Active);
}

pub(super) fn retired(event: &NodeRetired, row: &mut EventRow) {
    row.node = Some(event.node);
    row.after_node.status = Some(NodeStatus::Retired);
    row.after_node.retired_at = time(event.retiredAt);
    row.after_pool.live_nodes = Some(event.liveNodes.into());
}

pub(super) fn cap_changed(event: &CapChanged, row: &mut EventRow) {
    row.node = Some(event.node);
    row.detail = Some(serde_json::json!({ "old_cap_link": event.oldCapLink }));
    row.after_node.cap_link = Some(event.capLink.into());
}
