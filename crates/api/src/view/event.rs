//! Events of the contract, and transactions made of them.

use linkpool_db::read::{After, EventPosition, EventRecord};
use linkpool_primitives::{B256, EventKind, checksum};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::{AddressText, Amount, Hash, Table, Time, word};
use crate::as_of::AsOf;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Event)]
pub(crate) struct EventView {
    /// `<block>-<log index>-<first 8 digits of the block hash>`: unique, also across reorganisations.
    #[schema(example = "12-3-9b83c12c")]
    pub id: String,
    #[schema(example = 12)]
    pub block_number: u64,
    pub block_hash: Hash,
    pub block_timestamp: Time,
    pub transaction_hash: Hash,
    #[schema(example = 3)]
    pub log_index: u32,
    /// The event's name in the contract.
    #[serde(rename = "type")]
    #[schema(value_type = word::EventType)]
    pub kind: EventKind,
    pub node: Option<AddressText>,
    pub staker: Option<AddressText>,
    /// Whoever else takes part: the sender of a reward, the recipient of fees, the target of a restake.
    pub account: Option<AddressText>,
    /// The index of an unbonding ticket.
    #[schema(example = json!(null))]
    pub ticket: Option<u64>,
    /// What it moved. Of `Unbonded` and `UnbondCancelled`, whose events carry shares, what these were worth then, rounded down.
    /// Null where nothing moves; of `Rescued`, whose unit is another token's, it stands in `detail`.
    pub amount_juels: Option<Amount>,
    pub fee_juels: Option<Amount>,
    pub shares: Option<Amount>,
    /// The fields of the contract's state that the event carried, as they are after it: amounts and shares as decimal
    /// strings, other numbers as integers.
    #[schema(value_type = std::collections::HashMap<String, serde_json::Value>, example = json!({"assets": "60000000000000000000000", "total_shares": "60000000000000000000000"}))]
    pub after: Value,
    /// What else the event says: old values, evidence.
    #[schema(value_type = Option<Object>, example = json!(null))]
    pub detail: Option<Value>,
    /// Whether it can no longer be reorganised away.
    pub finalized: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum TransactionState {
    /// No event of it is indexed: it may be pending, reverted, or not about this pool.
    Unknown,
    Indexed,
    /// Indexed, and no reorganisation can remove it.
    Finalized,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Transaction)]
pub(crate) struct TransactionView {
    pub hash: Hash,
    pub state: TransactionState,
    #[schema(example = 12)]
    pub block_number: Option<u64>,
    /// What it did in this pool, in order.
    pub events: Vec<EventView>,
}

impl EventView {
    pub fn new(record: EventRecord, as_of: &AsOf) -> Self {
        Self {
            id: event_id(EventPosition { block_number: record.block_number, log_index: record.log_index }, &record.block_hash),
            block_number: record.block_number,
            block_hash: Hash(record.block_hash),
            block_timestamp: Time(record.block_time),
            transaction_hash: Hash(record.transaction_hash),
            log_index: record.log_index,
            kind: record.kind,
            node: record.node.map(AddressText),
            staker: record.staker.map(AddressText),
            account: record.account.map(AddressText),
            ticket: record.ticket,
            amount_juels: record.amount.map(Amount),
            fee_juels: record.fee.map(Amount),
            shares: record.shares.map(Amount),
            after: Value::Object(
                record.after.into_iter().map(|(name, value)| (name.to_owned(), after(value))).collect::<Map<_, _>>(),
            ),
            detail: record.detail,
            finalized: as_of.is_final(record.block_number),
        }
    }
}

impl TransactionView {
    pub fn new(hash: B256, records: Vec<EventRecord>, as_of: &AsOf) -> Self {
        let block_number = records.first().map(|record| record.block_number);
        let state = match block_number {
            None => TransactionState::Unknown,
            Some(block) if as_of.is_final(block) => TransactionState::Finalized,
            Some(_) => TransactionState::Indexed,
        };
        let events = records.into_iter().map(|record| EventView::new(record, as_of)).collect();
        Self { hash: Hash(hash), state, block_number, events }
    }
}

fn after(value: After) -> Value {
    match value {
        After::Amount(amount) => json!(amount.to_string()),
        After::Integer(number) => json!(number),
        After::Flag(flag) => json!(flag),
        After::Address(address) => json!(checksum(&address)),
    }
}

/// `<block>-<log index>-<first 8 digits of the block hash>`.
pub(crate) fn event_id(position: EventPosition, block_hash: &B256) -> String {
    format!("{}-{}-{}", position.block_number, position.log_index, hex::encode(&block_hash[..4]))
}

/// The parts of an event id.
pub(crate) fn parse_event_id(text: &str) -> Option<(EventPosition, [u8; 4])> {
    let mut parts = text.split('-');
    let (block, log, hash, end) = (parts.next()?, parts.next()?, parts.next()?, parts.next());
    let mut prefix = [0; 4];
    hex::decode_to_slice(hash, &mut prefix).ok()?;
    let (block_number, log_index) = (block.parse::<i64>().ok()?, log.parse::<i64>().ok()?);
    let last = EventPosition::end_of(u64::try_from(block_number).ok()?);
    let position = EventPosition { log_index: u32::try_from(log_index).ok()?.min(last.log_index), ..last };
    end.is_none().then_some((position, prefix))
}

impl Table for EventView {
    const NAME: &'static str = "events";
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "block_number",
        "block_hash",
        "block_timestamp",
        "transaction_hash",
        "log_index",
        "type",
        "node",
        "staker",
        "account",
        "ticket",
        "amount_juels",
        "amount_link",
        "fee_juels",
        "fee_link",
        "shares",
        "finalized",
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_id_reads_back() {
        let position = EventPosition { block_number: 12, log_index: 3 };
        let id = event_id(position, &B256::repeat_byte(0xab));
        assert_eq!(id, "12-3-abababab");
        assert_eq!(parse_event_id(&id), Some((position, [0xab; 4])));
        for text in [
            "",
            "12",
            "12-3",
            "12-3-abab",
            "12-3-abababab-1",
            "-1-3-abababab",
            "12--3-abababab",
            "99999999999999999999-1-abababab",
        ] {
            assert_eq!(parse_event_id(text), None, "{text}");
        }
    }
}
