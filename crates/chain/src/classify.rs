//! From an endpoint's words to what to do about them.
//!
//! By message first, by code only where the words say nothing: providers reuse codes (-32005 is "too many results" at one and a
//! rate limit at another). By part of the text, because clients wrap their words in sentences.

use alloy::rpc::json_rpc::ErrorPayload;

use crate::{Error, call::Failure};

/// The range holds too much, or spans too many blocks.
const TOO_LARGE: &[&str] = &[
    "query returned more than",
    "too many results",
    "too many logs",
    "max results",
    "logs matched by query exceeds",
    "response size",
    "response is too big",
    "response too large",
    "result too large",
    "range limit",
    "range too large",
    "range too wide",
    "range is too",
    "block range is",
    "blocks range",
    "block range should work",
    "exceed maximum block range",
    "exceeds max block range",
    "max block range",
    "maximum block range",
    "maximum rpc range",
    "exceeds the range",
    "exceeds block range",
    "ranges over",
    "range over",
    "is limited to a",
    "are limited to a",
    "limited to 0 -",
    "too many blocks",
    "block range. please check",
    "reduce the block range",
    "reducing your block range",
    "max range",
    "query timeout exceeded",
    "query timed out",
];

/// Asked too often.
const RATE_LIMITED: &[&str] = &[
    "rate limit",
    "rate-limit",
    "ratelimit",
    "rate exceeded",
    "too many requests",
    "throttl",
    "capacity",
    "quota",
    "request limit",
    "requests limit",
    "daily request count",
    "credits",
    "compute units",
    "concurrent requests",
    "usage limit",
    "request count exceeded",
    "requests per second",
];

/// It does not have the block: not yet, or on no branch of its.
const LAGGING: &[&str] = &[
    "unknown block",
    "header not found",
    "header for hash not found",
    "block not found",
    "cannot be found",
    "could not be found",
    "could not find block",
    "not currently canonical",
    "out of range",
    "beyond current head",
    "beyond head",
    "beyond the head",
    "after last accepted block",
    "unfinalized data",
    "future block",
    "does not have the requested block",
    "block is not available",
];

/// It had the block's state or logs once, and keeps them no more.
const PRUNED: &[&str] = &[
    "missing trie node",
    "historical state",
    "historical data",
    "historical backend",
    "state not available",
    "state is not available",
    "state unavailable",
    "state is unavailable",
    "no state available",
    "state already discarded",
    "state has been discarded",
    "required historical",
    "world state unavailable",
    "pruned",
    "pruning",
    "archive",
    "maximum proof window",
    "distance to target block exceeds",
    "old data not available",
    "state histories haven't been fully indexed",
    "block is too old",
];

/// The endpoint is a door to others, and none of those answers.
const UNREACHABLE: &[&str] = &[
    "no backend",
    "no available upstream",
    "no upstream",
    "upstream is not",
    "bad gateway",
    "service unavailable",
    "server is busy",
];

/// There is no such method, or not on this plan.
const NO_METHOD: &[&str] = &[
    "method not found",
    "method not supported",
    "method is not supported",
    "method is not available",
    "method not available",
    "method not allowed",
    "method not whitelisted",
    "method is not whitelisted",
    "unsupported method",
    "unknown method",
    "does not exist/is not available",
    "not available on this plan",
    "method is disabled",
];

/// JSON-RPC 2.0 and EIP-1474.
const NO_METHOD_CODES: [i64; 2] = [-32601, -32004];

/// EIP-1474: "limit exceeded", whichever limit that is.
const LIMIT_EXCEEDED: i64 = -32005;

/// Sorts an error answer to a read.
pub(crate) fn answer(endpoint: &str, method: &str, payload: &ErrorPayload) -> Error {
    let endpoint = endpoint.to_owned();
    let (code, message) = (payload.code, message(payload));
    let text = message.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let is_logs = method == "eth_getLogs";
    if let Some(data) = payload.as_revert_data() {
        Error::Reverted { message, data: data.to_vec() }
    } else if text.contains("revert") {
        Error::Reverted { message, data: Vec::new() }
    } else if says(TOO_LARGE) || (is_logs && code == LIMIT_EXCEEDED && !says(RATE_LIMITED)) {
        Error::TooLarge { endpoint, suggested: suggested(&text), message }
    } else if says(RATE_LIMITED) || code == 429 || code == LIMIT_EXCEEDED {
        Error::RateLimited { endpoint, message }
    } else if says(PRUNED) {
        Error::Pruned { endpoint, message }
    } else if says(NO_METHOD) || NO_METHOD_CODES.contains(&code) {
        Error::NoMethod { endpoint, method: method.to_owned(), message }
    } else if says(LAGGING) {
        Error::Lagging { endpoint, block: message }
    } else if says(UNREACHABLE) {
        Error::Unreachable { endpoint, cause: message }
    } else {
        Error::Rpc { endpoint, code, message }
    }
}

/// Sorts a request that got no answers.
pub(crate) fn failure(endpoint: &str, method: &str, failure: &Failure) -> Error {
    let endpoint = endpoint.to_owned();
    match failure {
        Failure::Transport(cause) => Error::Unreachable { endpoint, cause: (*cause).to_owned() },
        Failure::Garbled(cause) => Error::Unreachable { endpoint, cause: cause.clone() },
        Failure::TooLong if method == "eth_getLogs" => {
            Error::TooLarge { endpoint, message: "the answer is longer than any that is read".to_owned(), suggested: None }
        }
        Failure::TooLong => Error::Unreachable {
            endpoint,
            cause: format!("its answer to {method} is longer than any true one, and was not read"),
        },
        Failure::Status { status, error } => {
            let sorted = error.as_ref().map(|error| answer(&endpoint, method, error));
            match (status, sorted) {
                (
                    _,
                    Some(
                        error @ (Error::Reverted { .. } | Error::TooLarge { .. } | Error::Lagging { .. } | Error::Pruned { .. }),
                    ),
                ) => error,
                (429, Some(Error::Rpc { message, .. })) => Error::RateLimited { endpoint, message },
                (429, None) => Error::RateLimited { endpoint, message: "HTTP 429".to_owned() },
                (413, _) => Error::TooLarge { endpoint, message: "HTTP 413".to_owned(), suggested: None },
                (_, Some(error)) => error,
                (300..=399, None) => Error::Unreachable {
                    endpoint,
                    cause: format!("HTTP {status}, a redirect, which is not followed: give the address that it leads to"),
                },
                (401 | 403, None) => {
                    Error::Unreachable { endpoint, cause: format!("HTTP {status}: it does not accept the key in the URL") }
                }
                (_, None) => Error::Unreachable { endpoint, cause: format!("HTTP {status}") },
            }
        }
    }
}

/// Whether an error is about several calls coming at once.
pub(crate) fn is_about_batches(payload: &ErrorPayload) -> bool {
    message(payload).to_lowercase().contains("batch")
}

/// What an error says. Some say the reason in `data` alone, beside a message like "server error".
fn message(payload: &ErrorPayload) -> String {
    let data = payload.data.as_ref().map(|data| data.get().trim_matches('"')).filter(|data| *data != "null");
    match data.filter(|data| !data.starts_with("0x")) {
        Some(data) => printable(&format!("{} ({data})", payload.message)),
        None => printable(&payload.message),
    }
}

/// An endpoint's own words, cut to a line.
pub(crate) fn printable(text: &str) -> String {
    text.chars().take(300).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// The range in words like `this block range should work: [0x1, 0x2]`, or reth's `retry with the range 1-2`.
fn suggested(text: &str) -> Option<(u64, u64)> {
    let (_, after) = text.rsplit_once("range")?;
    let mut numbers = after.split(|c: char| !c.is_ascii_alphanumeric()).filter_map(number);
    let (from, to) = (numbers.next()?, numbers.next()?);
    (from <= to).then_some((from, to))
}

fn number(word: &str) -> Option<u64> {
    match word.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => word.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(code: i64, message: &str) -> &'static str {
        let payload = ErrorPayload { code, message: message.to_owned().into(), data: None };
        name(&answer("main", "eth_getLogs", &payload))
    }

    fn name(error: &Error) -> &'static str {
        match error {
            Error::TooLarge { .. } => "too large",
            Error::RateLimited { .. } => "rate limited",
            Error::Lagging { .. } => "lagging",
            Error::Pruned { .. } => "pruned",
            Error::NoMethod { .. } => "no method",
            Error::Unreachable { .. } => "unreachable",
            Error::Reverted { .. } => "reverted",
            Error::Rpc { .. } => "rpc",
            _ => "other",
        }
    }

    #[test]
    fn the_message_decides_and_not_the_code() {
        for (code, message, expect) in [
            (-32005, "query returned more than 10000 results. Try with this block range [0x1, 0x2].", "too large"),
            (-32602, "Log response size exceeded. this block range should work: [0x1, 0x2]", "too large"),
            (-32614, "eth_getLogs is limited to a 10,000 range", "too large"),
            (-32600, "eth_getLogs and eth_newFilter are limited to a 10,000 blocks range", "too large"),
            (-32600, "block range is too wide", "too large"),
            (-32000, "requested too many blocks from 0 to 16777216, maximum is set to 2048", "too large"),
            (-32602, "query exceeds max results 20000, retry with the range 1-99", "too large"),
            (-32602, "query exceeds max block range 100000", "too large"),
            (-32000, "Requested range exceeds maximum RPC range limit", "too large"),
            (-32000, "ranges over 10000 blocks are not supported on freetier", "too large"),
            (-32000, "exceed maximum block range: 50000", "too large"),
            (-32008, "Response is too big", "too large"),
            (-32020, "backend response too large", "too large"),
            (-32000, "query timeout exceeded", "too large"),
            (-32600, "batch too large", "rpc"),
            (-32005, "limit exceeded", "too large"),
            (-32005, "daily request count exceeded, request rate limited", "rate limited"),
            (-32007, "100/second request limit reached - reduce calls per second", "rate limited"),
            (-32012, "credits limited to 6000/sec", "rate limited"),
            (429, "Your app has exceeded its compute units per second capacity", "rate limited"),
            (-32000, "maximum number of concurrent requests exceeded", "rate limited"),
            (-32000, "unknown block", "lagging"),
            (-32000, "header not found", "lagging"),
            (-32000, "hash 0x12 is not currently canonical", "lagging"),
            (-32602, "BlockOutOfRangeError: block height is 3 but requested was 9, out of range", "lagging"),
            (-32000, "block range extends beyond current head block", "lagging"),
            (-32000, "requested to block 9 after last accepted block 3", "lagging"),
            (-32000, "missing trie node 0xab (path ) state is not available", "pruned"),
            (-32000, "historical state 0xab is not available", "pruned"),
            (-32000, "required historical state unavailable (reexec=128)", "pruned"),
            (-32002, "No state available for block 0xab. World state unavailable", "pruned"),
            (-32000, "old data not available due to pruning", "pruned"),
            (-32000, "state at block #7 is pruned", "pruned"),
            (4444, "pruned history unavailable", "pruned"),
            (-32011, "no backend is currently healthy to serve traffic", "unreachable"),
            (3, "execution reverted: no", "reverted"),
            (-32601, "the method eth_getLogs does not exist", "no method"),
            (-32601, "the method eth_getLogs does not exist/is not available", "no method"),
            (-32004, "Method eth_getLogs is not supported", "no method"),
            (-32600, "Unsupported method: eth_getLogs", "no method"),
            (-32000, "rpc method is not whitelisted", "no method"),
            (-32603, "Internal error", "rpc"),
        ] {
            assert_eq!(class(code, message), expect, "{message}");
        }
    }

    #[test]
    fn a_reason_that_stands_in_data_alone_is_read() {
        let sorted = |data: &str| {
            let data = Some(serde_json::value::RawValue::from_string(data.to_owned()).unwrap());
            name(&answer("main", "eth_getLogs", &ErrorPayload { code: -32000, message: "server error".into(), data }))
        };
        assert_eq!(sorted(r#""block range is too wide""#), "too large");
        assert_eq!(sorted(r#"{"payload":"range 9 is bigger than range limit 2"}"#), "too large");
        assert_eq!(sorted(r#""something else""#), "rpc");
        assert_eq!(sorted("null"), "rpc");
    }

    #[test]
    fn a_bare_limit_is_one_of_size_for_logs_and_of_rate_for_everything_else() {
        let payload = ErrorPayload { code: LIMIT_EXCEEDED, message: "limit exceeded".into(), data: None };
        assert_eq!(name(&answer("main", "eth_call", &payload)), "rate limited");
        assert_eq!(name(&answer("main", "eth_getLogs", &payload)), "too large");
    }

    #[test]
    fn a_status_without_json_says_what_it_can() {
        let class = |status, error: Option<&str>| {
            let error = error.map(|message| ErrorPayload { code: -32000, message: message.to_owned().into(), data: None });
            let sorted = failure("main", "eth_getLogs", &Failure::Status { status, error });
            name(&sorted)
        };
        assert_eq!(class(429, None), "rate limited");
        assert_eq!(class(429, Some("slow down")), "rate limited");
        assert_eq!(class(413, None), "too large");
        assert_eq!(class(400, Some("query returned more than 10000 results")), "too large");
        assert_eq!(class(503, None), "unreachable");
        assert_eq!(class(307, None), "unreachable");
        assert_eq!(class(404, Some("header not found")), "lagging");
    }

    #[test]
    fn a_suggested_range_is_read_in_the_words_of_each_provider() {
        let check = |message: &str, expect| assert_eq!(suggested(message), expect, "{message}");
        check("query returned more than 10000 results. try with this block range [0x1f, 0x20].", Some((0x1f, 0x20)));
        check("this block range should work: [0x0, 0xff]", Some((0, 255)));
        check("query exceeds max results 20000, retry with the range 100-199", Some((100, 199)));
        check("block range is too wide", None);
        check("ranges over 10000 blocks are not supported", None);
        check("try with this block range [0x5, 0x4]", None);
    }
}
