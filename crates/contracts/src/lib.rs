//! LinkPool contracts.
