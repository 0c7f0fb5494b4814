//! What the fleet last saw of each replica.

use chrono::{DateTime, Utc};
use linkpool_primitives::words;
use sqlx::{Row, postgres::PgRow};

use crate::{Database, Result};

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

/// One row of `fleet_replica`.
#[derive(Debug, Clone, PartialEq)]
pub struct Replica {
    pub node_id: String,
    pub generation: u32,
    pub ordinal: u16,
    pub state: ReplicaState,
    /// Where its API answers; `None` while it does not listen.
    pub base_url: Option<String>,
    /// The file with the API login of a node that somebody else runs; those of the fleet's own nodes are sealed in the database.
    pub credentials_file: Option<String>,
    /// How often it was started.
    pub starts: u64,
    /// Why it is not serving, where that is known.
    pub detail: Option<String>,
    pub seen_at: DateTime<Utc>,
    /// Where it runs, in the words of whoever runs it; `None` for a node that somebody else runs.
    pub location: Option<String>,
}

impl Replica {
    fn read(row: &PgRow) -> Result<Self> {
        Ok(Self {
            node_id: row.get(0),
            generation: row.get::<i32, _>(1).unsigned_abs(),
            ordinal: row.get::<i16, _>(2).unsigned_abs(),
            state: row.get::<&str, _>(3).parse()?,
            base_url: row.get(4),
            credentials_file: row.get(5),
            starts: row.get::<i64, _>(6).unsigned_abs(),
            detail: row.get(7),
            seen_at: row.get(8),
            location: row.get(9),
        })
    }
}

impl Database {
    /// Writes what was seen of some replicas; those of their nodes that are not among them are forgotten.
    pub async fn set_replicas(&self, replicas: &[Replica]) -> Result<()> {
        let nodes: Vec<&str> = replicas.iter().map(|replica| replica.node_id.as_str()).collect();
        let generations: Vec<i32> = replicas.iter().map(|replica| replica.generation as i32).collect();
        let ordinals: Vec<i16> = replicas.iter().map(|replica| replica.ordinal as i16).collect();
        let mut transaction = self.pool.begin().await?;
        sqlx::query(
            "delete from fleet_replica r where r.fleet_node_id = any($1) and not exists (
                 select from unnest($1::text[], $2::integer[], $3::smallint[]) as seen (fleet_node_id, generation, ordinal)
                  where (seen.fleet_node_id, seen.generation, seen.ordinal) = (r.fleet_node_id, r.generation, r.ordinal))",
        )
        .bind(&nodes)
        .bind(&generations)
        .bind(&ordinals)
        .execute(&mut *transaction)
        .await?;
        sqlx::query(
            "insert into fleet_replica (fleet_node_id, generation, ordinal, state, base_url, credentials_file, starts, detail, location, seen_at)
             select *, now() from unnest($1::text[], $2::integer[], $3::smallint[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::text[], $9::text[])
             on conflict (fleet_node_id, generation, ordinal) do update set state = excluded.state, base_url = excluded.base_url,
                 credentials_file = excluded.credentials_file, starts = excluded.starts, detail = excluded.detail, location = excluded.location,
                 seen_at = excluded.seen_at",
        )
        .bind(&nodes)
        .bind(&generations)
        .bind(&ordinals)
        .bind(replicas.iter().map(|replica| replica.state.as_str()).collect::<Vec<_>>())
        .bind(replicas.iter().map(|replica| replica.base_url.as_deref()).collect::<Vec<_>>())
        .bind(replicas.iter().map(|replica| replica.credentials_file.as_deref()).collect::<Vec<_>>())
        .bind(replicas.iter().map(|replica| replica.starts as i64).collect::<Vec<_>>())
        .bind(replicas.iter().map(|replica| replica.detail.as_deref()).collect::<Vec<_>>())
        .bind(replicas.iter().map(|replica| replica.location.as_deref()).collect::<Vec<_>>())
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Every replica, by node and ordinal.
    pub async fn replicas(&self) -> Result<Vec<Replica>> {
        let rows = sqlx::query(
            "select fleet_node_id, generation, ordinal, state, base_url, credentials_file, starts, detail, seen_at, location
               from fleet_replica order by fleet_node_id, generation, ordinal",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(Replica::read).collect()
    }

    /// The replicas that serve a node whose wallet is known and was given to the contract, or will be.
    pub async fn replicas_to_verify(&self) -> Result<Vec<Replica>> {
        let rows = sqlx::query(
            "select r.fleet_node_id, r.generation, ordinal, state, base_url, credentials_file, starts, detail, seen_at, location
               from fleet_replica r join fleet_node n using (fleet_node_id)
              where r.state = 'serving' and r.generation = n.generation and n.phase in ('proven', 'registering', 'open')",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(Replica::read).collect()
    }

    /// The replicas of one node, by ordinal.
    pub async fn replicas_of(&self, node_id: &str) -> Result<Vec<Replica>> {
        let rows = sqlx::query(
            "select fleet_node_id, generation, ordinal, state, base_url, credentials_file, starts, detail, seen_at, location
               from fleet_replica where fleet_node_id = $1 order by generation, ordinal",
        )
        .bind(node_id)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(Replica::read).collect()
    }
}
