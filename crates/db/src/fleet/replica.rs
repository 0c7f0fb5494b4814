//! What the fleet last saw of each replica.

use chrono::{DateTime, Utc};
use linkpool_primitives::words;

use crate::{
    Database, Result,
    column::{row, stored_enums},
    statement::{all, args, run},
};

stored_enums!(ReplicaState);

words! {
    /// What one replica does.
    pub enum ReplicaState {
        /// Its process was started and has not shown what it does.
        Starting = "starting",
        /// Alive and not listening: it waits for the lease of the node's database.
        Waiting = "waiting",
        /// Answers as ready.
        Serving = "serving",
        /// Listens and does not answer as ready.
        Failing = "failing",
        /// Ended; the next start waits.
        BackingOff = "backing_off",
        /// Not wanted at the moment.
        Stopped = "stopped",
    }
}

row! {
    /// One row of `fleet_replica`.
    #[derive(Debug, Clone, PartialEq)]
    Replica {
        node_id = "fleet_node_id": String,
        generation: u32,
        /// Which replica it is, in the words of whoever runs it.
        replica_id: String,
        state: ReplicaState,
        /// Where its API answers; `None` while it does not listen.
        base_url: Option<String>,
        /// The file with the API login of a node that somebody else runs; those of the fleet's own nodes are sealed in the database.
        credentials_file: Option<String>,
        /// The same for an admin's login, where the node must still prove itself by a payment.
        admin_credentials_file: Option<String>,
        /// How often it was started.
        starts: u64,
        /// What is wrong with it, where that is known; also of one that serves.
        detail: Option<String>,
        seen_at: DateTime<Utc>,
        /// Where it runs, in the words of whoever runs it; `None` for a node that somebody else runs.
        location: Option<String>,
    }
}

impl Database {
    /// Writes what was seen of some replicas; those of their nodes that are not among them are forgotten.
    pub async fn set_replicas(&self, replicas: &[Replica]) -> Result<()> {
        let nodes: Vec<&str> = replicas.iter().map(|replica| replica.node_id.as_str()).collect();
        let generations: Vec<u32> = replicas.iter().map(|replica| replica.generation).collect();
        let ids: Vec<&str> = replicas.iter().map(|replica| replica.replica_id.as_str()).collect();
        let mut transaction = self.pool.begin().await?;
        let delete = "delete from fleet_replica r where r.fleet_node_id = any($1) and not exists (
                 select from unnest($1::text[], $2::text[]) as seen (fleet_node_id, replica_id)
                  where (seen.fleet_node_id, seen.replica_id) = (r.fleet_node_id, r.replica_id))";
        run(&mut *transaction, delete, args![nodes, ids]).await?;
        let insert = "insert into fleet_replica (fleet_node_id, replica_id, generation, state, base_url, credentials_file, admin_credentials_file, starts, detail, location,
                 seen_at)
             select *, now() from unnest($1::text[], $2::text[], $3::integer[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[],
                 $9::text[], $10::text[])
             on conflict (fleet_node_id, replica_id) do update set generation = excluded.generation, state = excluded.state, base_url = excluded.base_url,
                 credentials_file = excluded.credentials_file, admin_credentials_file = excluded.admin_credentials_file, starts = excluded.starts, detail = excluded.detail, location = excluded.location,
                 seen_at = excluded.seen_at";
        let states: Vec<ReplicaState> = replicas.iter().map(|replica| replica.state).collect();
        let starts: Vec<u64> = replicas.iter().map(|replica| replica.starts).collect();
        let texts =
            |text: fn(&Replica) -> &Option<String>| replicas.iter().map(|replica| text(replica).as_deref()).collect::<Vec<_>>();
        let (urls, credentials) = (texts(|replica| &replica.base_url), texts(|replica| &replica.credentials_file));
        let (details, locations) = (texts(|replica| &replica.detail), texts(|replica| &replica.location));
        let admins = texts(|replica| &replica.admin_credentials_file);
        let args = args![nodes, ids, generations, states, urls, credentials, admins, starts, details, locations];
        run(&mut *transaction, insert, args).await?;
        Ok(transaction.commit().await?)
    }

    /// Forgets what was seen of the replicas of some nodes: they have none any more.
    pub async fn forget_replicas(&self, nodes: &[&str]) -> Result<()> {
        run(self.pool.writing(), "delete from fleet_replica where fleet_node_id = any($1)", args![nodes.to_vec()]).await?;
        Ok(())
    }

    /// Every replica, by node.
    pub async fn replicas(&self) -> Result<Vec<Replica>> {
        let select =
            "select fleet_node_id, generation, replica_id, state, base_url, credentials_file, admin_credentials_file, starts, detail, seen_at, location
               from fleet_replica order by fleet_node_id, generation, replica_id";
        all(&self.pool, select, args![]).await
    }

    /// The replicas that serve a node whose wallet is known and was given to the contract, or will be.
    pub async fn replicas_to_verify(&self) -> Result<Vec<Replica>> {
        let select =
            "select r.fleet_node_id, r.generation, replica_id, state, base_url, credentials_file, admin_credentials_file, starts, detail, seen_at, location
               from fleet_replica r join fleet_node n using (fleet_node_id)
              where r.state = 'serving' and r.generation = n.generation and n.phase in ('proven', 'registering', 'open')";
        all(&self.pool, select, args![]).await
    }

    /// The replicas of one node.
    pub async fn replicas_of(&self, node_id: &str) -> Result<Vec<Replica>> {
        let select =
            "select fleet_node_id, generation, replica_id, state, base_url, credentials_file, admin_credentials_file, starts, detail, seen_at, location
               from fleet_replica where fleet_node_id = $1 order by generation, replica_id";
        all(&self.pool, select, args![node_id]).await
    }
}
