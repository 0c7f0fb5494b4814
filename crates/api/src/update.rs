//! What streams tell: the topics, and one message of each.
#![deny(clippy::wildcard_enum_match_arm)]

use std::sync::Arc;

use linkpool_db::read::{AnnouncementRecord, EventPosition, EventRecord};
use linkpool_primitives::{B256, BlockRef, EventKind};
use serde_json::json;

use crate::{
    as_of::AsOf,
    envelope::with_links,
    view::{AddressText, AnnouncementView, BlockView, EventView, Hash, Time, event_id},
};

/// What a client may subscribe to. Each is the name of an SSE event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Topic {
    Head,
    Node,
    Stake,
    Reward,
    Pool,
    Announcement,
    Reorg,
    Phase,
}

impl Topic {
    pub const ALL: [(&'static str, Self); 8] = [
        ("head", Self::Head),
        ("node", Self::Node),
        ("stake", Self::Stake),
        ("reward", Self::Reward),
        ("pool", Self::Pool),
        ("announcement", Self::Announcement),
        ("reorg", Self::Reorg),
        ("phase", Self::Phase),
    ];

    pub const NAMES: [&'static str; 8] = {
        let mut names = [""; 8];
        let mut index = 0;
        while index < names.len() {
            names[index] = Self::ALL[index].0;
            index += 1;
        }
        names
    };

    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, topic)| *topic == self).map_or("", |(name, _)| name)
    }

    fn of_event(kind: EventKind) -> Self {
        match kind {
            EventKind::NodeRegistered
            | EventKind::NodeClosed
            | EventKind::NodeReopened
            | EventKind::NodeRetired
            | EventKind::CapChanged
            | EventKind::PenaltyRequested
            | EventKind::PenaltyVetoed
            | EventKind::PenaltyExecuted => Self::Node,
            EventKind::Staked | EventKind::Unbonded | EventKind::UnbondCancelled | EventKind::Withdrawn | EventKind::Restaked => {
                Self::Stake
            }
            EventKind::RewardDeposited | EventKind::RewardClaimed | EventKind::RewardSwept => Self::Reward,
            EventKind::PoolCreated
            | EventKind::Paused
            | EventKind::FeeChanged
            | EventKind::FeeRecipientChanged
            | EventKind::FeesPaid
            | EventKind::SinkPaid
            | EventKind::DefaultCapChanged
            | EventKind::NetworkReported
            | EventKind::CeilingChanged
            | EventKind::ProoflessChanged
            | EventKind::RolesChanged
            | EventKind::OwnershipTransferStarted
            | EventKind::OwnershipTransferred
            | EventKind::Rescued => Self::Pool,
        }
    }
}

/// One message for the clients, written out once for all of them.
#[derive(Debug, Clone)]
pub(crate) struct Update {
    pub topic: Topic,
    /// The block it is about. For a reorganisation, the first that is gone.
    pub block_number: u64,
    /// Where a client that has seen it resumes; `None` where its place in the chain says nothing.
    pub id: Option<String>,
    pub data: Arc<str>,
}

impl Update {
    /// A block, or a range up to it, is indexed. Its id stands behind all events of the block.
    pub fn head(block: &BlockRef) -> Self {
        let view = BlockView { block_number: block.number, block_hash: Hash(block.hash), block_timestamp: Time(block.timestamp) };
        Self {
            topic: Topic::Head,
            block_number: block.number,
            id: Some(event_id(EventPosition::end_of(block.number), &block.hash)),
            data: json!(view).to_string().into(),
        }
    }

    pub fn event(record: EventRecord, as_of: &AsOf) -> Self {
        let topic = Topic::of_event(record.kind);
        let position = EventPosition { block_number: record.block_number, log_index: record.log_index };
        let id = event_id(position, &record.block_hash);
        let data = match (topic, record.node) {
            (Topic::Node, Some(node)) => {
                json!({ "type": record.kind, "address": AddressText(node), "block_number": record.block_number })
            }
            _ => with_links(EventView::new(record, as_of)).unwrap_or_default(),
        };
        Self { topic, block_number: position.block_number, id: Some(id), data: data.to_string().into() }
    }

    /// What owners announced behind a place, up to another, one for each time that it was scheduled, done or cancelled: told as it stands.
    fn announcements(records: &[AnnouncementRecord], after: EventPosition, as_of: &AsOf) -> Vec<(EventPosition, Self)> {
        let of = |record: &AnnouncementRecord| {
            let data: Arc<str> = json!(AnnouncementView::new(record.clone(), as_of)).to_string().into();
            let changes = record.changes().filter(|(position, _)| *position > after);
            let update = |(position, hash): (EventPosition, B256)| {
                let (block_number, id) = (position.block_number, Some(event_id(position, &hash)));
                (position, Self { topic: Topic::Announcement, block_number, id, data: data.clone() })
            };
            changes.map(update).collect::<Vec<_>>()
        };
        records.iter().flat_map(of).collect()
    }

    /// The pool's events and what owners announced behind `after`, in the order of the chain: whoever resumes behind one of them has seen
    /// those before it. Of announcements those up to `through`.
    pub fn merged(
        events: Vec<EventRecord>,
        announcements: &[AnnouncementRecord],
        (after, through): (EventPosition, EventPosition),
        as_of: &AsOf,
    ) -> Vec<Self> {
        let place = |record: &EventRecord| EventPosition { block_number: record.block_number, log_index: record.log_index };
        let mut updates = Self::announcements(announcements, after, as_of);
        updates.retain(|(position, _)| *position <= through);
        updates.extend(events.into_iter().map(|record| (place(&record), Self::event(record, as_of))));
        updates.sort_by_key(|(position, _)| *position);
        updates.into_iter().map(|(_, update)| update).collect()
    }

    /// What a client holds from this block on may be wrong: fetch it again.
    pub fn reorg(first_invalid_block: u64) -> Self {
        let data = json!({ "first_invalid_block": first_invalid_block }).to_string().into();
        Self { topic: Topic::Reorg, block_number: first_invalid_block, id: None, data }
    }
}

#[cfg(test)]
mod tests {
    use super::Topic;

    #[test]
    fn every_topic_has_a_name_of_its_own() {
        for (name, topic) in Topic::ALL {
            assert_eq!(topic.name(), name);
        }
    }
}
