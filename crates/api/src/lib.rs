//! LinkPool api.
