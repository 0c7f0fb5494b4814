//! LinkPool testkit.
