//! JSON-RPC 2.0: calls, single or in a batch, and answers made of parts that are written already.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

/// Most calls in one batch, as geth has it.
pub(super) const MAX_CALLS: usize = 1_000;

/// One call; a missing id is answered as null.
#[derive(Debug, Deserialize)]
pub(super) struct Call<'a> {
    #[serde(borrow)]
    pub id: Option<&'a RawValue>,
    pub method: &'a str,
    #[serde(default)]
    pub params: Vec<Value>,
}

/// What is wrong with a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub code: i64,
    pub message: String,
    pub data: Option<String>,
}

impl Fault {
    pub(super) fn new(code: i64, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), data: None }
    }

    pub(super) fn parameters(message: impl Into<String>) -> Self {
        Self::new(-32_602, message)
    }
}

/// The pieces of an answer, to be sent one after the other.
pub(super) type Pieces = Vec<Bytes>;

pub(super) fn text(value: impl Into<String>) -> Pieces {
    vec![Bytes::from(value.into())]
}

pub(super) fn null() -> Pieces {
    vec![Bytes::from_static(b"null")]
}

/// The calls of a body, and whether they came as a batch.
pub(super) fn parse(body: &[u8]) -> Result<(Vec<Call<'_>>, bool), Fault> {
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    let malformed = |error: serde_json::Error| Fault::new(-32_700, format!("parse error: {error}"));
    if first == Some(&b'[') {
        let calls: Vec<Call<'_>> = serde_json::from_slice(body).map_err(malformed)?;
        if calls.is_empty() || calls.len() > MAX_CALLS {
            return Err(Fault::new(-32_600, format!("a batch has 1 to {MAX_CALLS} calls")));
        }
        return Ok((calls, true));
    }
    Ok((vec![serde_json::from_slice(body).map_err(malformed)?], false))
}

/// Appends one answer.
pub(super) fn push(out: &mut Pieces, id: Option<&RawValue>, result: Result<Pieces, Fault>) {
    let id = id.map_or("null", RawValue::get);
    match result {
        Ok(pieces) => {
            out.push(Bytes::from(format!(r#"{{"jsonrpc":"2.0","id":{id},"result":"#)));
            out.extend(pieces);
            out.push(Bytes::from_static(b"}"));
        }
        Err(Fault { code, message, data }) => {
            let mut error = serde_json::json!({ "code": code, "message": message });
            if let Some(data) = data {
                error["data"] = data.into();
            }
            out.push(Bytes::from(format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{error}}}"#)));
        }
    }
}
