//! The logins of the nodes that fleets run. Sealed: the key is in no database.

use crate::{
    Database, Result,
    statement::{args, maybe, one},
};

impl Database {
    /// The sealed login of a node, if one was made.
    pub async fn sealed_login(&self, node_id: &str) -> Result<Option<Vec<u8>>> {
        maybe(&self.pool, "select sealed from fleet_login where fleet_node_id = $1", args![node_id]).await
    }

    /// One of them with its node, if there is any: to try a key on.
    pub async fn any_sealed_login(&self) -> Result<Option<(String, Vec<u8>)>> {
        maybe(&self.pool, "select fleet_node_id, sealed from fleet_login order by made_at limit 1", args![]).await
    }

    /// Keeps the login of a node and returns the one that counts: the first, whoever made it.
    pub async fn keep_login(&self, node_id: &str, sealed: &[u8]) -> Result<Vec<u8>> {
        // The update changes nothing; it locks the row that was there first, so that it can be returned.
        let insert = "insert into fleet_login (fleet_node_id, sealed) values ($1, $2)
             on conflict (fleet_node_id) do update set sealed = fleet_login.sealed returning sealed";
        one(self.pool.writing(), insert, args![node_id, sealed]).await
    }
}
