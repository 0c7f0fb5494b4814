//! `[aws]`: which AWS is asked, where the settings name a key of KMS or a fleet on ECS. By whom says the environment, as for every tool of AWS's.

use anyhow::Result;
use linkpool_aws::{Aws, AwsConfig as ClientConfig, CredentialsSource};
use reqwest::Url;
use serde::Deserialize;

use crate::failure::Failure;

/// How often a call is made that may be made again.
const ATTEMPTS: u32 = 5;

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AwsConfig {
    /// One address for all services, in the place of AWS's own: a stand-in's.
    endpoint: Option<String>,
}

impl AwsConfig {
    /// How AWS is asked in a region.
    ///
    /// # Errors
    /// Where the environment has no credentials.
    pub fn client_config(&self, region: &str) -> Result<ClientConfig> {
        let endpoint = self.endpoint.as_ref().map(|text| text.parse::<Url>()).transpose();
        let endpoint = endpoint.map_err(|error| Failure::bad_input(format!("aws.endpoint is no address: {error}")))?;
        let credentials = CredentialsSource::of_environment(|name| std::env::var(name).ok());
        let credentials = credentials.map_err(|error| Failure::bad_input(error.to_string()))?;
        Ok(ClientConfig { region: region.to_owned(), endpoint, credentials, attempts: ATTEMPTS })
    }

    pub fn client(&self, region: &str) -> Result<Aws> {
        Ok(Aws::new(self.client_config(region)?)?)
    }
}
