//! `[fleet]` where a node is Chainlink's: what it is started with.

use std::{path::PathBuf, time::Duration};

use anyhow::Result;
use linkpool_chain::Endpoint;
use linkpool_chainlink::Secret;
use linkpool_fleet::local::{ChainlinkSpec, NodeChain, NodeEndpoint, outside_the_ephemeral};
use linkpool_node_postgres::Server;

use super::{chain::ChainConfig, file_path::FilePath, fleet::FleetConfig};
use crate::failure::Failure;

impl FleetConfig {
    /// What the settings say of Chainlink nodes.
    ///
    /// # Errors
    /// What can't be meant, in a sentence. Nothing was asked yet.
    pub fn chainlink(&self, chain_id: u64, chain: &ChainConfig) -> Result<ChainlinkSpec> {
        let program = self.node_program()?.ok_or_else(|| {
            Failure::bad_input(
                "set fleet.node_program: the Chainlink node's program, which is not a part of this executable; docs/operations.md says \
                 where it comes from",
            )
        })?;
        let spec = self.node_spec(program.to_owned(), chain_id, chain)?;
        let ports = self.node_ports.0..=self.node_ports.1;
        outside_the_ephemeral(&ports).map_err(Failure::bad_input)?;
        Ok(ChainlinkSpec { version: self.node_version.clone(), ports, memory_mib: self.node_memory_mib, ..spec })
    }

    /// What holds wherever Chainlink nodes run.
    pub(super) fn node_spec(&self, program: PathBuf, chain_id: u64, chain: &ChainConfig) -> Result<ChainlinkSpec> {
        let server = Server::new(&self.node_database_url()?).map_err(|error| Failure::bad_input(error.to_string()))?;
        let overlay = self.overlay()?;
        let endpoints = chain.all_endpoints()?;
        if let Some(endpoint) = endpoints.iter().find(|endpoint| endpoint.ws_url.is_none() && overlay.is_none()) {
            return Err(Failure::bad_input(format!(
                "the endpoint {} has no ws_url: a Chainlink node hears of logs by it; set it, or have fleet.node_config do without \
                 (EVM.LogBroadcasterEnabled = false)",
                endpoint.name
            )));
        }
        let chain = NodeChain {
            chain_id,
            endpoints: endpoints.iter().map(node_endpoint).collect(),
            is_development: self.is_development(chain_id),
        };
        let usual = ChainlinkSpec::new(program, server, chain);
        let spec = ChainlinkSpec {
            overlay,
            dump: self.dump()?,
            lease_duration: self.lease_duration_ms.map_or(usual.lease_duration, Duration::from_millis),
            lease_refresh: self.lease_refresh_ms.map_or(usual.lease_refresh, Duration::from_millis),
            ..usual
        };
        // The node panics over it.
        if spec.lease_refresh.is_zero() || spec.lease_refresh * 2 > spec.lease_duration {
            return Err(Failure::bad_input(
                "fleet.lease_refresh_ms must be at least 1 and at most half of fleet.lease_duration_ms",
            ));
        }
        Ok(spec)
    }

    fn overlay(&self) -> Result<Option<PathBuf>> {
        let missing = |path: &FilePath| Failure::bad_input(format!("fleet.node_config: there is no file {}", path.display()));
        let path = self.node_config.as_ref();
        path.map(|path| if path.is_file() { Ok(path.to_path_buf()) } else { Err(missing(path)) }).transpose()
    }

    #[cfg(feature = "dev")]
    fn is_development(&self, chain_id: u64) -> bool {
        self.development_chains.contains(&chain_id)
    }

    #[cfg(not(feature = "dev"))]
    fn is_development(&self, _: u64) -> bool {
        false
    }
}

fn node_endpoint(endpoint: &Endpoint) -> NodeEndpoint {
    let ws = endpoint.ws_url.as_deref().map(Secret::new);
    NodeEndpoint { name: endpoint.name.clone(), http: Secret::new(endpoint.url.as_str()), ws }
}
