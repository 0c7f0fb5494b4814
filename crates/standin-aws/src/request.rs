//! Reading a call's parameters.

use serde_json::Value;

use crate::error::{AwsError, Result};

/// The body of a call.
#[derive(Debug, Clone, Copy)]
pub struct Parameters<'a>(pub &'a Value);

impl<'a> Parameters<'a> {
    pub fn text(self, name: &str) -> Option<&'a str> {
        self.0.get(name)?.as_str()
    }

    pub fn required(self, name: &str) -> Result<&'a str> {
        self.text(name).filter(|text| !text.is_empty()).ok_or_else(|| AwsError::invalid(format!("{name} cannot be blank.")))
    }

    pub fn number(self, name: &str) -> Option<u64> {
        self.0.get(name)?.as_u64()
    }

    pub fn flag(self, name: &str) -> bool {
        self.0.get(name).and_then(Value::as_bool).unwrap_or_default()
    }

    pub fn list(self, name: &str) -> Vec<&'a str> {
        self.0.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// A page of names, and where the next one begins.
    pub fn page(self, names: &[String]) -> (Vec<String>, Option<String>) {
        let first = self.text("nextToken").and_then(|token| token.parse().ok()).unwrap_or(0_usize);
        let count = usize::try_from(self.number("maxResults").unwrap_or(10)).unwrap_or(10).clamp(1, 100);
        let page: Vec<String> = names.iter().skip(first).take(count).cloned().collect();
        let next = first + page.len();
        (page, (next < names.len()).then(|| next.to_string()))
    }
}

/// The last part of an ARN, or the name itself.
pub fn name_of(named: &str) -> &str {
    named.rsplit('/').next().unwrap_or(named)
}
