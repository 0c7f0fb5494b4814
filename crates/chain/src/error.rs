//! What an RPC endpoint can answer instead of the answer, sorted by what to do about it.

use alloy::transports::{RpcError, TransportError, TransportErrorKind};

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The URL is not one.
    #[error("the RPC URL is not valid: write http://host:port or https://host/path (it is not shown, because it may hold a key)")]
    Url,
    /// No connection, or no answer in time.
    #[error("cannot reach the RPC endpoint `{endpoint}`: {cause}; check that it runs and that the URL is right")]
    Unreachable { endpoint: String, cause: String },
    /// It serves another chain than the configured one.
    #[error("the RPC endpoint `{endpoint}` serves chain {found}, not chain {expected}: give an endpoint of chain {expected}")]
    WrongChain { endpoint: String, expected: u64, found: u64 },
    /// It has no contract code where the contract should be.
    #[error("there is no contract at {address} on chain {chain_id}: check the address and the endpoint")]
    NoCode { address: String, chain_id: u64 },
    /// The range holds more logs than the endpoint gives: ask for fewer blocks.
    #[error("`{endpoint}` refuses the range as too large: {message}")]
    TooLarge { endpoint: String, message: String },
    /// Asked too often: wait.
    #[error("`{endpoint}` limits the rate: {message}")]
    RateLimited { endpoint: String, message: String },
    /// The endpoint does not have the block yet, or any more.
    #[error("`{endpoint}` does not have block {block}")]
    Lagging { endpoint: String, block: String },
    /// Two answers that can't both be true.
    #[error("`{endpoint}` contradicts itself: {what}")]
    Inconsistent { endpoint: String, what: String },
    /// The contract refused a call; `data` is its revert data.
    #[error("the call reverts: {message}")]
    Reverted { message: String, data: Vec<u8> },
    /// Any other error answer.
    #[error("`{endpoint}` answers an error: {message} (code {code})")]
    Rpc { endpoint: String, code: i64, message: String },
}

impl Error {
    /// Whether the same request may succeed later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::RateLimited { .. } | Self::Lagging { .. } | Self::Inconsistent { .. } => true,
            // Nodes answer "internal error" and the like in passing; an unknown method or wrong parameters stay so.
            Self::Rpc { code, .. } => !matches!(code, -32602..=-32600),
            _ => false,
        }
    }

    /// Sorts a transport's error. By message first: providers reuse codes (-32005 is "too many results" at one, a rate limit at another).
    pub(crate) fn classify(endpoint: &str, error: TransportError) -> Self {
        let endpoint = endpoint.to_owned();
        match error {
            RpcError::ErrorResp(payload) => {
                let data = payload.as_revert_data();
                let (code, message) = (payload.code, printable(&payload.message));
                let text = message.to_lowercase();
                let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
                if let Some(data) = data {
                    Self::Reverted { message, data: data.to_vec() }
                } else if says(&["revert"]) {
                    Self::Reverted { message, data: Vec::new() }
                } else if says(&[
                    "too many results",
                    "more than",
                    "too large",
                    "range limit",
                    "block range is",
                    "range is too",
                    "response size",
                    "limited to a",
                ]) {
                    Self::TooLarge { endpoint, message }
                } else if says(&["rate limit", "too many requests", "throttle", "capacity", "quota"]) || code == 429 {
                    Self::RateLimited { endpoint, message }
                } else if says(&[
                    "unknown block",
                    "header not found",
                    "block not found",
                    "cannot be found",
                    "out of range",
                    "beyond",
                ]) {
                    Self::Lagging { endpoint, block: message }
                } else {
                    Self::Rpc { endpoint, code, message }
                }
            }
            RpcError::Transport(TransportErrorKind::HttpError(http)) if http.status == 429 => {
                Self::RateLimited { endpoint, message: "HTTP 429".into() }
            }
            RpcError::DeserError { err, .. } => {
                Self::Unreachable { endpoint, cause: format!("the answer is not JSON-RPC ({err})") }
            }
            RpcError::NullResp => Self::Lagging { endpoint, block: "asked for".into() },
            RpcError::Transport(TransportErrorKind::HttpError(http)) => {
                Self::Unreachable { endpoint, cause: format!("HTTP {}", http.status) }
            }
            // The transport's own text holds the URL, and URLs hold keys.
            other => Self::Unreachable { endpoint, cause: cause(&other).into() },
        }
    }
}

fn cause(error: &TransportError) -> &'static str {
    let text = format!("{error:?}");
    if text.contains("TimedOut") || text.contains("timed out") {
        "no answer in time"
    } else if text.contains("ConnectionRefused") {
        "connection refused"
    } else if text.contains("dns error") {
        "the host name does not resolve"
    } else {
        "the connection failed"
    }
}

/// An endpoint's own words, cut to a line.
fn printable(text: &str) -> String {
    text.chars().take(300).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::rpc::json_rpc::ErrorPayload;

    fn class(code: i64, message: &str) -> Error {
        let payload = ErrorPayload { code, message: message.to_owned().into(), data: None };
        Error::classify("main", RpcError::ErrorResp(payload))
    }

    #[test]
    fn the_message_decides_and_not_the_code() {
        let wide = "query returned more than 10000 results. Try with this block range [0x1, 0x2]";
        assert!(matches!(class(-32005, wide), Error::TooLarge { .. }));
        assert!(matches!(class(-32005, "daily request count exceeded, request rate limited"), Error::RateLimited { .. }));
        assert!(matches!(class(-32000, "unknown block"), Error::Lagging { .. }));
        assert!(matches!(
            class(-32602, "BlockOutOfRangeError: block height is 3 but requested was 9, out of range"),
            Error::Lagging { .. }
        ));
        assert!(matches!(class(3, "execution reverted"), Error::Reverted { .. }));
        assert!(matches!(class(-32601, "method not found"), Error::Rpc { code: -32601, .. }));
    }
}
