//! LinkPool registrar.
