//! The secrets of the nodes that fleets run. Sealed: the key is in no database.

use linkpool_primitives::words;

use crate::{
    Database, Result,
    column::stored_enums,
    statement::{args, maybe, one, run},
};

stored_enums!(SecretKind);

words! {
    /// What a secret is for. A node has at most one of each.
    pub enum SecretKind {
        /// E-mail and password of the node's first user, who may do everything.
        AdminLogin = "admin_login",
        /// Without it the node's wallet is lost.
        KeystorePassword = "keystore_password",
        /// Of the node's role in the nodes' Postgres.
        DatabasePassword = "database_password",
        /// E-mail and password of the user by whom the fleet gives the node its work.
        FleetLogin = "fleet_login",
        /// The key and secret of that user's API token.
        FleetToken = "fleet_token",
        /// E-mail and password of the registrar's user; nobody logs in with it but to make its token.
        RegistrarLogin = "registrar_login",
        /// The key and secret of the registrar's API token.
        RegistrarToken = "registrar_token",
    }
}

impl Database {
    /// The sealed secret of a node, if one is kept.
    pub async fn sealed_secret(&self, node_id: &str, kind: SecretKind) -> Result<Option<Vec<u8>>> {
        let select = "select sealed from fleet_secret where fleet_node_id = $1 and kind = $2";
        maybe(&self.pool, select, args![node_id, kind]).await
    }

    /// One of them with its node, if there is any: to try a key on.
    pub async fn any_sealed_secret(&self) -> Result<Option<(String, SecretKind, Vec<u8>)>> {
        let select = "select fleet_node_id, kind, sealed from fleet_secret order by made_at limit 1";
        maybe(&self.pool, select, args![]).await
    }

    /// The secret by which the registrar is let in: the only one that its database user may read.
    pub async fn registrar_secret(&self, node_id: &str) -> Result<Option<Vec<u8>>> {
        maybe(&self.pool, "select sealed from registrar_secret where fleet_node_id = $1", args![node_id]).await
    }

    /// Keeps a secret of a node and returns the one that counts: the first, whoever made it.
    pub async fn keep_secret(&self, node_id: &str, kind: SecretKind, sealed: &[u8]) -> Result<Vec<u8>> {
        // The update changes nothing; it locks the row that was there first, so that it can be returned.
        let insert = "insert into fleet_secret (fleet_node_id, kind, sealed) values ($1, $2, $3)
             on conflict (fleet_node_id, kind) do update set sealed = fleet_secret.sealed returning sealed";
        one(self.pool.writing(), insert, args![node_id, kind, sealed]).await
    }

    /// Puts a secret in the place of `old`, which the node takes no longer. False if somebody else has done so meanwhile.
    pub async fn replace_secret(&self, node_id: &str, kind: SecretKind, old: &[u8], new: &[u8]) -> Result<bool> {
        let update =
            "update fleet_secret set sealed = $4, made_at = now() where fleet_node_id = $1 and kind = $2 and sealed = $3";
        Ok(run(self.pool.writing(), update, args![node_id, kind, old, new]).await? == 1)
    }
}
