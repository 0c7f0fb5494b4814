//! How a node gets on with the endpoints of its chains.

use linkpool_primitives::printable;
use serde::Deserialize;

use super::{Error, NodeClient};

/// Most endpoints that are read.
const MAX_ENDPOINTS: usize = 100;

/// One RPC endpoint of a node, as the node sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvmEndpoint {
    /// EIP-155 id of its chain.
    pub chain_id: String,
    /// Its name in the node's settings.
    pub name: String,
    pub state: EndpointState,
}

/// What a node thinks of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EndpointState {
    Alive,
    /// It does not answer, or not in time. A node that waits for heads from a silent endpoint takes about 50 s to say so.
    Unreachable,
    /// Such as `OutOfSync`, `InvalidChainID` or `Syncing`, made printable.
    Other(String),
}

/// The settings, which a node sends along, are not read: they hold the endpoint's URL, and with it a key.
#[derive(Deserialize)]
struct EndpointAttributes {
    #[serde(rename = "chainID")]
    chain_id: String,
    name: String,
    state: String,
}

impl NodeClient {
    /// `GET /v2/nodes/evm`: one page, because a node has no other (its second is empty). Any role.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn evm_endpoints(&self) -> Result<Vec<EvmEndpoint>, Error> {
        let (entries, _) = self.page::<EndpointAttributes>(&["v2", "nodes", "evm"], 1, MAX_ENDPOINTS).await?;
        let endpoint = |it: EndpointAttributes| EvmEndpoint {
            chain_id: printable(&it.chain_id, 80),
            name: printable(&it.name, 64),
            state: match it.state.as_str() {
                "Alive" => EndpointState::Alive,
                "Unreachable" => EndpointState::Unreachable,
                other => EndpointState::Other(printable(other, 32)),
            },
        };
        Ok(entries.into_iter().map(|entry| endpoint(entry.attributes)).collect())
    }
}
