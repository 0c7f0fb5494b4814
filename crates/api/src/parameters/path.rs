//! What stands in the path.

use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};
use linkpool_primitives::{Address, B256, parse_address};

use super::{ADDRESS, HASH, Spec};
use crate::problem::Problem;

/// The one variable part of a path, decoded.
#[derive(Debug)]
pub(crate) struct PathText(String);

impl<S: Send + Sync> FromRequestParts<S> for PathText {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        path.map(|Path(text)| Self(text)).map_err(|_| Problem::invalid_field("path", "must be percent-encoded UTF-8"))
    }
}

impl PathText {
    pub fn address(&self) -> Result<Address, Problem> {
        self.check(&ADDRESS)?;
        parse_address(&self.0).map_err(|error| Problem::invalid_field(ADDRESS.name, format!("is not valid: {error}")))
    }

    pub fn hash(&self) -> Result<B256, Problem> {
        self.check(&HASH)?;
        let mut bytes = [0; 32];
        let digits = self.0.trim_start_matches("0x");
        hex::decode_to_slice(digits, &mut bytes).map_err(|error| Problem::invalid_field(HASH.name, error.to_string()))?;
        Ok(bytes.into())
    }

    fn check(&self, spec: &Spec) -> Result<(), Problem> {
        spec.form.check(&self.0).map_err(|detail| Problem::invalid_field(spec.name, detail))
    }
}
