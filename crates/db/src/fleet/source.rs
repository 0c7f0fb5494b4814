//! Where a node comes from, and the nodes that somebody else runs.

use std::{fmt, str::FromStr};

use serde_json::json;
use sqlx::Row;

use crate::{
    Database, Error, Result,
    fleet::{FleetNode, node, record},
};

/// Who says that there is such a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// An operator's call: this fleet runs it.
    Fleet,
    /// The registrar's settings: somebody else runs it.
    Settings,
    /// A file of the registrar's directory: somebody else runs it.
    Directory,
    /// The contract: an operator adopted a node that was registered without this database.
    Chain,
}

const SOURCES: [Source; 4] = [Source::Fleet, Source::Settings, Source::Directory, Source::Chain];

impl Source {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fleet => "fleet",
            Self::Settings => "settings",
            Self::Directory => "directory",
            Self::Chain => "chain",
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl FromStr for Source {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        let known = SOURCES.into_iter().find(|source| source.as_str() == text);
        known.ok_or_else(|| Error::Corrupt(format!("node source `{text}`")))
    }
}

/// How a wallet shows that the node has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProofMode {
    /// It signs its consent (EIP-712). The contract checks it.
    Signature,
    /// It pays a random amount that the registrar asked for. The registrar checks it; the contract sees no proof.
    Transfer,
    /// The node's API says so. Nobody checks it.
    Api,
}

const PROOF_MODES: [ProofMode; 3] = [ProofMode::Signature, ProofMode::Transfer, ProofMode::Api];

impl ProofMode {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Signature => "signature",
            Self::Transfer => "transfer",
            Self::Api => "api",
        }
    }
}

impl fmt::Display for ProofMode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl FromStr for ProofMode {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        let known = PROOF_MODES.into_iter().find(|mode| mode.as_str() == text);
        known.ok_or_else(|| Error::Corrupt(format!("proof mode `{text}`")))
    }
}

/// A node as the settings or a file of the directory name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedName {
    pub source: Source,
    /// 1 to 100 characters, one node each.
    pub name: String,
    pub proof_mode: ProofMode,
}

impl Database {
    /// The row of a listed node, made where it is new. A name that moves from the settings to the directory stays one node.
    pub async fn listed_node(&self, listed: &ListedName) -> Result<String> {
        let mut transaction = self.pool.begin().await?;
        let operation = format!("listed/{}", listed.source);
        sqlx::query(
            "insert into operation (idempotency_key, actor, kind, request) values ($1, 'registrar', 'list', '{}')
             on conflict (idempotency_key) do nothing",
        )
        .bind(&operation)
        .execute(&mut *transaction)
        .await?;
        let made: Option<String> = sqlx::query_scalar(
            "insert into fleet_node (operation_id, source, listed_name, proof_mode, replica_count)
             select operation_id, $2, $3, $4, 1 from operation where idempotency_key = $1
             on conflict (listed_name) do nothing returning fleet_node_id",
        )
        .bind(&operation)
        .bind(listed.source.as_str())
        .bind(&listed.name)
        .bind(listed.proof_mode.as_str())
        .fetch_optional(&mut *transaction)
        .await?;
        let node_id = match made {
            Some(node_id) => {
                let detail = json!({ "source": listed.source.as_str(), "name": listed.name });
                record(&mut transaction, &node_id, "requested", &detail).await?;
                node_id
            }
            None => {
                let row = sqlx::query(
                    "update fleet_node set source = $2, proof_mode = $3 where listed_name = $1 returning fleet_node_id",
                )
                .bind(&listed.name)
                .bind(listed.source.as_str())
                .bind(listed.proof_mode.as_str())
                .fetch_one(&mut *transaction)
                .await?;
                row.get(0)
            }
        };
        transaction.commit().await?;
        Ok(node_id)
    }

    /// Every node that the settings or the directory list or once listed, oldest first.
    pub async fn listed_nodes(&self) -> Result<Vec<FleetNode>> {
        self.nodes_from(&[Source::Settings, Source::Directory]).await
    }

    /// Every node from these sources, oldest first.
    pub async fn nodes_from(&self, sources: &[Source]) -> Result<Vec<FleetNode>> {
        let columns = node::COLUMNS;
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
            "select {columns} from fleet_node where source = any($1) order by created_at, fleet_node_id"
        )))
        .bind(sources.iter().map(|source| source.as_str()).collect::<Vec<_>>())
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(FleetNode::read).collect()
    }
}
