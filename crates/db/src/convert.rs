//! Stored values as the program's own types.

use linkpool_primitives::{Address, B256, NodeStatus};

use crate::{Error, Result};

pub(crate) fn unsigned(value: i64) -> Result<u64> {
    u64::try_from(value).map_err(|_| Error::Corrupt(format!("{value} where nothing is negative")))
}

pub(crate) fn hash(bytes: &[u8]) -> Result<B256> {
    B256::try_from(bytes).map_err(|_| Error::Corrupt(format!("a hash of {} bytes", bytes.len())))
}

pub(crate) fn address(bytes: &[u8]) -> Result<Address> {
    Address::try_from(bytes).map_err(|_| Error::Corrupt(format!("an address of {} bytes", bytes.len())))
}

pub(crate) fn node_status(code: i16) -> Result<NodeStatus> {
    let known = u8::try_from(code).ok().and_then(|code| NodeStatus::try_from(code).ok());
    known.ok_or_else(|| Error::Corrupt(format!("{code} as the status of a node")))
}
