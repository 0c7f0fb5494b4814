//! `[reporter]`: where the size of the oracle network comes from, and when it is reported.

use std::{net::SocketAddr, time::Duration};

use anyhow::Result;
use linkpool_primitives::Address;
use linkpool_reporter::{ReporterConfig as Settings, Source};
use serde::Deserialize;

use super::file_path::FilePath;
use crate::failure::Failure;

#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReporterConfig {
    /// A file with the number.
    source_file: Option<FilePath>,
    /// An http:// or https:// address that answers it; may hold a key: shown nowhere.
    source_url: Option<String>,
    /// A number that an operator set, and until when it is good, like 2026-12-31T00:00:00Z.
    size: Option<u64>,
    size_until: Option<String>,
    /// Where the number is in a JSON document (RFC 6901): `/network/nodes`. Empty where the document is the number.
    pointer: String,
    report_after_hours: u64,
    poll_ms: u64,
    /// Where `/health`, `/ready` and `/metrics` are served; nowhere if unset.
    pub health_listen: Option<SocketAddr>,
}

impl Default for ReporterConfig {
    fn default() -> Self {
        Self {
            source_file: None,
            source_url: None,
            size: None,
            size_until: None,
            pointer: String::new(),
            report_after_hours: 72,
            poll_ms: 30_000,
            health_listen: None,
        }
    }
}

impl ReporterConfig {
    /// Whether this machine's settings are those of a reporter.
    pub fn is_set(&self) -> bool {
        self.source_file.is_some() || self.source_url.is_some() || self.size.is_some()
    }

    /// What the role is told.
    pub fn settings(&self, pool: Address) -> Result<Settings> {
        Ok(Settings {
            report_after: Duration::from_secs(self.report_after_hours.saturating_mul(3_600)),
            poll_interval: Duration::from_millis(self.poll_ms),
            ..Settings::new(pool, self.source()?)
        })
    }

    fn source(&self) -> Result<Source> {
        let pointer = self.pointer.clone();
        if !(pointer.is_empty() || pointer.starts_with('/')) {
            return Err(Failure::bad_input("reporter.pointer: write it like /network/nodes"));
        }
        match (&self.source_file, &self.source_url, self.size, &self.size_until) {
            (Some(path), None, None, None) => Ok(Source::File { path: path.to_path_buf(), pointer }),
            (None, Some(text), None, None) => {
                let url = text.parse::<reqwest::Url>().ok().filter(|url| matches!(url.scheme(), "http" | "https"));
                let malformed = || Failure::bad_input("reporter.source_url is not an http:// or https:// address");
                Ok(Source::Url { url: url.ok_or_else(malformed)?, pointer })
            }
            (None, None, Some(size), Some(until)) => Ok(Source::Fixed { size, until: time(until)? }),
            _ => Err(Failure::bad_input(
                "reporter: set one of source_file, source_url, or size with size_until: where the network's size comes from",
            )),
        }
    }
}

fn time(text: &str) -> Result<u64> {
    let parsed = chrono::DateTime::parse_from_rfc3339(text).ok().and_then(|time| u64::try_from(time.timestamp()).ok());
    parsed.ok_or_else(|| Failure::bad_input(format!("reporter.size_until: write `{text}` like 2026-12-31T00:00:00Z")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_source_and_a_number_by_hand_has_an_end() {
        let settings = |config: ReporterConfig| config.settings(Address::ZERO).map_err(|error| error.to_string());
        let file = || Some(FilePath::from("size"));
        assert!(settings(ReporterConfig { source_file: file(), ..Default::default() }).is_ok());
        let url = Some("https://api.example/key".to_owned());
        assert!(settings(ReporterConfig { source_url: url.clone(), pointer: "/nodes".into(), ..Default::default() }).is_ok());
        let until = Some("2026-12-31T00:00:00Z".to_owned());
        assert!(settings(ReporterConfig { size: Some(5), size_until: until, ..Default::default() }).is_ok());
        for wrong in [
            ReporterConfig::default(),
            ReporterConfig { size: Some(5), ..Default::default() },
            ReporterConfig { source_file: file(), source_url: url, ..Default::default() },
            ReporterConfig { source_file: file(), pointer: "nodes".into(), ..Default::default() },
        ] {
            assert!(settings(wrong).unwrap_err().starts_with("reporter"));
        }
        let secret = ReporterConfig { source_url: Some("ftp://host/secret".into()), ..Default::default() };
        assert!(!settings(secret).unwrap_err().contains("secret"));
    }
}
