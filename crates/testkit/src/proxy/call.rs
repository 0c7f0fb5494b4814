//! A call, and what may come of it.

use serde_json::{Value, json};

use super::fault::Fault;

/// What the client gets.
#[derive(Debug)]
pub(super) enum Outcome {
    Json(Vec<u8>),
    /// JSON under another status.
    Body(u16, Vec<u8>),
    /// A page where JSON belongs.
    Page,
    Status(u16),
    Redirect(String),
    /// Nothing, and the connection stays.
    Silence,
    Close,
}

/// A call of the request, and what befalls it.
#[derive(Debug)]
pub(super) struct Call {
    pub id: Value,
    pub method: String,
    pub params: Value,
    pub faults: Vec<Fault>,
}

impl Call {
    pub fn request(&self) -> Value {
        json!({ "jsonrpc": "2.0", "id": self.id, "method": self.method, "params": self.params })
    }
}

pub(super) fn result(call: &Call, value: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": call.id, "result": value })
}

pub(super) fn error(call: &Call, code: i64, message: &str, data: Option<&Value>) -> Value {
    let mut error = json!({ "code": code, "message": message });
    if let Some(data) = data {
        error["data"] = data.clone();
    }
    json!({ "jsonrpc": "2.0", "id": call.id, "error": error })
}

pub(super) fn quantity(value: &Value) -> Option<u64> {
    u64::from_str_radix(value.as_str()?.strip_prefix("0x")?, 16).ok()
}
