//! The first nodes of a development stack.

use anyhow::Result;
use linkpool_chain::Chain;
use linkpool_contracts::pool;
use linkpool_testkit::stage::{Contracts, People, register_node};

/// How many nodes a new stack starts with.
const NODES: u64 = 2;

/// Registers new wallets until the pool has its first nodes.
pub async fn ensure(chain: &Chain, contracts: &Contracts, people: &People) -> Result<()> {
    let count: u64 = chain.call(contracts.pool, &pool::nodeCountCall {}).await?.to();
    for _ in count..NODES {
        register_node(chain, contracts, people).await?;
    }
    Ok(())
}
