//! Comparisons of the nodes here with those of the contract.

use chrono::{DateTime, Utc};
use linkpool_primitives::{Address, B256, BlockRef};
use serde::{Deserialize, Serialize};
use sqlx::Row;

use crate::{
    Database, Error, Result,
    convert::{hash, unsigned},
    fleet::FleetNode,
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

/// One row of `node_audit`.
#[derive(Debug, Clone, PartialEq)]
pub struct Audit {
    pub audited_at: DateTime<Utc>,
    pub block_number: u64,
    pub block_hash: B256,
    pub nodes_on_chain: u32,
    pub nodes_known: u32,
    pub findings: Vec<Finding>,
}

impl Database {
    /// Records a comparison as of `block`.
    pub async fn record_audit(&self, block: &BlockRef, on_chain: u32, known: u32, findings: &[Finding]) -> Result<()> {
        let findings = serde_json::to_value(findings).map_err(|error| Error::Corrupt(error.to_string()))?;
        sqlx::query(
            "insert into node_audit (block_number, block_hash, nodes_on_chain, nodes_known, findings) values ($1, $2, $3, $4, $5)",
        )
        .bind(block.number as i64)
        .bind(block.hash.as_slice())
        .bind(on_chain as i32)
        .bind(known as i32)
        .bind(findings)
        .execute(self.pool.writing())
        .await?;
        sqlx::query("delete from node_audit where node_audit_id <= (select max(node_audit_id) from node_audit) - $1")
            .bind(KEPT)
            .execute(self.pool.writing())
            .await?;
        Ok(())
    }

    /// The newest comparison.
    pub async fn last_audit(&self) -> Result<Option<Audit>> {
        let row = sqlx::query(
            "select audited_at, block_number, block_hash::bytea, nodes_on_chain, nodes_known, findings
               from node_audit order by node_audit_id desc limit 1",
        )
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let findings = serde_json::from_value(row.get(5)).map_err(|error| Error::Corrupt(format!("an audit: {error}")))?;
        Ok(Some(Audit {
            audited_at: row.get(0),
            block_number: unsigned(row.get(1))?,
            block_hash: hash(row.get(2))?,
            nodes_on_chain: row.get::<i32, _>(3).unsigned_abs(),
            nodes_known: row.get::<i32, _>(4).unsigned_abs(),
            findings,
        }))
    }

    /// Every node here that has a wallet.
    pub async fn nodes_with_wallet(&self) -> Result<Vec<FleetNode>> {
        Ok(self.fleet_nodes().await?.into_iter().filter(|node| node.wallet.is_some()).collect())
    }
}
