//! LinkPool db.
