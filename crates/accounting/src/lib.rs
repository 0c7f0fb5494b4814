//! LinkPool accounting.
