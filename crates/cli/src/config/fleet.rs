//! `[fleet]`: how the nodes of this machine are run.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use anyhow::Result;
use linkpool_chainlink::{SealKey, Secret};
use linkpool_db::fleet::ProofMode;
use linkpool_fleet::local::{Life, LocalConfig, NodeProgram};
use serde::Deserialize;

use super::{file_path::FilePath, value::secret_file};
use crate::failure::Failure;

/// In the folder of the settings file, where no other is set.
pub const DIRECTORY: &str = "nodes";

#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FleetConfig {
    /// Each node's files: API login, ports, logs.
    pub directory: Option<FilePath>,
    /// What a replica of a node is: a program, and the arguments that come before ours.
    node_program: Option<FilePath>,
    node_arguments: Vec<String>,
    /// A file, mode 0600, with the URL of the server and database that hold a schema for each node.
    pub node_database_url_file: Option<FilePath>,
    /// A file, mode 0600, with the key to the nodes' secrets in the database.
    pub seal_key_file: Option<FilePath>,
    /// The fingerprint of the key that has a copy in another place.
    pub seal_key_copied: Option<String>,
    /// Whether the nodes end when the fleet does, however it does.
    nodes_end_with_fleet: bool,
    /// Chains on which nothing is worth anything: stand-in nodes run there.
    #[cfg(feature = "dev")]
    pub development_chains: Vec<u64>,
    pub lease_duration_ms: u64,
    pub lease_refresh_ms: u64,
    /// Where `/health`, `/ready` and `/metrics` are served; nowhere if unset.
    pub health_listen: Option<SocketAddr>,
}

impl Default for FleetConfig {
    fn default() -> Self {
        Self {
            directory: None,
            node_program: None,
            node_arguments: Vec::new(),
            node_database_url_file: None,
            seal_key_file: None,
            seal_key_copied: None,
            nodes_end_with_fleet: false,
            #[cfg(feature = "dev")]
            development_chains: Vec::new(),
            lease_duration_ms: 10_000,
            lease_refresh_ms: 1_000,
            health_listen: None,
        }
    }
}

impl FleetConfig {
    pub fn directory(&self) -> PathBuf {
        self.directory.clone().unwrap_or_else(|| FilePath::beside(None, DIRECTORY)).to_path_buf()
    }

    /// How the wallets of new nodes prove themselves: what the nodes' program can do.
    pub fn proof_mode(&self) -> ProofMode {
        ProofMode::Signature
    }

    /// How nodes on `chain_id` are run.
    pub fn local(&self, chain_id: u64) -> Result<LocalConfig> {
        // First, because nothing else matters without one.
        let program = self.program(chain_id)?;
        let missing =
            || Failure::bad_input("set fleet.node_database_url_file: a file with the postgres:// URL for the nodes' own data");
        let url = secret_file("fleet.node_database_url_file", self.node_database_url_file.as_deref().ok_or_else(missing)?)?;
        let program = NodeProgram {
            database_url: Secret::new(url.trim()),
            lease_duration: Duration::from_millis(self.lease_duration_ms),
            lease_refresh: Duration::from_millis(self.lease_refresh_ms),
            ..program
        };
        let life = if self.nodes_end_with_fleet { Life::WithParent } else { Life::OfItsOwn };
        Ok(LocalConfig { life, ..LocalConfig::new(program, self.directory()) })
    }

    /// The program of a node on `chain_id`, without its database.
    fn program(&self, chain_id: u64) -> Result<NodeProgram> {
        let Some(path) = &self.node_program else { return self.no_program(chain_id) };
        if !path.is_file() {
            return Err(Failure::bad_input(format!("fleet.node_program: there is no file {}", path.display())));
        }
        let program = NodeProgram::new(path.to_path_buf(), Secret::new(""), chain_id);
        Ok(NodeProgram { arguments: self.node_arguments.clone(), ..program })
    }

    /// A build for development has stand-ins, for chains that were named as such.
    #[cfg(feature = "dev")]
    fn no_program(&self, chain_id: u64) -> Result<NodeProgram> {
        let refused = |error| {
            Failure::bad_input(format!(
                "fleet.node_program is not set, and {error}. Set fleet.node_program to the nodes' program, or name the chain in \
                 fleet.development_chains"
            ))
        };
        let chain = linkpool_standin_node::DevelopmentChain::named(chain_id, &self.development_chains).map_err(refused)?;
        standin_node(Secret::new(""), chain)
    }

    #[cfg(not(feature = "dev"))]
    fn no_program(&self, _: u64) -> Result<NodeProgram> {
        Err(Failure::bad_input(
            "set fleet.node_program: the program that runs as a node, which is not a part of this executable; docs/operations.md \
             says how it is called",
        ))
    }

    /// The key to the nodes' secrets.
    pub fn seal_key(&self) -> Result<SealKey> {
        let missing = || {
            Failure::bad_input(
                "set fleet.seal_key_file: a file, mode 0600, with the key to the nodes' secrets in the database; \
                 `openssl rand -hex 32` makes one, and every fleet and registrar of the pool needs the same",
            )
        };
        self.seal_key_if_set()?.ok_or_else(missing)
    }

    pub fn seal_key_if_set(&self) -> Result<Option<SealKey>> {
        let Some(path) = &self.seal_key_file else { return Ok(None) };
        let wrong = |error| Failure::bad_input(format!("fleet.seal_key_file {}: {error}", path.display()));
        SealKey::parse(&secret_file("fleet.seal_key_file", path)?).map(Some).map_err(wrong)
    }
}

/// Stand-in nodes, by this executable, for a chain on which nothing is worth anything.
#[cfg(feature = "dev")]
pub fn standin_node(database_url: Secret, chain: linkpool_standin_node::DevelopmentChain) -> Result<NodeProgram> {
    let program = anyhow::Context::context(std::env::current_exe(), "finding this executable")?;
    let arguments = vec!["standin-node".into(), "--development-chain".into(), chain.id().to_string()];
    Ok(NodeProgram { arguments, ..NodeProgram::new(program, database_url, chain.id()) })
}

#[cfg(feature = "dev")]
#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::{Exit, exit};

    #[test]
    fn a_fleet_without_a_program_refuses_every_chain_that_is_not_named_for_development() {
        let refusal = |chain_id, named: &[u64]| {
            let config = FleetConfig { development_chains: named.to_vec(), ..FleetConfig::default() };
            config.program(chain_id).err()
        };
        assert!(refusal(31_337, &[31_337]).is_none());
        for (chain_id, named) in [(1, vec![]), (1, vec![1, 31_337]), (31_337, vec![]), (11_155_111, vec![31_337])] {
            let error = refusal(chain_id, &named).unwrap();
            let said = error.to_string();
            assert_eq!(exit(&error), Exit::BadInput);
            assert!(said.contains(&format!("not for chain {chain_id}")) && said.contains("Set fleet.node_program"), "{said}");
        }
    }

    #[test]
    fn a_program_that_is_set_is_used_on_any_chain_and_must_be_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("node");
        let config = FleetConfig {
            node_program: Some(path.to_str().unwrap().into()),
            node_arguments: vec!["run".into()],
            ..FleetConfig::default()
        };
        assert!(config.program(1).unwrap_err().to_string().contains("there is no file"));
        std::fs::write(&path, "").unwrap();
        let program = config.program(1).unwrap();
        assert_eq!((program.program, program.arguments, program.chain_id), (path, vec!["run".into()], 1));
    }
}
