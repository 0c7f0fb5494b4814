//! What a node's program is, as far as running it goes.

use std::{ffi::OsString, fmt, path::Path, path::PathBuf, time::Duration};

use linkpool_chainlink::Secret;

/// Says how a replica of a node is started. One for each kind of node program.
pub trait Launcher: fmt::Debug + Send + Sync {
    /// Files that are written into the fleet's directory before anything is started, for its owner's eyes only.
    fn secrets(&self) -> Vec<(&'static str, Secret)>;

    /// The command of one replica.
    fn launch(&self, replica: &ReplicaLocation<'_>) -> Launch;

    /// How long a replica that crashed keeps others from serving.
    fn lease(&self) -> Duration;
}

/// Which replica, and where its files are. All paths are absolute.
#[derive(Debug, Clone, Copy)]
pub struct ReplicaLocation<'a> {
    pub node_id: &'a str,
    pub generation: u32,
    pub ordinal: u16,
    /// Holds what [`Launcher::secrets`] asked for.
    pub fleet_directory: &'a Path,
    /// The login of the node's API: e-mail and password, a line each.
    pub credentials_file: &'a Path,
    /// Where the replica writes its address, as `127.0.0.1:6688`, for as long as it listens.
    pub port_file: &'a Path,
}

/// A command. It must not leave its process: a script ends with `exec`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launch {
    pub program: PathBuf,
    pub arguments: Vec<OsString>,
}
