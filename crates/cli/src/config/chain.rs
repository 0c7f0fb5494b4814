//! `[chain]`: its endpoints, how many of them must agree, and the contract.

use std::collections::HashSet;

use anyhow::Result;
use linkpool_chain::{Endpoint, Policy};
use linkpool_chainlink::Secret;
use serde::Deserialize;

use super::{
    endpoints::EndpointConfig,
    file_path::FilePath,
    value::{FILE, missing},
};
use crate::failure::Failure;

/// Most endpoints of one chain.
const MOST: usize = 16;

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ChainConfig {
    /// May hold a key: shown nowhere.
    pub rpc_url: Option<Secret>,
    /// The websocket of the same endpoint.
    pub ws_url: Option<Secret>,
    /// Several endpoints, instead of `rpc_url`.
    pub endpoints: Vec<EndpointConfig>,
    /// How many endpoints must agree on heads and logs.
    pub quorum: Option<usize>,
    /// How many endpoints must agree on a receipt.
    pub receipt_quorum: Option<usize>,
    /// How old what `/metrics` says of accounts and of the guard may be.
    pub statistics_seconds: Option<u64>,
    pub chain_id: Option<u64>,
    /// What people call the coin that gas is paid in.
    pub currency: Option<String>,
    pub pool: Option<String>,
    pub deploy_block: Option<u64>,
    /// What makes each node's own contract for its earnings.
    pub earnings_factory: Option<String>,
    /// The file that `linkpool deploy` wrote: chain, pool and block, where they are not given themselves.
    pub deployment: Option<FilePath>,
}

impl ChainConfig {
    /// Fills in what the deployment file knows.
    pub fn take_deployment(&mut self) -> Result<()> {
        let Some(path) = &self.deployment else { return Ok(()) };
        let missing = || Failure::bad_input(format!("chain.deployment: there is no file {}", path.display()));
        let record = linkpool_deploy::Record::read(path)?.ok_or_else(missing)?;
        self.chain_id.get_or_insert(record.chain_id);
        self.pool.get_or_insert_with(|| record.pool.to_string());
        self.deploy_block.get_or_insert(record.deploy_block);
        // Of another pool's nodes it would pay that one's stakers.
        let is_of_it = self.pool.as_deref().and_then(|pool| linkpool_primitives::parse_address(pool).ok()) == Some(record.pool);
        if let (None, true, Some(factory)) = (&self.earnings_factory, is_of_it, record.earnings_factory) {
            self.earnings_factory = Some(factory.to_string());
        }
        Ok(())
    }

    /// The endpoints in their order, which decides between equals. The flag and the variable give a single one and win over the
    /// file.
    pub fn all_endpoints(&self) -> Result<Vec<Endpoint>> {
        if let Some(url) = &self.rpc_url {
            if !self.endpoints.is_empty() {
                return Err(Failure::bad_input(format!(
                    "chain.rpc_url and chain.endpoints are both set: keep one of them in {FILE} and the variables"
                )));
            }
            let endpoint = Endpoint::new(url.expose())?;
            return Ok(vec![match &self.ws_url {
                Some(ws_url) => endpoint.with_ws(ws_url.expose())?,
                None => endpoint,
            }]);
        }
        if self.ws_url.is_some() {
            return Err(Failure::bad_input("chain.ws_url belongs to chain.rpc_url: give ws_url with each of chain.endpoints"));
        }
        if self.endpoints.is_empty() {
            return Err(missing("RPC endpoint", "--rpc-url URL", "chain.rpc_url or [[chain.endpoints]]"));
        }
        let mut names = HashSet::new();
        if self.endpoints.len() > MOST || !self.endpoints.iter().all(|one| !one.name.is_empty() && names.insert(&one.name)) {
            return Err(Failure::bad_input(format!("chain.endpoints: at most {MOST}, each with a name of its own")));
        }
        self.endpoints.iter().map(EndpointConfig::endpoint).collect()
    }

    /// How many of so many endpoints must agree.
    pub fn policy(&self, endpoints: usize) -> Result<Policy> {
        for (key, quorum) in [("quorum", self.quorum), ("receipt_quorum", self.receipt_quorum)] {
            if quorum.is_some_and(|quorum| quorum == 0 || quorum > endpoints) {
                return Err(Failure::bad_input(format!(
                    "chain.{key} must be between 1 and the number of endpoints, {endpoints}"
                )));
            }
        }
        let usual = Policy::default();
        Ok(Policy { quorum: self.quorum.unwrap_or(usual.quorum), receipt_quorum: self.receipt_quorum, ..usual })
    }
}

#[cfg(test)]
mod tests {
    use std::{os::unix::fs::PermissionsExt, time::Duration};

    use figment::{
        Figment,
        providers::{Format, Toml},
    };

    use super::*;

    fn parsed(text: &str) -> ChainConfig {
        Figment::from(Toml::string(text)).extract().unwrap()
    }

    fn refusal(text: &str) -> String {
        let config = parsed(text);
        let endpoints = config.all_endpoints();
        endpoints.and_then(|endpoints| config.policy(endpoints.len())).unwrap_err().to_string()
    }

    #[test]
    fn endpoints_have_names_and_may_keep_their_urls_in_files() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("url");
        std::fs::write(&file, "https://mainnet.example.com/v3/secret-key\n").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        let text = format!(
            "quorum = 2\n[[endpoints]]\nname = \"main\"\nurl_file = {file:?}\nws_url = \"wss://mainnet.example.com/ws\"\n\
             [[endpoints]]\nname = \"backup\"\nurl = \"http://127.0.0.1:1\"\ntimeout_ms = 2500"
        );
        let config = parsed(&text);
        let endpoints = config.all_endpoints().unwrap();
        assert_eq!(endpoints[0].url, "https://mainnet.example.com/v3/secret-key");
        assert_eq!((endpoints[0].name.as_str(), endpoints[0].ws_url.is_some()), ("main", true));
        assert_eq!((endpoints[1].name.as_str(), endpoints[1].timeout), ("backup", Duration::from_millis(2_500)));
        assert_eq!(config.policy(2).unwrap().quorum, 2);
        assert!(!format!("{:?} {endpoints:?}", config.endpoints).contains("example.com"));
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(config.all_endpoints().unwrap_err().to_string().contains("chmod 600"));
    }

    #[test]
    fn a_single_url_is_still_enough() {
        let endpoints = parsed("rpc_url = \"http://127.0.0.1:1\"\nws_url = \"ws://127.0.0.1:1\"").all_endpoints().unwrap();
        assert_eq!((endpoints.len(), endpoints[0].name.as_str()), (1, "127.0.0.1:1"));
        assert!(endpoints[0].ws_url.is_some());
    }

    #[test]
    fn what_can_not_be_meant_is_refused_with_what_to_do() {
        for (text, expect) in [
            ("", "no RPC endpoint is given"),
            ("ws_url = \"ws://127.0.0.1:1\"", "chain.ws_url belongs to chain.rpc_url"),
            ("rpc_url = \"http://127.0.0.1:1\"\n[[endpoints]]\nname = \"a\"\nurl = \"http://127.0.0.1:1\"", "are both set"),
            ("[[endpoints]]\nname = \"a\"", "url and url_file: set one of them"),
            ("[[endpoints]]\nname = \"a\"\nurl = \"http://127.0.0.1:1\"\nurl_file = \"x\"", "set one of them, not both"),
            ("[[endpoints]]\nname = \"\"\nurl = \"http://127.0.0.1:1\"", "each with a name of its own"),
            ("rpc_url = \"http://127.0.0.1:1\"\nquorum = 2", "chain.quorum must be between 1 and the number of endpoints, 1"),
        ] {
            let refusal = refusal(text);
            assert!(refusal.contains(expect), "{text}: {refusal}");
        }
    }
}
