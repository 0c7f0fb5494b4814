//! Where a listed node answers, and who we are there.

use std::path::PathBuf;

use linkpool_db::fleet::ProofMode;
use serde::Deserialize;

/// Most addresses of one node: it has two replicas, and few people have more ways to them.
const MAX_URLS: usize = 8;

/// Where a node's API is and what is known about it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Written")]
pub struct NodeAddress {
    /// `http://host:port` each, without user, password or query: one for each replica. Whichever serves is asked.
    pub urls: Vec<String>,
    /// Mode 0600, two lines: e-mail and password, or access key and secret.
    pub credentials_file: PathBuf,
    /// The same for an admin, who alone may have the wallet pay to prove itself; not needed afterwards.
    pub admin_credentials_file: Option<PathBuf>,
    pub proof: ProofMode,
}

/// As it stands in a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    url: Option<String>,
    urls: Option<Vec<String>>,
    credentials_file: PathBuf,
    admin_credentials_file: Option<PathBuf>,
    #[serde(default = "signature")]
    proof: ProofMode,
}

const fn signature() -> ProofMode {
    ProofMode::Signature
}

impl TryFrom<Written> for NodeAddress {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let Written { url, urls, credentials_file, admin_credentials_file, proof } = written;
        Ok(Self { urls: Self::one_or_more(url, urls)?, credentials_file, admin_credentials_file, proof })
    }
}

impl NodeAddress {
    /// The addresses of a node that is listed with either of the two keys.
    ///
    /// # Errors
    /// A sentence, which repeats none of them: somebody may have put a password into one.
    pub fn one_or_more(url: Option<String>, urls: Option<Vec<String>>) -> Result<Vec<String>, String> {
        let urls = match (url, urls) {
            (Some(url), None) => vec![url],
            (None, Some(urls)) if (1..=MAX_URLS).contains(&urls.len()) => urls,
            (None, Some(_)) => return Err(format!("`urls` must have 1 to {MAX_URLS} addresses")),
            _ => return Err("write `url`, or `urls` for the addresses of its replicas, and not both".into()),
        };
        let mut sorted: Vec<&String> = urls.iter().collect();
        sorted.sort();
        if sorted.windows(2).any(|two| two[0] == two[1]) {
            return Err("`urls` has the same address twice".into());
        }
        Ok(urls)
    }
}
