//! Looking at a node before and after: its versions, its wallet, what its own checks say, how it gets on with its chain.

use std::{collections::BTreeSet, sync::Arc};

use linkpool_chainlink::client::{Credentials, EndpointState, Health, NodeClient, NodeConfig, Transport};
use linkpool_db::fleet::{FleetNode, Release, ReplicaState, SecretKind};
use semver::Version;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::errand::{Outcome, Work};
use crate::{Login, ObservedReplica, Provisioner, Secrets, Snapshot, feed::user::token_of};

/// What was seen of a node before it is touched.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Before {
    /// Its keys' addresses; none where it did not serve.
    wallets: Option<BTreeSet<String>>,
    failing: BTreeSet<String>,
    /// Whether it heard of its chain.
    is_connected: bool,
}

/// All that one errand needs.
pub(super) struct Looker {
    pub provisioner: Arc<dyn Provisioner>,
    pub transport: Transport,
    pub secrets: Secrets,
    pub node: FleetNode,
    pub before: Value,
    pub release: Option<Release>,
}

impl Looker {
    pub async fn work(self, work: Work) -> Outcome {
        let outcome = match work {
            Work::Prepare => self.prepare().await,
            Work::Compare { base_url } => self.compare(&base_url).await,
            Work::Door => self.door().await,
        };
        outcome.unwrap_or_else(Outcome::NotYet)
    }

    async fn prepare(&self) -> Result<Outcome, String> {
        let versions = self.provisioner.versions(&self.node.id, self.release.as_ref()).await.map_err(sentence)?;
        if let Some(why) = versions.refused {
            return Ok(Outcome::Refused(why));
        }
        let from = versions.database.or_else(|| self.node.version.clone());
        let is_door = match door(from.as_deref(), versions.program.as_deref()) {
            Ok(is_door) => is_door,
            Err(why) => return Ok(Outcome::Refused(why)),
        };
        let before = match self.serving().await? {
            Some(base_url) => self.look(&base_url).await?,
            // Nothing can be compared with a node that is down, and it may be why it is rolled out.
            None => Before::default(),
        };
        let snapshot = match self.provisioner.snapshot(&self.node.id).await.map_err(sentence)? {
            Snapshot::Kept(path) => Some(path),
            Snapshot::NotConfigured(why) if is_door => return Ok(Outcome::Refused(why)),
            Snapshot::NotConfigured(_) | Snapshot::Unneeded => None,
        };
        let mut seen = serde_json::to_value(&before).map_err(sentence)?;
        seen["from_version"] = json!(from);
        seen["to_version"] = json!(versions.program);
        seen["snapshot"] = json!(snapshot);
        Ok(Outcome::Prepared { is_door, before: seen })
    }

    async fn compare(&self, base_url: &str) -> Result<Outcome, String> {
        let before: Before = serde_json::from_value(self.before.clone()).map_err(sentence)?;
        let now = self.look(base_url).await?;
        if let Some(why) = self.other_wallet(&before, &now) {
            return Ok(Outcome::OtherWallet(why));
        }
        let failing: Vec<&str> = now.failing.difference(&before.failing).map(String::as_str).collect();
        if !failing.is_empty() {
            return Err(format!("checks fail that did not before: {}", failing.join(", ")));
        }
        if before.is_connected && !now.is_connected {
            return Err("it does not hear of its chain, which it did before".into());
        }
        Ok(Outcome::AsBefore)
    }

    /// By what ran on it last, of which a newer one has told it.
    async fn door(&self) -> Result<Outcome, String> {
        let versions = self.provisioner.versions(&self.node.id, self.release.as_ref()).await.map_err(sentence)?;
        let was = self.before["from_version"].as_str();
        let is_passed = door(was, versions.database.as_deref()).unwrap_or(false);
        Ok(Outcome::Door { is_passed: versions.database.is_some() && is_passed })
    }

    /// The wallet that is registered, or that it had, must be there still.
    fn other_wallet(&self, before: &Before, now: &Before) -> Option<String> {
        let now = now.wallets.as_ref()?;
        let known: BTreeSet<String> = match (&self.node.wallet, &before.wallets) {
            (Some(wallet), _) => BTreeSet::from([linkpool_primitives::checksum(wallet)]),
            (None, Some(wallets)) => wallets.clone(),
            (None, None) => return None,
        };
        let lost: Vec<&str> = known.difference(now).map(String::as_str).collect();
        (!lost.is_empty()).then(|| format!("after its roll-out it has no key of {} any more", lost.join(", ")))
    }

    async fn look(&self, base_url: &str) -> Result<Before, String> {
        let client = self.client(base_url).await?;
        let keys = client.evm_keys(self.provisioner.chain_id()).await.map_err(sentence)?;
        let failing = match client.health().await.map_err(sentence)? {
            Health::Degraded(checks) | Health::Failing(checks) => checks.into_iter().map(|check| check.name).collect(),
            Health::Passing | Health::Migrating | Health::NotListening => BTreeSet::new(),
        };
        let endpoints = client.evm_endpoints().await.map_err(sentence)?;
        Ok(Before {
            wallets: Some(keys.iter().map(|key| linkpool_primitives::checksum(&key.address)).collect()),
            failing,
            is_connected: endpoints.iter().any(|endpoint| endpoint.state == EndpointState::Alive),
        })
    }

    async fn serving(&self) -> Result<Option<String>, String> {
        let sets = self.provisioner.observe().await.map_err(sentence)?;
        let own = sets.iter().filter(|set| set.key.node_id == self.node.id && set.key.generation == self.node.generation);
        let is_serving = |it: &&ObservedReplica| it.state == ReplicaState::Serving;
        Ok(own.flat_map(|set| &set.replicas).find(is_serving).and_then(|it| it.base_url.clone()))
    }

    /// By the fleet's token, which needs no login; the admin's before there is one.
    async fn client(&self, base_url: &str) -> Result<NodeClient, String> {
        let token = self.secrets.kept(&self.node.id, SecretKind::FleetToken).await.map_err(sentence)?;
        let credentials = match token.as_ref().and_then(token_of) {
            Some(token) => token,
            None => self.admin().await?,
        };
        let base_url = base_url.parse().map_err(sentence)?;
        NodeClient::new(&self.transport, NodeConfig { base_url, credentials }).map_err(sentence)
    }

    async fn admin(&self) -> Result<Credentials, String> {
        let text = self.secrets.kept(&self.node.id, SecretKind::AdminLogin).await.map_err(sentence)?;
        let login = text.and_then(|text| Login::parse(text.expose()));
        login.map(|login| login.credentials()).ok_or_else(|| "no login of the node is kept".into())
    }
}

fn sentence(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// Whether there is no way back: the node of an older version than that which ran last refuses its database.
fn door(from: Option<&str>, to: Option<&str>) -> Result<bool, String> {
    let (Some(from), Some(to)) = (from, to) else { return Ok(from.is_some() && to.is_none()) };
    match (Version::parse(from), Version::parse(to)) {
        (Ok(old), Ok(new)) if new < old => Err(format!(
            "its database was last run by Chainlink {from}, and {to} is older: a node refuses that; restore a dump of before, or roll out {from} or newer"
        )),
        (Ok(old), Ok(new)) => Ok(new > old),
        _ => Ok(from != to),
    }
}
