//! Where a node comes from, and the nodes that somebody else runs.

use linkpool_primitives::words;
use serde_json::json;

use crate::{
    Database, Result,
    column::stored_enums,
    fleet::record,
    statement::{args, maybe, one, run},
};

stored_enums!(ProofMode, Source);

words! {
    /// Who says that there is such a node.
    pub enum Source {
        /// An operator's call: this fleet runs it.
        Fleet = "fleet",
        /// The registrar's settings: somebody else runs it.
        Settings = "settings",
        /// A file of the registrar's directory: somebody else runs it.
        Directory = "directory",
        /// The contract: an operator adopted a node that was registered without this database.
        Chain = "chain",
    }
}

words! {
    /// How a wallet shows that the node has it.
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum ProofMode {
        /// It signs its consent (EIP-712). The contract checks it.
        Signature = "signature",
        /// It pays a random amount that the registrar asked for. The registrar checks it; the contract sees no proof.
        Transfer = "transfer",
        /// The node's API says so. Nobody checks it.
        Api = "api",
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
        let insert = "insert into operation (idempotency_key, actor, kind, request) values ($1, 'registrar', 'list', '{}')
             on conflict (idempotency_key) do nothing";
        run(&mut *transaction, insert, args![operation]).await?;
        let insert = "insert into fleet_node (operation_id, source, listed_name, proof_mode, replica_count)
             select operation_id, $2, $3, $4, 1 from operation where idempotency_key = $1
             on conflict (listed_name) do nothing returning fleet_node_id";
        let made: Option<String> =
            maybe(&mut *transaction, insert, args![operation, listed.source, listed.name, listed.proof_mode]).await?;
        let node_id = match made {
            Some(node_id) => {
                let detail = json!({ "source": listed.source.as_str(), "name": listed.name });
                record(&mut transaction, &node_id, "requested", &detail).await?;
                node_id
            }
            None => {
                let update = "update fleet_node set source = $2, proof_mode = $3 where listed_name = $1 returning fleet_node_id";
                one(&mut *transaction, update, args![listed.name, listed.source, listed.proof_mode]).await?
            }
        };
        transaction.commit().await?;
        Ok(node_id)
    }
}
