//! Reading nodes.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use linkpool_primitives::{Address, NodeStatus};
use sqlx::{AssertSqlSafe, postgres::PgRow};
use uuid::Uuid;

use crate::{
    Database, Reader, Result,
    column::{Record, Take},
    fleet::{Ending, PairHealth, Phase, ProofMode, Source},
    pool::Pool,
    statement::{all, args, maybe, one},
};

pub(crate) const COLUMNS: &str = "fleet_node_id, operation_id, created_at, generation, replica_count, phase, phase_since, is_final, health, \
     wallet::bytea, proof, proof_deadline, registered_block, attempts, retry_at, last_error, waiting_for, source, listed_name, proof_mode, \
     operator::bytea, release_number, version, public_name, ending";

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
    /// What the present step waits for, where that is no failure.
    pub waiting_for: Option<String>,
    pub source: Source,
    /// The name in the settings or the directory that list it.
    pub listed_name: Option<String>,
    pub proof_mode: ProofMode,
    /// The Operator contract whose requests it answers, once an operator has named it.
    pub operator: Option<Address>,
    /// What its generation is started with; `None` for what the settings say.
    pub release_number: Option<u32>,
    /// The version that it was last seen to run.
    pub version: Option<String>,
    /// What the public calls it.
    pub public_name: Option<String>,
    /// How far it is on its way out.
    pub ending: Option<Ending>,
}

impl Record for FleetNode {
    fn read(row: &PgRow) -> Result<Self> {
        let (proof, deadline): (Option<Vec<u8>>, Option<u64>) = (row.take("proof")?, row.take("proof_deadline")?);
        Ok(Self {
            id: row.take("fleet_node_id")?,
            operation_id: row.take("operation_id")?,
            created_at: row.take("created_at")?,
            generation: row.take("generation")?,
            replica_count: row.take("replica_count")?,
            phase: row.take("phase")?,
            phase_since: row.take("phase_since")?,
            is_final: row.take("is_final")?,
            health: row.take("health")?,
            wallet: row.take("wallet")?,
            proof: proof.zip(deadline),
            registered_block: row.take("registered_block")?,
            attempts: row.take("attempts")?,
            retry_at: row.take("retry_at")?,
            last_error: row.take("last_error")?,
            waiting_for: row.take("waiting_for")?,
            source: row.take("source")?,
            listed_name: row.take("listed_name")?,
            proof_mode: row.take("proof_mode")?,
            operator: row.take("operator")?,
            release_number: row.take("release_number")?,
            version: row.take("version")?,
            public_name: row.take("public_name")?,
            ending: row.take("ending")?,
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
        let select = "select count(*) filter (where phase = 'registering'), count(*) filter (where phase = 'open' and not is_final) from fleet_node";
        one(&self.pool, select, args![]).await
    }

    /// Every node that the settings or the directory list or once listed, oldest first.
    pub async fn listed_nodes(&self) -> Result<Vec<FleetNode>> {
        self.nodes_from(&[Source::Settings, Source::Directory]).await
    }

    /// Every node from these sources, oldest first.
    pub async fn nodes_from(&self, sources: &[Source]) -> Result<Vec<FleetNode>> {
        let select = format!("select {COLUMNS} from fleet_node where source = any($1) order by created_at, fleet_node_id");
        all(&self.pool, AssertSqlSafe(select), args![sources]).await
    }

    pub async fn fleet_node(&self, node_id: &str) -> Result<Option<FleetNode>> {
        let select = format!("select {COLUMNS} from fleet_node where fleet_node_id = $1");
        maybe(&self.pool, AssertSqlSafe(select), args![node_id]).await
    }

    /// What the contract says about each of our wallets, as far as it is indexed.
    pub async fn contract_statuses(&self) -> Result<HashMap<Address, NodeStatus>> {
        let select = "select node.node::bytea, status from node join fleet_node on wallet = node.node";
        let statuses: Vec<(Address, NodeStatus)> = all(&self.pool, select, args![]).await?;
        Ok(statuses.into_iter().collect())
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
    let select = AssertSqlSafe(format!("select {COLUMNS} from fleet_node where {condition}"));
    if phases.is_empty() { all(pool, select, args![]).await } else { all(pool, select, args![phases]).await }
}
