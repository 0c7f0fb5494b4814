//! What all nodes shall have, and what is filled in for one.

use linkpool_db::fleet::ServingNode;
use linkpool_jobs::{JobSet, Variables};
use linkpool_primitives::{Address, checksum};

/// The set that every node is compared with.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    pub version: u32,
    pub set: JobSet,
    pub chain_id: Option<u64>,
    pub pool: Option<Address>,
}

pub(super) fn variables(node: &ServingNode, wanted: &Wanted) -> Variables {
    Variables {
        node: node.id.clone(),
        wallet: node.wallet.as_ref().map(checksum),
        operator: node.operator.as_ref().map(checksum),
        chain_id: wanted.chain_id.map(|id| id.to_string()),
        pool: wanted.pool.as_ref().map(checksum),
    }
}
