//! Where the size of the network comes from: a file, an address on the network, or a number that an operator set for a while.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use reqwest::{Client, Url, redirect::Policy};
use serde_json::Value;

/// Longest document that is read, in bytes.
const MAX_BYTES: usize = 1 << 20;
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// A place with a document: a number, or JSON in which `pointer` (RFC 6901) finds it.
#[derive(Clone, derive_more::Debug)]
pub enum Source {
    #[debug("File({})", path.display())]
    File { path: PathBuf, pointer: String },
    /// Shown by its host alone, because an address may hold a key.
    #[debug("Url({})", url.host_str().unwrap_or_default())]
    Url { url: Url, pointer: String },
    /// Good until a time in Unix seconds.
    #[debug("Fixed({size} until {until})")]
    Fixed { size: u64, until: u64 },
}

/// Why a source gives no number.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    #[error("the network's size can't be read from {}: {reason}", path.display())]
    File { path: PathBuf, reason: String },
    #[error("`{host}` does not give the network's size: {reason}")]
    Url { host: String, reason: String },
    #[error("the source of the network's size has no whole number at `{pointer}`")]
    NoNumber { pointer: String },
    #[error("the configured size of the network was good until {until}: look at the network and set a new one")]
    Expired { until: String },
}

/// Asks a source. Holds the connections of those on the network.
#[derive(Debug)]
pub(crate) struct Reader(Client);

impl Reader {
    pub fn new() -> reqwest::Result<Self> {
        Client::builder().timeout(READ_TIMEOUT).redirect(Policy::none()).build().map(Self)
    }

    /// The number that the source gives now.
    pub async fn read(&self, source: &Source) -> Result<u64, SourceError> {
        match source {
            Source::File { path, pointer } => number(&read_file(path)?, pointer),
            Source::Url { url, pointer } => number(&self.fetch(url).await?, pointer),
            Source::Fixed { size, until } => fixed(*size, *until, SystemTime::now()),
        }
    }

    async fn fetch(&self, url: &Url) -> Result<Vec<u8>, SourceError> {
        let failed = |reason: String| SourceError::Url { host: url.host_str().unwrap_or_default().to_owned(), reason };
        // The error's own text holds the whole address.
        let silent =
            |error: reqwest::Error| failed(if error.is_timeout() { "no answer in time" } else { "no connection" }.into());
        let mut response = self.0.get(url.clone()).send().await.map_err(silent)?;
        if !response.status().is_success() {
            return Err(failed(format!("it answers {}", response.status())));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(silent)? {
            body.extend_from_slice(&chunk);
            if body.len() > MAX_BYTES {
                return Err(failed(format!("its answer is longer than {MAX_BYTES} bytes")));
            }
        }
        Ok(body)
    }
}

fn read_file(path: &Path) -> Result<Vec<u8>, SourceError> {
    let failed = |error: std::io::Error| SourceError::File { path: path.to_owned(), reason: error.to_string() };
    let mut bytes = Vec::new();
    File::open(path).map_err(failed)?.take(MAX_BYTES as u64).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

/// A whole number, or the digits of one in quotes; a fraction is no count of nodes.
fn number(document: &[u8], pointer: &str) -> Result<u64, SourceError> {
    let document: Option<Value> = serde_json::from_slice(document).ok();
    let found = document.as_ref().and_then(|document| document.pointer(pointer));
    let size = found.and_then(|value| value.as_u64().or_else(|| value.as_str()?.parse().ok()));
    size.ok_or_else(|| SourceError::NoNumber { pointer: pointer.to_owned() })
}

fn fixed(size: u64, until: u64, now: SystemTime) -> Result<u64, SourceError> {
    let now = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    if now <= until {
        return Ok(size);
    }
    Err(SourceError::Expired { until: linkpool_primitives::rfc3339(until).unwrap_or_else(|| until.to_string()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_found_where_the_pointer_says_and_nothing_else_counts() {
        let find = |text: &str, pointer: &str| number(text.as_bytes(), pointer).ok();
        assert_eq!(find("19000\n", ""), Some(19_000));
        assert_eq!(find(r#"{"network":{"nodes":[{"count":"19000"}]}}"#, "/network/nodes/0/count"), Some(19_000));
        for (text, pointer) in
            [("", ""), ("{}", "/nodes"), ("-5", ""), ("1.5", ""), ("<html>19000</html>", ""), (r#""1e3""#, ""), ("null", "")]
        {
            assert_eq!(find(text, pointer), None, "{text}");
        }
    }

    #[test]
    fn a_number_set_by_hand_runs_out() {
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        assert_eq!(fixed(5, 100, at(100)).ok(), Some(5));
        let error = fixed(5, 1_795_345_200, at(1_795_345_201)).unwrap_err().to_string();
        assert!(error.contains("2026-11-22T11:00:00Z"), "{error}");
    }

    #[test]
    fn an_address_is_never_shown_whole() {
        let url = Url::parse("https://api.example/secret-key/nodes").unwrap();
        assert_eq!(format!("{:?}", Source::Url { url, pointer: String::new() }), "Url(api.example)");
    }
}
