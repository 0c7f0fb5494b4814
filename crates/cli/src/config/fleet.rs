//! `[fleet]`: how the nodes of this machine are run.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context, Result};
use linkpool_chainlink::Secret;
use linkpool_fleet::local::LocalConfig;
use serde::Deserialize;

use super::{file_path::FilePath, secret_file};
use crate::failure::Failure;

/// In the folder of the settings file, where no other is set.
pub const DIRECTORY: &str = "nodes";

#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FleetConfig {
    /// Each node's files: API login, ports, logs.
    pub directory: Option<FilePath>,
    /// A file, mode 0600, with the URL of the server and database that hold a schema for each node.
    pub node_database_url_file: Option<FilePath>,
    pub lease_duration_ms: u64,
    pub lease_refresh_ms: u64,
    /// Where `/health`, `/ready` and `/metrics` are served; nowhere if unset.
    pub health_listen: Option<SocketAddr>,
}

impl Default for FleetConfig {
    fn default() -> Self {
        Self {
            directory: None,
            node_database_url_file: None,
            lease_duration_ms: 10_000,
            lease_refresh_ms: 1_000,
            health_listen: None,
        }
    }
}

impl FleetConfig {
    /// Stand-in nodes of this executable on `chain_id`.
    pub fn local(&self, chain_id: u64) -> Result<LocalConfig> {
        let missing =
            || Failure::bad_input("set fleet.node_database_url_file: a file with the postgres:// URL for the nodes' own data");
        let url = secret_file(self.node_database_url_file.as_deref().ok_or_else(missing)?)?;
        let directory = self.directory.clone().unwrap_or_else(|| FilePath::beside(None, DIRECTORY));
        let program = std::env::current_exe().context("finding this executable")?;
        Ok(LocalConfig {
            lease_duration: Duration::from_millis(self.lease_duration_ms),
            lease_refresh: Duration::from_millis(self.lease_refresh_ms),
            ..LocalConfig::new(program, directory.to_path_buf(), Secret::new(url.trim()), chain_id)
        })
    }
}
