//! What an input makes of the instance.

/// What follows for the mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    Stay,
    /// The database is to be read anew.
    Load,
    /// The same, after the pause that a failure has brought.
    LoadLater,
    StandBy,
    /// A final block is gone.
    Stop {
        block: u64,
        finalized: u64,
    },
}
