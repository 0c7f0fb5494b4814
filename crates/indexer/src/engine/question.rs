//! Questions that are open, and what each is for.

use super::message::AskId;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Backfill,
    Tail,
    Recheck,
    Branch,
    /// About no run of blocks.
    Other,
}

/// A question about a run of blocks, one of its part at a time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    pub id: AskId,
    pub from: u64,
    pub to: u64,
}

/// A question that was taken back.
#[derive(Debug)]
pub(super) struct Closed {
    /// The range that it was about, if it was about one.
    pub blocks: Option<(u64, u64)>,
    pub part: Part,
}
