//! The enums of the domain as the document describes them: which words a field may hold.

use linkpool_primitives as primitives;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

/// Schemas to be named by `#[schema(value_type)]`: the values themselves are not the API's.
macro_rules! schemas {
    ($($name:ident = $words:expr;)+) => {
        $(
            #[derive(Debug)]
            pub(crate) enum $name {}

            impl PartialSchema for $name {
                fn schema() -> RefOr<Schema> {
                    ObjectBuilder::new().schema_type(Type::String).enum_values(Some($words)).into()
                }
            }

            impl ToSchema for $name {}
        )+
    };
}

schemas! {
    AnnouncementState = primitives::AnnouncementState::WORDS.to_vec();
    EventType = primitives::EventKind::WORDS.to_vec();
    NodeStatus = primitives::NodeStatus::WORDS.to_vec();
    IndexerState = primitives::IndexerState::WORDS.to_vec();
    EndpointState = primitives::EndpointState::WORDS.to_vec();
}
