//! LinkPool indexer.
