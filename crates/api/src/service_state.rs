//! The word of `/health`.

use linkpool_primitives::IndexerState;
use serde::{Serialize, Serializer};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

/// The indexer's state, or why it is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ServiceState {
    Indexer(IndexerState),
    /// No deployment is recorded yet.
    NotReady,
    /// The database does not answer.
    Unreachable,
}

impl ServiceState {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Indexer(state) => state.as_str(),
            Self::NotReady => "not-ready",
            Self::Unreachable => "unreachable",
        }
    }
}

impl PartialSchema for ServiceState {
    fn schema() -> RefOr<Schema> {
        let known = IndexerState::ALL.iter().copied().map(Self::Indexer);
        let words = known.chain([Self::NotReady, Self::Unreachable]).map(Self::as_str);
        ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).into()
    }
}

impl ToSchema for ServiceState {}

impl Serialize for ServiceState {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
