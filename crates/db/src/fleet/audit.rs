//! Comparisons of the nodes here with those of the contract.

use chrono::{DateTime, Utc};
use linkpool_primitives::{Address, B256, BlockRef};
use serde::{Deserialize, Serialize};

use crate::{
    Database, Error, Result,
    column::{Column, row},
    fleet::FleetNode,
    statement::{args, maybe, run},
};

/// Most comparisons kept.
const KEPT: i64 = 100;

/// One thing in which the two sides differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// `unknown`, `missing`, `closed`, `retired`, `quarantined`.
    pub kind: String,
    pub wallet: Address,
    /// The node here, if there is one.
    pub node_id: Option<String>,
    /// What it means and what to do.
    pub sentence: String,
}

row! {
    /// One row of `node_audit`.
    #[derive(Debug, Clone, PartialEq)]
    Audit {
        audited_at: DateTime<Utc>,
        block_number: u64,
        block_hash: B256,
        nodes_on_chain: u32,
        nodes_known: u32,
        findings: Vec<Finding>,
    }
}

impl Column for Vec<Finding> {
    type Stored = serde_json::Value;
    fn load(stored: serde_json::Value) -> Result<Self> {
        serde_json::from_value(stored).map_err(|error| Error::Corrupt(format!("an audit: {error}")))
    }
}

impl Database {
    /// Records a comparison as of `block`.
    pub async fn record_audit(&self, block: &BlockRef, on_chain: u32, known: u32, findings: &[Finding]) -> Result<()> {
        let findings = serde_json::to_value(findings).map_err(|error| Error::Corrupt(error.to_string()))?;
        let insert = "insert into node_audit (block_number, block_hash, nodes_on_chain, nodes_known, findings) values ($1, $2, $3, $4, $5)";
        run(self.pool.writing(), insert, args![block.number, block.hash, on_chain, known, findings]).await?;
        let delete = "delete from node_audit where node_audit_id <= (select max(node_audit_id) from node_audit) - $1";
        run(self.pool.writing(), delete, args![KEPT]).await?;
        Ok(())
    }

    /// The newest comparison.
    pub async fn last_audit(&self) -> Result<Option<Audit>> {
        let select = "select audited_at, block_number, block_hash::bytea, nodes_on_chain, nodes_known, findings
               from node_audit order by node_audit_id desc limit 1";
        maybe(&self.pool, select, args![]).await
    }

    /// Every node here that has a wallet.
    pub async fn nodes_with_wallet(&self) -> Result<Vec<FleetNode>> {
        Ok(self.fleet_nodes().await?.into_iter().filter(|node| node.wallet.is_some()).collect())
    }
}
