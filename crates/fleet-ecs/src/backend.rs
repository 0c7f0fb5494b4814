//! The backend itself: what the fleet asks it for.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Instant,
};

use async_trait::async_trait;
use linkpool_aws::{Aws, AwsConfig, Service as On};
use linkpool_chainlink::client::Transport;
use linkpool_db::{
    Database,
    fleet::{Release, SecretKind},
};
use linkpool_fleet::{
    Error, Login, ObservedSet, Provisioner, Result, Secrets, SetKey, SetSpec, Snapshot, Versions,
    local::{NO_DUMP, Source, dump},
    look::PROBE_LIMITS,
};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::{
    config::EcsConfig,
    denied,
    listing::Lister,
    poll::poll,
    seen::Seen,
    set::{Set, Target},
    shared::{Core, Term, locked, sentence},
    show::observe,
};

/// Nodes as services of ECS.
#[derive(Debug)]
pub struct EcsBackend {
    core: Arc<Core>,
    sets: Mutex<HashMap<SetKey, Set>>,
    poller: Mutex<Option<JoinHandle<()>>>,
}

impl EcsBackend {
    /// Nothing is asked or made yet.
    ///
    /// # Errors
    /// Where there can be no HTTP client on this machine.
    pub fn new(aws: AwsConfig, config: EcsConfig) -> Result<Self> {
        let core = Core::new(Aws::new(aws).map_err(unprepared)?, config, Transport::new(PROBE_LIMITS)?);
        Ok(Self { core: Arc::new(core), sets: Mutex::default(), poller: Mutex::default() })
    }

    /// Whether the cluster is there and may be looked at as a fleet does, and what the nodes' Postgres is, in a sentence.
    ///
    /// # Errors
    /// What is missing.
    pub async fn check(&self) -> std::result::Result<String, String> {
        self.require_cluster().await?;
        let (aws, config) = (&self.core.aws, &self.core.config);
        let lister = Lister { aws, cluster: &config.cluster, prefix: &config.prefix };
        lister.services().await.map_err(denied::told)?;
        lister.tasks(&HashMap::new()).await.map_err(denied::told)?;
        let server = &self.core.config.server;
        let version = server.version().await.map_err(sentence)?;
        version.check(&self.core.config.server_versions).map_err(sentence)?;
        let lacking = server.lacking().await.map_err(sentence)?;
        if !lacking.is_empty() {
            let lacking = lacking.join(", ");
            return Err(format!(
                "the user {} of the nodes' Postgres lacks {lacking}: run docs/node-database-role.sql there",
                server.user()
            ));
        }
        Ok(format!("the cluster {} is active, and the nodes' own Postgres is {version}", self.core.config.cluster))
    }

    async fn require_cluster(&self) -> std::result::Result<(), String> {
        let cluster = &self.core.config.cluster;
        let told = self
            .core
            .aws
            .call::<Value>(On::Ecs, "DescribeClusters", &json!({ "clusters": [cluster] }))
            .await
            .map_err(denied::told)?;
        if told["clusters"][0]["status"] == "ACTIVE" {
            return Ok(());
        }
        Err(format!("there is no cluster {cluster} in this account and region: make it, or name another"))
    }

    fn set_target(&self, key: &SetKey, target: Target) -> bool {
        let mut sets = locked(&self.sets);
        let set = sets.entry(key.clone()).or_insert_with(|| Set::begin(self.core.clone(), key.clone(), target.clone()));
        set.set_target(&self.core, key, target);
        set.is_reached()
    }
}

#[async_trait]
impl Provisioner for EcsBackend {
    fn begin(&self, database: &Database, secrets: &Secrets) {
        self.core.begin(Term { database: database.clone(), secrets: secrets.clone() });
    }

    async fn open(&self, _locations: &[String]) -> Result<()> {
        self.require_cluster().await.map_err(unprepared)?;
        // What an earlier term has seen is not what is there now.
        *self.core.seen() = Seen::default();
        locked(&self.sets).clear();
        let poller = tokio::spawn(poll(self.core.clone()));
        if let Some(other) = locked(&self.poller).replace(poller) {
            other.abort();
        }
        Ok(())
    }

    /// ECS keeps none that could be read.
    async fn login(&self, _node_id: &str) -> Result<Option<Login>> {
        Ok(None)
    }

    /// Begins with it: what keeps it from being made is shown on its replicas.
    async fn ensure_set(&self, spec: &SetSpec, login: &Login) -> Result<()> {
        self.core.seen().remember(&spec.key);
        self.set_target(&spec.key, Target::Run(Box::new((spec.clone(), login.clone()))));
        Ok(())
    }

    async fn observe(&self) -> Result<Vec<ObservedSet>> {
        let sets = locked(&self.sets);
        observe(&self.core, &sets).map_err(|reason| Error::Unprepared { reason })
    }

    async fn replace(&self, set: &SetKey, replica_id: &str, why: &str) -> Result<()> {
        if !self.core.seen().tasks.contains_key(replica_id) {
            return Err(Error::UnknownReplica { node_id: set.node_id.clone(), replica_id: replica_id.to_owned() });
        }
        tracing::warn!(node = set.node_id, replica = replica_id, why, "replacing a replica");
        self.core.seen().replaced.insert(replica_id.to_owned(), Instant::now());
        let body = json!({ "cluster": self.core.config.cluster, "task": replica_id, "reason": why });
        let core = self.core.clone();
        // Whoever is made to wait holds up the other nodes. One that is not told to end is found failing again.
        tokio::spawn(async move {
            if let Err(error) = core.aws.call::<Value>(On::Ecs, "StopTask", &body).await {
                tracing::warn!(%error, "a replica was not told to end");
            }
            core.wake.notify_one();
        });
        Ok(())
    }

    fn chain_id(&self) -> u64 {
        self.core.config.chain.chain_id
    }

    async fn versions(&self, node_id: &str, release: Option<&Release>) -> Result<Versions> {
        let database = self.core.node_database(node_id).await.map_err(|reason| Error::Unprepared { reason })?;
        let database = database.last_version().await.map_err(unprepared)?;
        Ok(match self.core.version(release) {
            Ok(version) => Versions { program: Some(version.to_string()), database, refused: None },
            Err(why) => Versions { program: None, database, refused: Some(why) },
        })
    }

    async fn snapshot(&self, node_id: &str) -> Result<Snapshot> {
        let Some(spec) = &self.core.config.dump else { return Ok(Snapshot::NotConfigured(NO_DUMP.into())) };
        let kept = async {
            let secrets = self.core.term()?.secrets;
            let password = secrets.password(node_id, SecretKind::DatabasePassword).await.map_err(sentence)?;
            let keystore = secrets.password(node_id, SecretKind::KeystorePassword).await.map_err(sentence)?;
            let server = self.core.config.server.version().await.map_err(sentence)?;
            let url = self.core.node_database(node_id).await?.url().map_err(sentence)?;
            dump(spec, &Source { node_id, url: &url, password: &password, keystore: &keystore, server }).await
        };
        kept.await.map(Snapshot::Kept).map_err(|reason| Error::Unprepared { reason })
    }

    async fn stop_set(&self, set: &SetKey) -> Result<bool> {
        Ok(self.set_target(set, Target::Stop))
    }

    async fn delete_set(&self, set: &SetKey) -> Result<bool> {
        let is_gone = self.set_target(set, Target::Delete);
        if is_gone {
            locked(&self.sets).remove(set);
        }
        Ok(is_gone)
    }

    async fn changed(&self) {
        self.core.signals.changed.notified().await;
    }

    /// ECS starts tasks by itself, and does not wait longer for what was away.
    fn outage_over(&self) {}

    /// Nothing of a fleet on ECS is one machine's.
    async fn wanted(&self) {
        std::future::pending().await
    }

    async fn leave(&self, _locations: &HashMap<SetKey, String>) -> Result<()> {
        Ok(())
    }

    /// The nodes go on: ECS keeps them.
    async fn close(&self) {
        if let Some(poller) = locked(&self.poller).take() {
            poller.abort();
        }
        locked(&self.sets).clear();
        self.core.watchers.clear();
        *self.core.seen() = Seen::default();
    }
}

impl Drop for EcsBackend {
    fn drop(&mut self) {
        if let Some(poller) = locked(&self.poller).take() {
            poller.abort();
        }
        self.core.watchers.clear();
    }
}

fn unprepared(error: impl std::fmt::Display) -> Error {
    Error::Unprepared { reason: error.to_string() }
}
