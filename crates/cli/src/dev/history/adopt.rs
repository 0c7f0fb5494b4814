//! The nodes of the history in the database of the fleet, as an operator would take over nodes that somebody else runs.

use std::time::Duration;

use anyhow::{Result, ensure};
use linkpool_chain::Chain;
use linkpool_db::{Database, fleet::OperatorRequest};
use linkpool_primitives::Address;
use tokio::time::{Instant, sleep};

const INDEX_TIMEOUT: Duration = Duration::from_secs(60);
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Waits until the index has them, and makes them known: else the registrar would have to report nodes that nobody here knows.
pub async fn adopt(nodes: &[Address], chain: &Chain, database: &Database) -> Result<()> {
    if nodes.is_empty() {
        return Ok(());
    }
    let head = chain.heads().await?.head.number;
    let deadline = Instant::now() + INDEX_TIMEOUT;
    while database.cursor().await?.is_none_or(|cursor| cursor.block.number < head) {
        ensure!(Instant::now() < deadline, "block {head} is not indexed after {} s", INDEX_TIMEOUT.as_secs());
        sleep(POLL_INTERVAL).await;
    }
    for node in nodes {
        let reason = "a node of the development stack's history";
        let request = OperatorRequest { node_id: "", actor: "linkpool dev", reason, dry_run: false };
        database.adopt_node(node, None, &request).await?;
    }
    Ok(())
}
