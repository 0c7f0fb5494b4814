//! Looking at one replica: does it listen, and does it answer as ready?

use std::{fs, net::SocketAddr, path::PathBuf};

use linkpool_chainlink::{
    Secret,
    client::{Credentials, Health, NodeClient, NodeConfig, Transport},
};
use linkpool_db::fleet::ReplicaState;
use url::Url;

use super::launcher::Answers;

/// What a look found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sight {
    pub state: ReplicaState,
    pub base_url: Option<String>,
    pub detail: Option<String>,
}

impl Sight {
    pub fn without_address(state: ReplicaState, detail: Option<String>) -> Self {
        Self { state, base_url: None, detail }
    }
}

/// Looks at one replica.
#[derive(Debug)]
pub(super) struct Probe {
    port_file: PathBuf,
    answers: Answers,
    transport: Transport,
    client: Option<(SocketAddr, NodeClient)>,
}

impl Probe {
    pub fn new(port_file: PathBuf, transport: Transport) -> Self {
        Self { port_file, answers: Answers::ByPortFile, transport, client: None }
    }

    /// Where the process that is looked at from now on answers.
    pub fn set(&mut self, answers: Answers) {
        self.answers = answers;
    }

    fn address(&self) -> Option<SocketAddr> {
        match self.answers {
            Answers::At(address) => Some(address),
            // A file of a few bytes in a local directory: reading it blocks no longer than a cache miss.
            Answers::ByPortFile => fs::read_to_string(&self.port_file).ok()?.trim().parse().ok(),
        }
    }

    /// `None` while the replica does not listen. What it answers decides about serving and failing; a node that migrates its
    /// database is starting, because replacing it would only start the migration over.
    pub async fn look(&mut self) -> Option<Sight> {
        let address = self.address()?;
        let client = self.client(address)?;
        let base_url = Some(format!("http://{address}"));
        let (state, detail) = match client.ready().await {
            Ok(true) => (ReplicaState::Serving, None),
            Ok(false) => Self::reason(&client).await?,
            Err(error) => (ReplicaState::Failing, Some(error.to_string())),
        };
        Some(Sight { state, base_url, detail })
    }

    async fn reason(client: &NodeClient) -> Option<(ReplicaState, Option<String>)> {
        Some(match client.health().await {
            Ok(Health::NotListening) => return None,
            Ok(Health::Migrating) => (ReplicaState::Starting, Some("the node migrates its database (204)".into())),
            Ok(Health::Passing) => (ReplicaState::Failing, Some("its checks pass but it does not answer as ready".into())),
            Ok(Health::Degraded(checks) | Health::Failing(checks)) => {
                let names: Vec<&str> = checks.iter().map(|check| check.name.as_str()).collect();
                let words =
                    if names.is_empty() { "it answers 503".into() } else { format!("failing checks: {}", names.join(", ")) };
                (ReplicaState::Failing, Some(words))
            }
            Err(error) => (ReplicaState::Failing, Some(error.to_string())),
        })
    }

    fn client(&mut self, address: SocketAddr) -> Option<NodeClient> {
        if let Some((known, client)) = &self.client
            && *known == address
        {
            return Some(client.clone());
        }
        // The two calls made here carry no credentials.
        let credentials = Credentials::Token { key: Secret::new(""), secret: Secret::new("") };
        let base_url = Url::parse(&format!("http://{address}")).ok()?;
        let client = NodeClient::new(&self.transport, NodeConfig { base_url, credentials }).ok()?;
        self.client = Some((address, client.clone()));
        Some(client)
    }
}
