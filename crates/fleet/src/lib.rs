//! LinkPool fleet.
