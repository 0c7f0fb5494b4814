//! `[operator]`: where the operator's calls are served, and where commands send them.

use std::{net::SocketAddr, path::Path};

use serde::Deserialize;

use super::file_path::FilePath;

#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OperatorConfig {
    /// Where `linkpool fleet` serves the operator's calls.
    pub listen: SocketAddr,
    /// The file with the token, mode 0600. `linkpool fleet` serves no operator's calls without it.
    pub token_file: Option<FilePath>,
    /// Where commands find the operator's calls, if not at `listen`.
    pub url: Option<String>,
}

impl Default for OperatorConfig {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 8101)), token_file: None, url: None }
    }
}

impl OperatorConfig {
    /// The address that commands use.
    pub fn url(&self) -> String {
        self.url.clone().unwrap_or_else(|| format!("http://{}", self.listen))
    }

    /// The file that commands read: the configured one, or that of a development stack in this folder.
    pub fn token_file(&self) -> &Path {
        self.token_file.as_deref().unwrap_or(Path::new(".linkpool/operator-token"))
    }
}
