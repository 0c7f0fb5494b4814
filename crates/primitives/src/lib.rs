//! LinkPool primitives.
