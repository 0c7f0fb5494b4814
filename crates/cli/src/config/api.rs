//! `[api]`: where the page and the API are served, and how much one client may use.

use std::net::SocketAddr;

use linkpool_api::Limits;
use serde::Deserialize;
use smart_default::SmartDefault;

#[derive(Debug, Deserialize, SmartDefault)]
#[serde(default, deny_unknown_fields)]
pub struct ApiConfig {
    #[default(SocketAddr::from(([127, 0, 0, 1], 8100)))]
    pub listen: SocketAddr,
    /// Shown by the page behind addresses and transactions.
    pub explorer_url: Option<String>,
    /// Whether the reverse proxy in front says who the client is.
    pub trust_forwarded_for: bool,
    /// Where `/health`, `/ready` and `/metrics` are served for those who watch over it; nowhere if unset.
    pub health_listen: Option<SocketAddr>,
    #[default(Limits::default().requests_per_second)]
    requests_per_second: u32,
    #[default(Limits::default().burst)]
    burst: u32,
    #[default(Limits::default().streams_per_client)]
    streams_per_client: u32,
    #[default(Limits::default().streams)]
    streams: u32,
}

impl ApiConfig {
    /// What one client, and all together, may use.
    pub fn limits(&self) -> Limits {
        let Self { requests_per_second, burst, streams_per_client, streams, .. } = *self;
        Limits { requests_per_second, burst, streams_per_client, streams }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_those_of_the_library_unless_set() {
        assert_eq!(ApiConfig::default().limits(), Limits::default());
        let set = ApiConfig { requests_per_second: 1, burst: 2, streams_per_client: 3, streams: 4, ..ApiConfig::default() };
        let expect = Limits { requests_per_second: 1, burst: 2, streams_per_client: 3, streams: 4 };
        assert_eq!(set.limits(), expect);
    }
}
