//! The RPC endpoints of the chain. Their URLs may hold keys, so only their names are ever shown.

use std::{collections::HashSet, time::Duration};

use anyhow::Result;
use linkpool_chain::{Endpoint, Policy};
use serde::Deserialize;

use super::{
    ChainConfig,
    file_path::FilePath,
    value::{FILE, missing, secret_file},
};
use crate::failure::Failure;

/// Most endpoints of one chain.
const MOST: usize = 16;

/// One `[[chain.endpoints]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndpointConfig {
    /// Shown in logs, metrics, errors and status.
    pub name: String,
    url: Option<String>,
    /// A file with the URL that only its owner may read.
    pub url_file: Option<FilePath>,
    ws_url: Option<String>,
    /// A file with the websocket's URL that only its owner may read.
    pub ws_url_file: Option<FilePath>,
    timeout_ms: Option<u64>,
}

impl std::fmt::Debug for EndpointConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EndpointConfig").field("name", &self.name).finish_non_exhaustive()
    }
}

impl EndpointConfig {
    fn endpoint(&self) -> Result<Endpoint> {
        let place = |key: &str| format!("chain.endpoints `{}`: {key}", self.name);
        let url = one_of(self.url.as_ref(), self.url_file.as_ref(), || place("url and url_file"))?;
        let url = url.ok_or_else(|| Failure::bad_input(format!("{}: set one of them", place("url and url_file"))))?;
        let mut endpoint = Endpoint::named(&self.name, url)?;
        if let Some(url) = one_of(self.ws_url.as_ref(), self.ws_url_file.as_ref(), || place("ws_url and ws_url_file"))? {
            endpoint = endpoint.with_ws(url)?;
        }
        match self.timeout_ms {
            Some(timeout) => Ok(Endpoint { timeout: Duration::from_millis(timeout), ..endpoint }),
            None => Ok(endpoint),
        }
    }
}

impl ChainConfig {
    /// The endpoints in their order, which decides between equals. The flag and the variable give a single one and win over the
    /// file.
    pub(super) fn all_endpoints(&self) -> Result<Vec<Endpoint>> {
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
    pub(super) fn policy(&self, endpoints: usize) -> Result<Policy> {
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

/// The text itself, or what is in the file.
fn one_of(text: Option<&String>, file: Option<&FilePath>, place: impl Fn() -> String) -> Result<Option<String>> {
    match (text, file) {
        (Some(_), Some(_)) => Err(Failure::bad_input(format!("{}: set one of them, not both", place()))),
        (Some(text), None) => Ok(Some(text.clone())),
        (None, Some(path)) => Ok(Some(secret_file(&place(), path)?.trim().to_owned())),
        (None, None) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

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
