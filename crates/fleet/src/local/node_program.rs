//! A program that is told by arguments what a replica needs to know.

use std::{ffi::OsString, path::PathBuf, time::Duration};

use async_trait::async_trait;
use linkpool_chainlink::Secret;
use linkpool_db::{Database, fleet::Release};

use super::launcher::{Launch, Launcher, ReplicaLocation};
use crate::{
    Secrets, Snapshot, Versions,
    look::{Answers, Witness},
};

const DATABASE_URL_FILE: &str = "database-url";

/// The launcher of such a program. `docs/operations.md` has what it is called with.
#[derive(Debug, Clone)]
pub struct NodeProgram {
    pub program: PathBuf,
    /// Those that come before ours.
    pub arguments: Vec<String>,
    /// The server and database that hold one schema for each node.
    pub database_url: Secret,
    /// The EVM chain of the nodes.
    pub chain_id: u64,
    /// How long a node's database lease outlives its last renewal: the time to fail over after a crash.
    pub lease_duration: Duration,
    /// Time between renewals of it; at most half of its duration.
    pub lease_refresh: Duration,
    /// How long a replica may take to end when asked.
    pub stop_grace: Duration,
}

impl NodeProgram {
    /// With a node's usual lease.
    pub fn new(program: PathBuf, database_url: Secret, chain_id: u64) -> Self {
        Self {
            program,
            arguments: Vec::new(),
            database_url,
            chain_id,
            lease_duration: Duration::from_secs(10),
            lease_refresh: Duration::from_secs(1),
            stop_grace: Duration::from_secs(5),
        }
    }
}

#[async_trait]
impl Launcher for NodeProgram {
    async fn check(&self) -> Result<(), String> {
        Ok(())
    }

    fn begin(&self, _: &Database, _: &Secrets) {}

    async fn adopt(&self, _: &ReplicaLocation) -> Result<(), String> {
        Ok(())
    }

    async fn forget(&self, _: &str, _: &[String]) -> Result<(), String> {
        Ok(())
    }

    fn chain_id(&self) -> u64 {
        self.chain_id
    }

    async fn versions(&self, _: &str, release: Option<&Release>) -> Result<Versions, String> {
        match release {
            Some(Release { version: Some(_), .. } | Release { config: Some(_), .. }) => Ok(Versions {
                refused: Some(
                    "a program of this kind is told by arguments what it needs: it has no version and takes no configuration; leave both away"
                        .into(),
                ),
                ..Versions::default()
            }),
            _ => Ok(Versions::default()),
        }
    }

    /// What it has of value is the schema's, on a server whose backups are the operator's.
    async fn snapshot(&self, _: &str) -> Result<Snapshot, String> {
        Ok(Snapshot::Unneeded)
    }

    fn witness(&self) -> Option<&Witness> {
        None
    }

    async fn prepare(&self, replica: &ReplicaLocation, release: Option<&Release>) -> Result<Launch, String> {
        let database_url_file = replica.directory.join(DATABASE_URL_FILE);
        replica.write_secret(&database_url_file, self.database_url.expose())?;
        let told: [(&str, OsString); 7] = [
            ("--database-url-file", database_url_file.into()),
            ("--schema", format!("node_{}", replica.node_id).into()),
            ("--port-file", replica.port_file().into()),
            ("--chain-id", self.chain_id.to_string().into()),
            ("--api-credentials-file", replica.credentials_file().into()),
            ("--lease-duration-ms", self.lease_duration.as_millis().to_string().into()),
            ("--lease-refresh-ms", self.lease_refresh.as_millis().to_string().into()),
        ];
        let told = told.into_iter().flat_map(|(name, value)| [name.into(), value]);
        Ok(Launch {
            program: release.and_then(|it| it.program.as_ref()).map_or_else(|| self.program.clone(), Into::into),
            arguments: self.arguments.iter().map(Into::into).chain(told).collect(),
            environment: Vec::new(),
            answers: Answers::ByPortFile,
        })
    }

    fn lease(&self) -> Duration {
        self.lease_duration + self.lease_refresh
    }

    fn stop_grace(&self) -> Duration {
        self.stop_grace
    }
}
