//! Reading nodes.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use linkpool_primitives::{Address, NodeStatus};
use sqlx::{Row, postgres::PgRow};
use uuid::Uuid;

use crate::{
    Database, Reader, Result,
    convert::unsigned,
    convert::{address, node_status},
    fleet::{PairHealth, Phase, ProofMode, Source},
    pool::Pool,
};

pub(crate) const COLUMNS: &str = "fleet_node_id, operation_id, created_at, generation, replica_count, phase, phase_since, is_final, health, \
     wallet::bytea, proof, proof_deadline, registered_block, attempts, retry_at, last_error, source, listed_name, proof_mode";

/// One row of `fleet_node`.
#[derive(Debug, Clone, PartialEq)]
pub struct FleetNode {
    /// 12 hexadecimal digits.
    pub id: String,
    pub operation_id: Uuid,
    pub created_at: DateTime<Utc>,
    pub generation: u32,
    pub replica_count: u16,
    pub phase: Phase,
    pub phase_since: DateTime<Utc>,
    /// Whether the registration is in a finalized block.
    pub is_final: bool,
    pub health: PairHealth,
    pub wallet: Option<Address>,
    /// The wallet's signature, 65 bytes, and the Unix second after which it is void.
    pub proof: Option<(Vec<u8>, u64)>,
    pub registered_block: Option<u64>,
    /// Failures in a row of the present step.
    pub attempts: u32,
    pub retry_at: Option<DateTime<Utc>>,
    pub last_error: Option<String>,
    pub source: Source,
    /// The name in the settings or the directory that list it.
    pub listed_name: Option<String>,
    pub proof_mode: ProofMode,
}

impl FleetNode {
    pub(crate) fn read(row: &PgRow) -> Result<Self> {
        let proof: Option<Vec<u8>> = row.get("proof");
        let deadline: Option<i64> = row.get("proof_deadline");
        Ok(Self {
            id: row.get("fleet_node_id"),
            operation_id: row.get("operation_id"),
            created_at: row.get("created_at"),
            generation: row.get::<i32, _>("generation").unsigned_abs(),
            replica_count: row.get::<i16, _>("replica_count").unsigned_abs(),
            phase: row.get::<&str, _>("phase").parse()?,
            phase_since: row.get("phase_since"),
            is_final: row.get("is_final"),
            health: row.get::<&str, _>("health").parse()?,
            wallet: row.get::<Option<&[u8]>, _>("wallet").map(address).transpose()?,
            proof: proof.zip(deadline.map(unsigned).transpose()?),
            registered_block: row.get::<Option<i64>, _>("registered_block").map(unsigned).transpose()?,
            attempts: row.get::<i32, _>("attempts").unsigned_abs(),
            retry_at: row.get("retry_at"),
            last_error: row.get("last_error"),
            source: row.get::<&str, _>("source").parse()?,
            listed_name: row.get("listed_name"),
            proof_mode: row.get::<&str, _>("proof_mode").parse()?,
        })
    }
}

impl Database {
    /// Every node, oldest first.
    pub async fn fleet_nodes(&self) -> Result<Vec<FleetNode>> {
        fleet_nodes(&self.pool).await
    }

    /// The nodes in any of `phases` whose next step is not held back, oldest first.
    pub async fn fleet_nodes_due(&self, phases: &[Phase]) -> Result<Vec<FleetNode>> {
        let due = "phase = any($1) and (retry_at is null or retry_at <= now()) order by created_at, fleet_node_id";
        fleet_nodes_where(&self.pool, due, phases).await
    }

    /// The nodes whose registration is under way, or is not final yet.
    pub async fn fleet_nodes_unsettled(&self) -> Result<Vec<FleetNode>> {
        fleet_nodes_where(
            &self.pool,
            "phase = 'registering' or (phase = 'open' and not is_final) order by created_at, fleet_node_id",
            &[],
        )
        .await
    }

    /// How many nodes are being registered, and how many are open and not final.
    pub async fn fleet_nodes_under_way(&self) -> Result<(u64, u64)> {
        let counted = sqlx::query_as(
            "select count(*) filter (where phase = 'registering'), count(*) filter (where phase = 'open' and not is_final) from fleet_node",
        );
        let (registering, open): (i64, i64) = counted.fetch_one(&self.pool).await?;
        Ok((unsigned(registering)?, unsigned(open)?))
    }

    /// Every node that the settings or the directory list or once listed, oldest first.
    pub async fn listed_nodes(&self) -> Result<Vec<FleetNode>> {
        self.nodes_from(&[Source::Settings, Source::Directory]).await
    }

    /// Every node from these sources, oldest first.
    pub async fn nodes_from(&self, sources: &[Source]) -> Result<Vec<FleetNode>> {
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
            "select {COLUMNS} from fleet_node where source = any($1) order by created_at, fleet_node_id"
        )))
        .bind(sources.iter().map(|source| source.as_str()).collect::<Vec<_>>())
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(FleetNode::read).collect()
    }

    pub async fn fleet_node(&self, node_id: &str) -> Result<Option<FleetNode>> {
        let row = sqlx::query(sqlx::AssertSqlSafe(format!("select {COLUMNS} from fleet_node where fleet_node_id = $1")))
            .bind(node_id)
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(FleetNode::read).transpose()
    }

    /// What the contract says about each of our wallets, as far as it is indexed.
    pub async fn contract_statuses(&self) -> Result<HashMap<Address, NodeStatus>> {
        let rows = sqlx::query("select node.node::bytea, status from node join fleet_node on wallet = node.node")
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(|row| Ok((address(row.get(0))?, node_status(row.get(1))?))).collect()
    }
}

impl Reader {
    /// Every node of the fleet, oldest first.
    pub async fn fleet_nodes(&self) -> Result<Vec<FleetNode>> {
        fleet_nodes(&self.pool).await
    }
}

/// Every node, oldest first.
async fn fleet_nodes(pool: &Pool) -> Result<Vec<FleetNode>> {
    fleet_nodes_where(pool, "true order by created_at, fleet_node_id", &[]).await
}

/// `condition` is a constant of this module; it may use `$1`, the phases.
async fn fleet_nodes_where(pool: &Pool, condition: &'static str, phases: &[Phase]) -> Result<Vec<FleetNode>> {
    let mut query = sqlx::query(sqlx::AssertSqlSafe(format!("select {COLUMNS} from fleet_node where {condition}")));
    if !phases.is_empty() {
        query = query.bind(phases.iter().map(|phase| phase.as_str()).collect::<Vec<_>>());
    }
    query.fetch_all(pool).await?.iter().map(FleetNode::read).collect()
}
