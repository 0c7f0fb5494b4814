//! What the pool's owners have announced.

use linkpool_db::read::{AnnouncementRecord, EventPosition};
use linkpool_primitives::AnnouncementState;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{AddressText, Hash, Table, Time, event_id, word};
use crate::as_of::AsOf;

/// What stands for no predecessor and no salt.
const NOTHING: &str = "0x0000000000000000000000000000000000000000000000000000000000000000";

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Announcement)]
pub(crate) struct AnnouncementView {
    /// `<block>-<log index>-<first 8 digits of the block hash>` of where it was scheduled: unique, also across reorganisations.
    #[schema(example = "12-3-9b83c12c")]
    pub id: String,
    /// waiting: it may not be executed before `ready_at`. ready: it may be executed at any moment.
    #[schema(value_type = word::AnnouncementState)]
    pub state: AnnouncementState,
    /// What it does, in words; of several calls one after the other.
    #[schema(example = "set the maker fee to 5 %")]
    pub description: String,
    pub ready_at: Time,
    #[schema(example = 2_419_200)]
    pub delay_seconds: u64,
    /// The contract that owns the pool, or did, and will make the calls.
    pub timelock: AddressText,
    /// Whether it owns the pool now. What another has announced the pool refuses, unless ownership passes to it.
    pub is_owner: bool,
    /// The timelock's own id of it. An operation that was cancelled may be scheduled again under the same.
    pub operation: Hash,
    /// The operation that must be done first.
    #[schema(value_type = Option<Hash>, example = json!(null))]
    pub predecessor: Option<String>,
    #[schema(value_type = Option<Hash>, example = json!(null))]
    pub salt: Option<String>,
    pub calls: Vec<CallView>,
    #[schema(example = 12)]
    pub block_number: u64,
    pub block_hash: Hash,
    /// When it was scheduled.
    pub block_timestamp: Time,
    pub transaction_hash: Hash,
    #[schema(example = 3)]
    pub log_index: u32,
    /// When it was done or cancelled.
    #[schema(example = json!(null))]
    pub ended_at: Option<Time>,
    #[schema(example = json!(null))]
    pub ended_block_number: Option<u64>,
    #[schema(example = json!(null))]
    pub ended_transaction_hash: Option<Hash>,
    /// Whether no reorganisation can remove what is said of it.
    pub finalized: bool,
}

#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = AnnouncedCall)]
pub(crate) struct CallView {
    #[schema(value_type = AddressText)]
    pub target: String,
    /// Ether that goes along, in wei.
    #[schema(example = "0")]
    pub value_wei: String,
    /// Null where the target is neither the pool nor the timelock, or has no such function.
    #[schema(example = "setFee(uint16)")]
    pub function: Option<String>,
    pub arguments: Vec<ArgumentView>,
    #[schema(example = "set the maker fee to 5 %")]
    pub description: String,
    /// Null where it is longer than 4,096 bytes.
    #[schema(example = "0x69fe0e2d00000000000000000000000000000000000000000000000000000000000001f4")]
    pub data: Option<String>,
}

#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = AnnouncedArgument)]
pub(crate) struct ArgumentView {
    #[schema(example = "feeBps")]
    pub name: String,
    #[serde(rename = "type")]
    #[schema(example = "uint16")]
    pub kind: String,
    /// Null for a list, and for what is cut off.
    #[schema(example = "500")]
    pub value: Option<String>,
}

impl AnnouncementView {
    pub fn new(record: AnnouncementRecord, as_of: &AsOf) -> Self {
        let description = record.description();
        let calls: Vec<CallView> = serde_json::from_value(record.calls).unwrap_or_default();
        let position = EventPosition { block_number: record.block_number, log_index: record.log_index };
        let some = |hash: String| (hash != NOTHING).then_some(hash);
        Self {
            id: event_id(position, &record.block_hash),
            state: record.state,
            description,
            ready_at: Time(record.ready_at),
            delay_seconds: record.delay_seconds,
            timelock: AddressText(record.contract),
            is_owner: record.is_owner,
            operation: Hash(record.operation),
            predecessor: some(record.predecessor),
            salt: some(record.salt),
            calls,
            block_number: record.block_number,
            block_hash: Hash(record.block_hash),
            block_timestamp: Time(record.block_time),
            transaction_hash: Hash(record.transaction_hash),
            log_index: record.log_index,
            ended_at: record.ended_time.map(Time),
            ended_block_number: record.ended_block,
            ended_transaction_hash: record.ended_transaction.map(Hash),
            finalized: as_of.is_final(record.ended_block.unwrap_or(record.block_number)),
        }
    }
}

impl Table for AnnouncementView {
    const NAME: &'static str = "announcements";
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "state",
        "description",
        "ready_at",
        "delay_seconds",
        "timelock",
        "is_owner",
        "operation",
        "predecessor",
        "salt",
        "block_number",
        "block_hash",
        "block_timestamp",
        "transaction_hash",
        "log_index",
        "ended_at",
        "ended_block_number",
        "ended_transaction_hash",
        "finalized",
    ];
}
