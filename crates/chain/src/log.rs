//! A log as it comes from the wire: the fields that are needed, read straight from the text. Nodes put others beside them, which
//! are not looked at; the time of the block that many give is one of those, because nobody checks it.

use alloy::primitives::{Bytes, U64};
use linkpool_primitives::{Address, B256};
use serde::Deserialize;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Log {
    pub address: Address,
    pub topics: Vec<B256>,
    pub data: Bytes,
    /// These four are null in a log of a pending block.
    block_number: Option<U64>,
    block_hash: Option<B256>,
    transaction_hash: Option<B256>,
    log_index: Option<U64>,
    #[serde(default)]
    pub(crate) removed: bool,
}

/// Where a log stands in the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogPosition {
    pub number: u64,
    pub hash: B256,
    pub index: u64,
}

impl Log {
    /// `None` for a log of a pending block.
    pub fn position(&self) -> Option<LogPosition> {
        Some(LogPosition { number: self.block_number?.to(), hash: self.block_hash?, index: self.log_index?.to() })
    }

    pub fn transaction_hash(&self) -> B256 {
        self.transaction_hash.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// As geth gives it, with a field that others have.
    fn whole() -> Value {
        json!({
            "address": Address::repeat_byte(1), "topics": [B256::repeat_byte(2), B256::repeat_byte(3)], "data": "0x0102",
            "blockNumber": "0x7", "blockHash": B256::repeat_byte(4), "transactionHash": B256::repeat_byte(5),
            "transactionIndex": "0x1", "logIndex": "0x9", "removed": false, "blockTimestamp": "not a time",
        })
    }

    fn read(log: &Value) -> Result<Log, serde_json::Error> {
        serde_json::from_str(&log.to_string())
    }

    #[test]
    fn what_is_not_needed_is_not_looked_at() {
        let needed = ["address", "topics", "data"];
        let places = ["blockNumber", "blockHash", "logIndex"];
        for name in whole().as_object().unwrap().keys() {
            let mut log = whole();
            log.as_object_mut().unwrap().remove(name);
            let read = read(&log);
            assert_eq!(read.is_ok(), !needed.contains(&name.as_str()), "without {name}");
            assert_eq!(read.is_ok_and(|log| log.position().is_none()), places.contains(&name.as_str()), "without {name}");
        }
    }

    #[test]
    fn a_log_is_read_as_it_is_written() {
        let log = read(&whole()).unwrap();
        let position = LogPosition { number: 7, hash: B256::repeat_byte(4), index: 9 };
        assert_eq!((log.position(), log.transaction_hash()), (Some(position), B256::repeat_byte(5)));
        assert_eq!((log.topics.len(), log.data.as_ref()), (2, [1, 2].as_slice()));
        let pending = json!({ "address": log.address, "topics": [], "data": "0x", "blockNumber": null, "blockHash": null,
            "transactionHash": null, "logIndex": null, "removed": true });
        assert!(read(&pending).is_ok_and(|log| log.removed && log.position().is_none()));
        assert!(read(&json!({ "address": "0x12", "topics": [], "data": "0x" })).is_err());
    }
}
