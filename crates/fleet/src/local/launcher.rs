//! What a node's program is, as far as running it goes.

use std::{ffi::OsString, fmt, path::Path, path::PathBuf, time::Duration};

use async_trait::async_trait;
use linkpool_db::{Database, fleet::Release};

use crate::{
    Secrets, Snapshot, Versions,
    look::{Answers, Witness},
};

/// Says how a replica of a node is started. One for each kind of node program.
#[async_trait]
pub trait Launcher: fmt::Debug + Send + Sync {
    /// Whether nodes could be started at all. The error is a sentence about what does not pass by itself, so a server that does not
    /// answer is none.
    async fn check(&self) -> Result<(), String>;

    /// A term of this fleet begins: what is stored from now on is stored through these.
    fn begin(&self, database: &Database, secrets: &Secrets);

    /// Makes what the replica needs and says how it is started. Called before each start: it changes nothing where all is there,
    /// may be cut off anywhere, and ends by itself. The error is a sentence for the operator, who finds it at the node.
    async fn prepare(&self, replica: &ReplicaLocation, release: Option<&Release>) -> Result<Launch, String>;

    /// One that runs already is looked after from now on.
    async fn adopt(&self, replica: &ReplicaLocation) -> Result<(), String>;

    /// These replicas of a node are gone for good: what they alone had, others may have.
    async fn forget(&self, node_id: &str, replica_ids: &[String]) -> Result<(), String>;

    /// The chain of the nodes' wallets.
    fn chain_id(&self) -> u64;

    /// Which program a release is, and which one the node's database has seen last.
    async fn versions(&self, node_id: &str, release: Option<&Release>) -> Result<Versions, String>;

    /// Keeps the node's database as it is now.
    async fn snapshot(&self, node_id: &str) -> Result<Snapshot, String>;

    /// Who sees the nodes' processes from the side of their database; `None` where nobody does.
    fn witness(&self) -> Option<&Witness>;

    /// How long a replica that crashed keeps others from serving.
    fn lease(&self) -> Duration;

    /// How long a replica may take to end when asked.
    fn stop_grace(&self) -> Duration;
}

/// Which replica, and where its files are. All paths are absolute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplicaLocation {
    pub node_id: String,
    pub generation: u32,
    pub replica_id: String,
    /// The node's directory, for its owner's eyes only.
    pub directory: PathBuf,
}

impl ReplicaLocation {
    /// The login of the node's API: e-mail and password, a line each.
    pub fn credentials_file(&self) -> PathBuf {
        self.directory.join(super::files::CREDENTIALS)
    }

    /// Where a replica writes its address, as `127.0.0.1:6688`, for as long as it listens.
    pub fn port_file(&self) -> PathBuf {
        self.file("port")
    }

    /// A file of this replica alone.
    pub fn file(&self, kind: &str) -> PathBuf {
        self.directory.join(format!("{}.{kind}", self.replica_id))
    }

    /// Writes a file of the node that only its owner may read, whole or not at all, where it does not say so already.
    pub fn write_secret(&self, path: &Path, text: &str) -> Result<(), String> {
        super::files::write_secret(path, text).map_err(|error| error.to_string())
    }
}

/// A command. It must not leave its process: a script ends with `exec`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launch {
    pub program: PathBuf,
    pub arguments: Vec<OsString>,
    /// Variables beside the fleet's own; `None` for one of those that the program must not see.
    pub environment: Vec<(OsString, Option<OsString>)>,
    pub answers: Answers,
}
