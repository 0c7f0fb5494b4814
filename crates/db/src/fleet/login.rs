//! The logins of the nodes that fleets run. Sealed: the key is in no database.

use crate::{Database, Result};

impl Database {
    /// The sealed login of a node, if one was made.
    pub async fn sealed_login(&self, node_id: &str) -> Result<Option<Vec<u8>>> {
        let sealed = sqlx::query_scalar("select sealed from fleet_login where fleet_node_id = $1").bind(node_id);
        Ok(sealed.fetch_optional(&self.pool).await?)
    }

    /// One of them with its node, if there is any: to try a key on.
    pub async fn any_sealed_login(&self) -> Result<Option<(String, Vec<u8>)>> {
        let any = sqlx::query_as("select fleet_node_id, sealed from fleet_login order by made_at limit 1");
        Ok(any.fetch_optional(&self.pool).await?)
    }

    /// Keeps the login of a node and returns the one that counts: the first, whoever made it.
    pub async fn keep_login(&self, node_id: &str, sealed: &[u8]) -> Result<Vec<u8>> {
        // The update changes nothing; it locks the row that was there first, so that it can be returned.
        let kept = sqlx::query_scalar(
            "insert into fleet_login (fleet_node_id, sealed) values ($1, $2)
             on conflict (fleet_node_id) do update set sealed = fleet_login.sealed returning sealed",
        );
        Ok(kept.bind(node_id).bind(sealed).fetch_one(self.pool.writing()).await?)
    }
}
