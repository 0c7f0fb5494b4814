//! `[operator]`: where the operator's calls are served, and where commands send them.

use std::{net::SocketAddr, path::Path};

use anyhow::Result;
use linkpool_chainlink::Secret;
use reqwest::Url;
use serde::Deserialize;

use super::file_path::FilePath;
use crate::failure::Failure;

#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OperatorConfig {
    /// Where `linkpool fleet` serves the operator's calls.
    pub listen: SocketAddr,
    /// The file with the token, mode 0600. `linkpool fleet` serves no operator's calls without it.
    pub token_file: Option<FilePath>,
    /// Where commands find the operator's calls, if not at `listen`.
    url: Option<Secret>,
}

impl Default for OperatorConfig {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 8101)), token_file: None, url: None }
    }
}

impl OperatorConfig {
    /// The address that commands use. It is shown where it does not answer, so it holds no password; what is refused is not shown.
    pub fn url(&self) -> Result<Url> {
        let listener = || Secret::new(format!("http://{}", self.listen));
        let url = self.url.clone().unwrap_or_else(listener).expose().parse::<Url>().ok().filter(|url| !url.cannot_be_a_base());
        let url = url.ok_or_else(|| Failure::bad_input("operator.url is not a URL: write http://host:port"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Failure::bad_input("operator.url must not hold a user or password: the token alone is the login"));
        }
        Ok(url)
    }

    /// The file that commands read: the configured one, or that of a development stack in this folder.
    pub fn token_file(&self) -> &Path {
        self.token_file.as_deref().unwrap_or(Path::new(".linkpool/operator-token"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_url_without_a_login_and_a_refused_one_is_not_shown() {
        let url = |text: &str| {
            let config = OperatorConfig { url: Some(Secret::new(text)), ..OperatorConfig::default() };
            config.url().map(String::from).map_err(|error| error.to_string())
        };
        assert_eq!(url("https://host/operator"), Ok("https://host/operator".to_owned()));
        assert_eq!(OperatorConfig::default().url().unwrap().as_str(), "http://127.0.0.1:8101/");
        for (wrong, sentence) in [
            ("planted", "operator.url is not a URL"),
            ("mailto:planted", "operator.url is not a URL"),
            ("https://user:planted@host", "must not hold a user or password"),
            ("https://planted@host", "must not hold a user or password"),
        ] {
            let refusal = url(wrong).unwrap_err();
            assert!(refusal.contains(sentence) && !refusal.contains("planted"), "{refusal}");
        }
    }
}
