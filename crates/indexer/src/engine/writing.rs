//! The write that is under way, and where what it writes comes from.

use linkpool_primitives::BlockRef;

use super::{known::Known, provenance::SourcedRange};

/// What is written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Origin {
    /// Asked for when it was final.
    Ranges,
    /// Asked for when it was not.
    Tail,
    /// In place of everything above a block; because of a reorg, or to mend.
    Branch(BlockRef, bool),
}

/// The write that is under way.
#[derive(Debug)]
pub(super) struct Writing {
    pub to: BlockRef,
    pub headers: Vec<(u64, Known)>,
    pub checked: u64,
    pub finalized: u64,
    /// Rows above it were replaced: what is known about the last values comes from the database again.
    pub ancestor: Option<u64>,
    /// They were replaced because the chain changed.
    pub is_reorg: bool,
    /// Who gave what is written instead: whoever gave what was there is to be remembered until it is gone.
    pub replaces: Option<SourcedRange>,
}
