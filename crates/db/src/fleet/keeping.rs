//! Keeping the nodes' databases: which are due, and whether a node waits for it.

use std::time::Duration;

use serde_json::json;

use crate::{
    Database, Result,
    fleet::record,
    statement::{all, args, maybe, run},
};

impl Database {
    /// Whether no wallet is funded before its node's database is kept. The fleet that leads says so.
    pub async fn set_keeping(&self, must_keep: bool) -> Result<()> {
        let update = "update keeping set must_keep = $1 where must_keep <> $1";
        run(self.pool.writing(), update, args![must_keep]).await?;
        Ok(())
    }

    /// The fleet's nodes with a wallet whose database was not kept within `interval`, the longest ago first, without those of `tried`.
    pub async fn nodes_to_keep(&self, interval: Duration, tried: &[&str]) -> Result<Vec<String>> {
        let select = "select fleet_node_id from fleet_node f
              where source = 'fleet' and ending is distinct from 'stopped' and phase in ('wallet_known', 'proven', 'registering', 'open')
                and (kept_at is null or kept_at < now() - make_interval(secs => $1)) and fleet_node_id <> all($2)
              order by kept_at nulls first, fleet_node_id limit 100";
        all(&self.pool, select, args![interval, tried.to_vec()]).await
    }

    /// A node's database is kept in this place.
    pub async fn node_kept(&self, node_id: &str, path: &str) -> Result<()> {
        let mut transaction = self.pool.begin().await?;
        // What the node waits for is there: the registrar looks at once.
        let update = "update fleet_node set kept_at = clock_timestamp(), keep_error = null, retry_at = case when kept_at is null then null else retry_at end where fleet_node_id = $1";
        run(&mut *transaction, update, args![node_id]).await?;
        record(&mut transaction, node_id, "kept", &json!({ "path": path })).await?;
        Ok(transaction.commit().await?)
    }

    /// A node's database could not be kept. A sentence that is new is also an event.
    pub async fn node_not_kept(&self, node_id: &str, why: &str) -> Result<()> {
        let mut transaction = self.pool.begin().await?;
        let update = "update fleet_node set keep_error = $2 where fleet_node_id = $1 and keep_error is distinct from $2";
        if run(&mut *transaction, update, args![node_id, why]).await? == 1 {
            record(&mut transaction, node_id, "not_kept", &json!({ "error": why })).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Whether a node's wallet gets nothing yet, because its database is not kept; with what keeps the fleet from that, where it is known.
    pub async fn waits_to_be_kept(&self, node_id: &str) -> Result<Option<Option<String>>> {
        let select = "select coalesce(keep_error, '') from fleet_node, keeping
              where fleet_node_id = $1 and source = 'fleet' and must_keep and kept_at is null";
        let found: Option<String> = maybe(&self.pool, select, args![node_id]).await?;
        Ok(found.map(|why| Some(why).filter(|why| !why.is_empty())))
    }
}
