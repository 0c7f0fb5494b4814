//! As of which block a request wants its answer.

/// The `at` parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum At {
    Head,
    Safe,
    Finalized,
    Block(u64),
}
