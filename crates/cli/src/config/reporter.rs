//! `[reporter]`: where the size of the oracle network comes from, and when it is reported.

use std::{net::SocketAddr, time::Duration};

use anyhow::Result;
use linkpool_chainlink::Secret;
use linkpool_primitives::Address;
use linkpool_reporter::Source;
use serde::Deserialize;
use smart_default::SmartDefault;

use super::file_path::FilePath;
use crate::failure::Failure;

#[derive(Debug, Deserialize, SmartDefault)]
#[serde(default, deny_unknown_fields)]
pub struct ReporterConfig {
    /// A file with the number.
    source_file: Option<FilePath>,
    /// An http:// or https:// address that answers it; may hold a key: shown nowhere.
    source_url: Option<Secret>,
    /// A number that an operator set, and until when it is good, like 2026-12-31T00:00:00Z.
    size: Option<u64>,
    size_until: Option<String>,
    /// Where the number is in a JSON document (RFC 6901): `/network/nodes`. Empty where the document is the number.
    pointer: String,
    /// How old the last report may grow before the same size is reported again. The pool counts a report for a bounded time only.
    #[default(72)]
    report_after_hours: u64,
    /// How often the source is read.
    #[default(30_000)]
    poll_ms: u64,
    /// Where `/health`, `/ready` and `/metrics` are served; nowhere if unset.
    pub health_listen: Option<SocketAddr>,
}

impl ReporterConfig {
    /// Whether this machine's settings are those of a reporter: anything is said of a source, complete or not.
    pub fn is_set(&self) -> bool {
        let Self { source_file, source_url, size, size_until, pointer, .. } = self;
        source_file.is_some() || source_url.is_some() || size.is_some() || size_until.is_some() || !pointer.is_empty()
    }

    /// What the role is told.
    pub fn settings(&self, pool: Address) -> Result<linkpool_reporter::ReporterConfig> {
        Ok(linkpool_reporter::ReporterConfig {
            report_after: Duration::from_secs(self.report_after_hours.saturating_mul(3_600)),
            poll_interval: Duration::from_millis(self.poll_ms),
            ..linkpool_reporter::ReporterConfig::new(pool, self.source()?)
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
                let url = text.expose().parse::<reqwest::Url>().ok().filter(|url| matches!(url.scheme(), "http" | "https"));
                let malformed = || Failure::bad_input("reporter.source_url is not an http:// or https:// address");
                Ok(Source::Url { url: url.ok_or_else(malformed)?, pointer })
            }
            (None, None, Some(_), Some(_)) if !pointer.is_empty() => Err(Failure::bad_input(
                "reporter.pointer is for source_file and source_url: leave it out with size, which is the number itself",
            )),
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

    fn url(text: &str) -> Option<Secret> {
        Some(Secret::new(text))
    }

    fn settings(config: ReporterConfig) -> Result<linkpool_reporter::ReporterConfig, String> {
        config.settings(Address::ZERO).map_err(|error| error.to_string())
    }

    #[test]
    fn there_is_one_source_and_a_number_by_hand_has_an_end() {
        let file = || Some(FilePath::from("size"));
        let until = || Some("2026-12-31T00:00:00Z".to_owned());
        let pointer = || "/nodes".to_owned();
        for complete in [
            ReporterConfig { source_file: file(), ..Default::default() },
            ReporterConfig { source_url: url("https://api.example/key"), pointer: pointer(), ..Default::default() },
            ReporterConfig { size: Some(5), size_until: until(), ..Default::default() },
        ] {
            assert!(complete.is_set());
            settings(complete).unwrap();
        }
        let one = "set one of source_file, source_url, or size with size_until";
        for (incomplete, sentence) in [
            (ReporterConfig { size: Some(5), ..Default::default() }, one),
            (ReporterConfig { size_until: until(), ..Default::default() }, one),
            (ReporterConfig { pointer: pointer(), ..Default::default() }, one),
            (ReporterConfig { source_file: file(), source_url: url("https://api.example"), ..Default::default() }, one),
            (
                ReporterConfig { source_file: file(), pointer: "nodes".into(), ..Default::default() },
                "write it like /network/nodes",
            ),
            (
                ReporterConfig { size: Some(5), size_until: until(), pointer: pointer(), ..Default::default() },
                "leave it out with size",
            ),
            (
                ReporterConfig { size: Some(5), size_until: Some("soon".into()), ..Default::default() },
                "write `soon` like 2026-12-31",
            ),
        ] {
            assert!(incomplete.is_set(), "{incomplete:?} is looked at, so that what is missing is said");
            let refusal = settings(incomplete).unwrap_err();
            assert!(refusal.contains(sentence), "{refusal}");
        }
        assert!(!ReporterConfig::default().is_set());
        assert!(settings(ReporterConfig::default()).unwrap_err().contains(one));
    }

    #[test]
    fn an_address_that_is_none_is_refused_without_being_shown() {
        let refusal = settings(ReporterConfig { source_url: url("ftp://host/secret"), ..Default::default() }).unwrap_err();
        assert_eq!(refusal, "reporter.source_url is not an http:// or https:// address");
    }
}
