//! Calls, and what comes of a request with some of them.

use std::error::Error as _;

use alloy::rpc::json_rpc::ErrorPayload;
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use crate::Log;

#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub method: String,
    pub params: Value,
    /// Somebody else's, who gets the answer's text.
    is_forwarded: bool,
}

impl Call {
    /// `params` must be an array.
    pub fn new(method: impl Into<String>, params: Value) -> Self {
        Self { method: method.into(), params, is_forwarded: false }
    }

    /// A call whose answer is passed on as it comes.
    pub fn forwarded(method: String, params: Value) -> Self {
        Self { method, params, is_forwarded: true }
    }

    /// Whether its logs may be read at once.
    pub fn asks_for_logs(&self) -> bool {
        self.method == "eth_getLogs" && !self.is_forwarded
    }
}

/// Of which of the calls. Some servers give numbers back as text.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Id(pub Option<usize>);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match Value::deserialize(deserializer)? {
            Value::Number(number) => number.as_u64().and_then(|id| usize::try_from(id).ok()),
            Value::String(text) => text.parse().ok(),
            _ => None,
        }))
    }
}

/// What a call got: its result, or an error answer.
pub(crate) type Answer = Result<Given, ErrorPayload>;

/// A result as it came; logs, which are long, perhaps as they were read.
#[derive(Debug, Clone)]
pub(crate) enum Given {
    Text(Box<RawValue>),
    Logs(Vec<Log>),
}

/// The answers in the order of the calls, and how long the body was.
#[derive(Debug, Clone)]
pub(crate) struct Answers {
    pub answers: Vec<Answer>,
    pub bytes: usize,
}

/// Why a request has no answers at all.
#[derive(Debug)]
pub(crate) enum Failure {
    /// No connection, or no answer in time.
    Transport(&'static str),
    /// An HTTP status that is not success, with the JSON-RPC error in its body if there is one.
    Status { status: u16, error: Option<ErrorPayload> },
    /// A body that is not what JSON-RPC says.
    Garbled(String),
    /// A body beyond the bound.
    TooLong,
}

/// What a request that outlived its time failed of.
pub(crate) const TIME_OUT: &str = "no answer in time";
/// What a connection that was there failed of.
const BROKEN: &str = "the connection broke off";

impl Failure {
    /// Whether the next request may well go through: a gateway without a backend, a connection that was closed.
    pub fn is_in_passing(&self) -> bool {
        match self {
            Self::Status { status, error } => *status >= 500 && error.is_none(),
            Self::Transport(cause) => *cause == BROKEN,
            Self::Garbled(_) | Self::TooLong => false,
        }
    }

    /// The connection failed, before the answer or in the middle of it.
    pub fn broken(error: &reqwest::Error) -> Self {
        Self::Transport(cause(error))
    }
}

/// The client's own text may hold the URL, so it is never repeated.
fn cause(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        return TIME_OUT;
    }
    let mut text = String::new();
    let mut source = error.source();
    while let Some(inner) = source {
        text.push_str(&inner.to_string().to_lowercase());
        source = inner.source();
    }
    if text.contains("connection refused") {
        "connection refused"
    } else if text.contains("dns") || text.contains("resolve") {
        "the host name does not resolve"
    } else if text.contains("certificate") {
        "its certificate is not valid"
    } else if error.is_connect() {
        "no connection"
    } else {
        BROKEN
    }
}
