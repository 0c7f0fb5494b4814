//! A node whose database is another one by now, as it was once: what is written down of it holds no more.

use serde_json::Value;

use crate::{
    Database, Result,
    fleet::record,
    statement::{args, maybe, run},
};

/// A node whose database was restored. It is stopped.
#[derive(Debug, Clone, Copy)]
pub struct RestoredNode<'a> {
    pub node_id: &'a str,
    /// The version that its database was last run by.
    pub version: Option<&'a str>,
    /// What it runs from now on, where that is not what it ran; `Some(None)` for what the settings say.
    pub release: Option<Option<u32>>,
    /// For its history.
    pub detail: &'a Value,
}

impl Database {
    /// Forgets what the node was given, so that it is given again: what it has is what it had when it was kept. Every bridge and job that any
    /// version of the set ever had is looked for there, and what the newest one has no more is taken away.
    pub async fn node_restored(&self, restored: &RestoredNode<'_>) -> Result<()> {
        let mut transaction = self.pool.begin().await?;
        // Not as under way: the node was stopped, and nothing is.
        let insert = "insert into job_item (fleet_node_id, kind, name, state, digest, changed_at)
             select $1, kind, name, 'updating', decode(repeat('00', 32), 'hex'), now() - interval '1 day'
               from (select 'bridge' as kind, jsonb_object_keys(content -> 'bridges') as name from job_set_content
                     union select 'job', jsonb_object_keys(content -> 'jobs') from job_set_content) as known
             on conflict (fleet_node_id, kind, name) do update
                set state = excluded.state, digest = excluded.digest, changed_at = excluded.changed_at";
        run(&mut *transaction, insert, args![restored.node_id]).await?;
        run(&mut *transaction, "update node_feed set is_complete = false where fleet_node_id = $1", args![restored.node_id])
            .await?;
        if let Some(release) = restored.release {
            // Under a number of its own, like every generation that runs something else.
            let update = "update fleet_node set last_generation = last_generation + 1, generation = last_generation + 1, release_number = $2
                  where fleet_node_id = $1";
            run(&mut *transaction, update, args![restored.node_id, release]).await?;
            run(&mut *transaction, "delete from fleet_port where fleet_node_id = $1", args![restored.node_id]).await?;
        }
        let update = "update fleet_node set version = coalesce($2, version) where fleet_node_id = $1";
        run(&mut *transaction, update, args![restored.node_id, restored.version]).await?;
        record(&mut transaction, restored.node_id, "restored", restored.detail).await?;
        Ok(transaction.commit().await?)
    }

    /// What a node ran before the roll-out that it last passed the switch of; `Some(None)` for what the settings say, `None` where there was none.
    pub async fn release_before(&self, node_id: &str) -> Result<Option<Option<u32>>> {
        // Releases are counted from 1.
        let select = "select coalesce(from_release, 0) from rollout_node join fleet_node f using (fleet_node_id)
              where fleet_node_id = $1 and to_generation = f.generation and not is_back order by rollout_id desc limit 1";
        let found: Option<u32> = maybe(&self.pool, select, args![node_id]).await?;
        Ok(found.map(|number| Some(number).filter(|number| *number > 0)))
    }
}
