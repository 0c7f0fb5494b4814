//! Logs and blocks as the JSON that nodes give, written once when the chain is made.

use std::io::Write;

use alloy::primitives::{Address, B256, LogData, hex};
use alloy_consensus::Header;

#[derive(Debug, Clone, Copy)]
pub(crate) struct LogPosition {
    pub block_number: u64,
    pub block_time: u64,
    pub transaction_hash: B256,
    pub transaction_index: u64,
    pub log_index: u64,
}

/// What follows a log's data and is the same for the whole block, but for its hash, which is known only when all logs are:
/// the place it goes to is filled with this.
const HASH_UNKNOWN: [u8; 64] = [b'.'; 64];

/// The bytes in front of the first topic of every log: filters look for topics from here.
pub(crate) const TOPICS_AT: usize = r#"{"address":"0x0000000000000000000000000000000000000000","topics":["#.len();
/// `"0x` and 64 digits and `"`.
pub(crate) const TOPIC_LENGTH: usize = 68;

/// Appends a log and returns where in `out` its block's hash has to be written.
pub(crate) fn log(out: &mut Vec<u8>, pool: Address, data: &LogData, position: &LogPosition) -> usize {
    out.extend(br#"{"address":""#);
    hex(out, pool.as_slice());
    out.extend(br#"","topics":["#);
    for (index, topic) in data.topics().iter().enumerate() {
        out.extend(if index == 0 { b"\"".as_slice() } else { b",\"" });
        hex(out, topic.as_slice());
        out.push(b'"');
    }
    out.extend(br#"],"data":""#);
    hex(out, &data.data);
    let LogPosition { block_number, block_time, transaction_index, log_index, .. } = position;
    write(out, format_args!(r#"","blockNumber":"{block_number:#x}","transactionHash":""#));
    hex(out, position.transaction_hash.as_slice());
    write(out, format_args!(r#"","transactionIndex":"{transaction_index:#x}","blockHash":"0x"#));
    let hash_at = out.len();
    out.extend(HASH_UNKNOWN);
    write(out, format_args!(r#"","blockTimestamp":"{block_time:#x}","logIndex":"{log_index:#x}","removed":false}}"#));
    hash_at
}

/// Writes the hash of a block where [`log`] left room for it.
pub(crate) fn fill_hash(out: &mut [u8], at: usize, hash: &B256) {
    if let Some(gap) = out.get_mut(at..at + HASH_UNKNOWN.len()) {
        // The lengths agree: 32 bytes are 64 digits.
        let _ = hex::encode_to_slice(hash, gap);
    }
}

/// A header's own fields, without braces: what newHeads sends, and the first part of a block.
pub(crate) fn header(header: &Header, hash: &B256) -> Vec<u8> {
    let mut out = Vec::with_capacity(1_600);
    let named: [(&str, &[u8]); 10] = [
        ("hash", hash.as_slice()),
        ("parentHash", header.parent_hash.as_slice()),
        ("sha3Uncles", header.ommers_hash.as_slice()),
        ("miner", header.beneficiary.as_slice()),
        ("stateRoot", header.state_root.as_slice()),
        ("transactionsRoot", header.transactions_root.as_slice()),
        ("receiptsRoot", header.receipts_root.as_slice()),
        ("logsBloom", header.logs_bloom.as_slice()),
        ("extraData", &header.extra_data),
        ("mixHash", header.mix_hash.as_slice()),
    ];
    for (name, bytes) in named {
        write(&mut out, format_args!(r#""{name}":""#));
        hex(&mut out, bytes);
        out.extend(b"\",");
    }
    let numbers = [
        ("number", header.number),
        ("gasLimit", header.gas_limit),
        ("gasUsed", header.gas_used),
        ("timestamp", header.timestamp),
        ("baseFeePerGas", header.base_fee_per_gas.unwrap_or_default()),
    ];
    for (name, number) in numbers {
        write(&mut out, format_args!(r#""{name}":"{number:#x}","#));
    }
    out.extend(br#""difficulty":"0x0","nonce":"0x0000000000000000""#);
    out
}

/// A whole block with the hashes of its transactions.
pub(crate) fn block(header: &[u8], transactions: &[B256]) -> Vec<u8> {
    let mut out = Vec::with_capacity(header.len() + 69 * transactions.len() + 100);
    out.push(b'{');
    out.extend(header);
    out.extend(br#","size":"0x400","uncles":[],"transactions":["#);
    for (index, hash) in transactions.iter().enumerate() {
        out.extend(if index == 0 { b"\"".as_slice() } else { b",\"" });
        hex(&mut out, hash.as_slice());
        out.push(b'"');
    }
    out.extend(b"]}");
    out
}

/// Appends `0x` and lower-case digits.
fn hex(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend(b"0x");
    let start = out.len();
    out.resize(start + 2 * bytes.len(), 0);
    // The lengths agree.
    let _ = hex::encode_to_slice(bytes, &mut out[start..]);
}

fn write(out: &mut Vec<u8>, arguments: std::fmt::Arguments<'_>) {
    // Writing to memory can't fail.
    let _ = out.write_fmt(arguments);
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::{
        primitives::Bytes,
        rpc::types::{Block, Log},
    };

    #[test]
    fn what_is_written_reads_as_the_log_and_the_block_it_is() {
        let (pool, hash) = (Address::repeat_byte(7), B256::repeat_byte(9));
        let data = LogData::new_unchecked(vec![B256::repeat_byte(1), B256::repeat_byte(2)], Bytes::from_static(&[1, 2, 0xff]));
        let transaction_hash = B256::repeat_byte(3);
        let position = LogPosition { block_number: 5, block_time: 77, transaction_hash, transaction_index: 1, log_index: 4 };
        let mut out = Vec::new();
        let at = log(&mut out, pool, &data, &position);
        fill_hash(&mut out, at, &hash);
        assert!(out[TOPICS_AT..].starts_with(b"\"0x0101"), "{}", String::from_utf8_lossy(&out));
        let read: Log = serde_json::from_slice(&out).unwrap();
        assert_eq!((read.address(), read.inner.data), (pool, data));
        assert_eq!((read.block_number, read.block_hash, read.block_timestamp), (Some(5), Some(hash), Some(77)));
        assert_eq!((read.transaction_hash, read.transaction_index), (Some(transaction_hash), Some(1)));
        assert_eq!((read.log_index, read.removed), (Some(4), false));

        let made = Header { number: 5, timestamp: 77, base_fee_per_gas: Some(1), ..Header::default() };
        let text = block(&header(&made, &made.hash_slow()), &[transaction_hash]);
        let read: Block = serde_json::from_slice(&text).unwrap();
        assert_eq!(read.header.inner, made);
        assert_eq!(read.header.hash, made.hash_slow());
        assert_eq!(read.transactions.hashes().collect::<Vec<_>>(), [transaction_hash]);
    }
}
