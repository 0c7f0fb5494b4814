//! What is read of a block. Chains differ in the fields that their headers have, and proxies leave some out: whatever is not needed
//! here is neither asked for nor looked at. The hash is the endpoint's word; it is never computed, so a header may lack what it
//! covers. Links, the logs' own hashes and other endpoints are what it is checked against.

use alloy::primitives::{Bloom, U64, U256};
use linkpool_primitives::B256;
use serde::Deserialize;

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WireHeader {
    pub hash: B256,
    pub parent_hash: B256,
    pub number: U64,
    pub timestamp: U64,
    /// Not every chain has one.
    #[serde(default)]
    pub logs_bloom: Option<Bloom>,
    #[serde(default)]
    pub receipts_root: Option<B256>,
    /// Absent before EIP-1559.
    #[serde(default)]
    pub base_fee_per_gas: Option<U256>,
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// A header of mainnet's shape, its transactions left out.
    fn whole() -> Value {
        json!({
            "hash": B256::repeat_byte(1), "parentHash": B256::repeat_byte(2), "number": "0x7", "timestamp": "0x65a0bc00",
            "logsBloom": Bloom::repeat_byte(3), "baseFeePerGas": "0x7", "miner": format!("0x{:040x}", 1), "mixHash": B256::ZERO,
            "nonce": "0x0000000000000000", "difficulty": "0x0", "stateRoot": B256::ZERO, "receiptsRoot": B256::ZERO,
            "transactionsRoot": B256::ZERO, "sha3Uncles": B256::ZERO, "extraData": "0x", "gasLimit": "0x1c9c380", "gasUsed": "0x0",
            "size": "0x220", "uncles": [], "transactions": [],
        })
    }

    fn read(header: &Value) -> Result<WireHeader, serde_json::Error> {
        serde_json::from_str(&header.to_string())
    }

    #[test]
    fn a_header_without_any_field_that_is_not_needed_is_a_header() {
        let needed = ["hash", "parentHash", "number", "timestamp"];
        let whole = whole();
        let names: Vec<&String> = whole.as_object().unwrap().keys().collect();
        for name in names {
            let mut header = whole.clone();
            header.as_object_mut().unwrap().remove(name);
            assert_eq!(read(&header).is_ok(), !needed.contains(&name.as_str()), "without {name}");
            header[name] = Value::Null;
            assert_eq!(read(&header).is_ok(), !needed.contains(&name.as_str()), "{name} is null");
        }
    }

    #[test]
    fn what_other_chains_write_into_their_headers_is_no_obstacle() {
        for (name, value) in [
            ("nonce", json!("0x0")),
            ("difficulty", json!("0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")),
            ("miner", json!("not an address")),
            ("extraData", json!("0x1")),
            ("number", json!("0x07")),
            ("slotNumber", json!("0x9")),
            ("blockAccessListHash", json!(B256::ZERO)),
            ("l1BlockNumber", json!(5)),
        ] {
            let mut header = whole();
            header[name] = value;
            assert_eq!(read(&header).unwrap().number.to::<u64>(), 7, "{name}");
        }
    }
}
