//! What AWS refuses, in its own words.

use serde_json::{Value, json};

pub type Result<T, E = AwsError> = std::result::Result<T, E>;

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsError {
    pub kind: &'static str,
    pub message: String,
    pub status: u16,
}

impl AwsError {
    pub fn new(kind: &'static str, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), status: 400 }
    }

    /// A parameter that can't be.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new("InvalidParameterException", message)
    }

    pub fn client(message: impl Into<String>) -> Self {
        Self::new("ClientException", message)
    }

    /// What AWS answers where it is itself at fault.
    pub fn of_the_server() -> Self {
        Self { status: 500, ..Self::new("ServerException", "Service Unavailable. Please try again later.") }
    }

    pub fn body(&self) -> Value {
        json!({ "__type": self.kind, "message": self.message })
    }
}
