//! LinkPool chain.
