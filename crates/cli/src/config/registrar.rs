//! `[registrar]`: the key that registers nodes, and what it may spend.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use anyhow::Result;
use linkpool_db::fleet::ProofMode;
use linkpool_primitives::Address;
use linkpool_registrar::{Funding, ListedNode, Listing, NodeAddress, is_name};
use linkpool_tx_manager::{Limits, Signer, TransactionConfig};
use serde::Deserialize;
use smart_default::SmartDefault;

use super::{aws::AwsConfig, ether::Ether, file_path::FilePath, key_place::KeyPlace};
use crate::failure::Failure;

#[derive(Debug, Deserialize, SmartDefault)]
#[serde(default, deny_unknown_fields)]
pub struct RegistrarConfig {
    /// The V3 keystore of the account with the role registrar, and the file with its password; both mode 0600.
    pub keystore: Option<FilePath>,
    pub password_file: Option<FilePath>,
    /// The ARN of its key in AWS KMS, instead of both.
    aws_kms: Option<String>,
    /// For a brand-new wallet.
    #[default("0.05".into())]
    pub funding_initial_eth: Ether,
    /// Most for all wallets within 24 hours, instead of what new and open nodes are meant to get.
    pub funding_daily_cap_eth: Option<Ether>,
    /// The wallet of an open node that has less is filled up; 0 for never.
    #[default("0.02".into())]
    pub funding_top_up_below_eth: Ether,
    /// What it is filled up to.
    #[default("0.05".into())]
    pub funding_top_up_to_eth: Ether,
    #[default(10)]
    pub registrations_per_hour: u32,
    #[default(50)]
    pub registrations_per_day: u32,
    #[default(1)]
    pub confirmations: u64,
    /// Nodes that somebody else runs.
    pub nodes: Vec<NodeEntry>,
    /// More of them, a file `NAME.toml` each; it may change at any time.
    pub nodes_directory: Option<FilePath>,
    /// Time between two looks at each of them.
    #[default(10)]
    pub nodes_interval_seconds: u64,
    #[default(300)]
    pub audit_interval_seconds: u64,
    /// Time between two looks at what the nodes' wallets hold.
    #[default(120)]
    pub balances_interval_seconds: u64,
    /// Where `/health`, `/ready` and `/metrics` are served; nowhere if unset.
    pub health_listen: Option<SocketAddr>,
}

/// One node of the list.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeEntry {
    name: String,
    url: Option<String>,
    /// Instead of `url`, for a node whose replicas answer at addresses of their own.
    urls: Option<Vec<String>>,
    credentials_file: FilePath,
    admin_credentials_file: Option<FilePath>,
    #[serde(default = "signature")]
    proof: ProofMode,
}

fn signature() -> ProofMode {
    ProofMode::Signature
}

impl RegistrarConfig {
    /// Where the key is, if that is set.
    pub fn place(&self) -> Result<Option<KeyPlace<'_>>> {
        KeyPlace::of("registrar", self.keystore.as_deref(), self.password_file.as_deref(), self.aws_kms.as_deref())
    }

    pub async fn signer(&self, aws: &AwsConfig) -> Result<Arc<dyn Signer>> {
        let missing = || {
            Failure::bad_input(
                "set registrar.keystore and registrar.password_file, or registrar.aws_kms: the account with the role registrar",
            )
        };
        self.place()?.ok_or_else(missing)?.open(aws).await
    }

    /// The login of each node of the list and of the directory.
    pub fn credentials_files(&self) -> Vec<(String, PathBuf)> {
        let mut files = Vec::new();
        for node in &self.nodes {
            let admins = node.admin_credentials_file.as_deref().map(Into::into);
            let of_node = [Some(node.credentials_file.to_path_buf()), admins].into_iter().flatten();
            files.extend(of_node.map(|file| (format!("registrar.nodes `{}`", node.name), file)));
        }
        for node in self.nodes_directory.as_deref().map(linkpool_registrar::listed_files).unwrap_or_default() {
            let of_node = [Some(node.address.credentials_file), node.address.admin_credentials_file].into_iter().flatten();
            files.extend(of_node.map(|file| (format!("node `{}`", node.name), file)));
        }
        files
    }

    fn listing(&self) -> Result<Listing> {
        let mut nodes: Vec<ListedNode> = Vec::with_capacity(self.nodes.len());
        for entry in &self.nodes {
            let name = &entry.name;
            if !is_name(name) {
                return Err(Failure::bad_input(format!(
                    "registrar.nodes: `{name}` is not a name: write 1 to 100 letters, digits, `-`, `_` or `.`"
                )));
            }
            let urls = NodeAddress::one_or_more(entry.url.clone(), entry.urls.clone())
                .map_err(|sentence| Failure::bad_input(format!("registrar.nodes `{name}`: {sentence}")))?;
            if nodes.iter().any(|node| node.name == *name || node.address.urls.iter().any(|url| urls.contains(url))) {
                return Err(Failure::bad_input(format!("registrar.nodes: two nodes have the name or a url of `{name}`")));
            }
            let address = NodeAddress {
                urls,
                credentials_file: entry.credentials_file.to_path_buf(),
                admin_credentials_file: entry.admin_credentials_file.as_deref().map(Into::into),
                proof: entry.proof,
            };
            nodes.push(ListedNode { name: name.clone(), address });
        }
        let interval = Duration::from_secs(self.nodes_interval_seconds);
        Ok(Listing { nodes, directory: self.nodes_directory.as_deref().map(Into::into), interval })
    }

    /// What the role is told; `transactions` are those of `[transactions]`.
    pub fn settings(&self, pool: Address, transactions: TransactionConfig) -> Result<linkpool_registrar::RegistrarConfig> {
        let cap = self.funding_daily_cap_eth.as_ref();
        let funding = Funding {
            initial_wei: self.funding_initial_eth.wei("registrar.funding_initial_eth")?,
            daily_cap_wei: cap.map(|cap| cap.wei("registrar.funding_daily_cap_eth")).transpose()?,
            top_up_below_wei: self.funding_top_up_below_eth.wei("registrar.funding_top_up_below_eth")?,
            top_up_to_wei: self.funding_top_up_to_eth.wei("registrar.funding_top_up_to_eth")?,
            ..Funding::default()
        };
        if funding.top_up_below_wei > funding.top_up_to_wei {
            return Err(Failure::bad_input("registrar: funding_top_up_to_eth must not be less than funding_top_up_below_eth"));
        }
        let limits = Limits {
            registrations_per_hour: self.registrations_per_hour,
            registrations_per_day: self.registrations_per_day,
            ..transactions.limits
        };
        Ok(linkpool_registrar::RegistrarConfig {
            funding,
            transactions: TransactionConfig { limits, ..transactions },
            confirmations: self.confirmations,
            listing: self.listing()?,
            audit_interval: Duration::from_secs(self.audit_interval_seconds),
            funding_interval: Duration::from_secs(self.balances_interval_seconds),
            ..linkpool_registrar::RegistrarConfig::new(pool)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limits_on_registrations_are_the_registrars_and_safe_by_default() {
        let settings =
            |config: RegistrarConfig| config.settings(Address::ZERO, TransactionConfig::default()).unwrap().transactions;
        assert_eq!(settings(RegistrarConfig::default()), TransactionConfig::default());
        let more = settings(RegistrarConfig { registrations_per_hour: 40, ..RegistrarConfig::default() }).limits;
        assert_eq!((more.registrations_per_hour, more.registrations_per_day), (40, 50));
    }

    #[test]
    fn two_listed_nodes_have_two_names_and_two_addresses() {
        let entry = |name: &str, url: &str| NodeEntry {
            name: name.into(),
            url: Some(url.into()),
            urls: None,
            credentials_file: "login".into(),
            admin_credentials_file: None,
            proof: ProofMode::Signature,
        };
        let check = |second: NodeEntry, part: &str| {
            let nodes = vec![entry("a", "http://10.0.0.7:6688"), second];
            let settings =
                RegistrarConfig { nodes, ..RegistrarConfig::default() }.settings(Address::ZERO, TransactionConfig::default());
            assert_eq!(settings.err().map(|error| error.to_string().contains(part)), (!part.is_empty()).then_some(true));
        };
        check(entry("b", "http://10.0.0.8:6688"), "");
        check(entry("a", "http://10.0.0.8:6688"), "two nodes");
        check(entry("b", "http://10.0.0.7:6688"), "two nodes");
        let urls =
            |urls: &[&str]| NodeEntry { url: None, urls: Some(urls.iter().map(ToString::to_string).collect()), ..entry("b", "") };
        check(urls(&["http://10.0.0.8:6688", "http://10.0.0.9:6688"]), "");
        check(urls(&["http://10.0.0.8:6688", "http://10.0.0.7:6688"]), "two nodes");
        check(urls(&[]), "`b`: `urls` must have 1 to 8 addresses");
        check(NodeEntry { url: None, ..entry("b", "") }, "`b`: write `url`");
        check(entry("no name", "http://10.0.0.8:6688"), "is not a name");
    }

    #[test]
    fn a_wallet_is_never_filled_up_to_less_than_the_line() {
        let config = RegistrarConfig { funding_top_up_below_eth: "0.06".into(), ..RegistrarConfig::default() };
        let error = config.settings(Address::ZERO, TransactionConfig::default()).unwrap_err();
        assert!(error.to_string().contains("funding_top_up_to_eth"), "{error}");
    }
}
