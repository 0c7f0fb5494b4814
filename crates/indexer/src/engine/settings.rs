//! What the engine is told once.

use super::message::Millis;

/// How many headers are kept where the chain finalizes nothing; deeper than this a reorg counts as one below finality.
pub const HEADER_WINDOW: u64 = linkpool_db::ingest::HEADER_WINDOW;

#[derive(Debug, Clone)]
pub struct Settings {
    /// Most blocks in one range.
    pub max_blocks: u64,
    /// How often the head is asked for.
    pub poll_ms: Millis,
    /// Without progress for this long the condition is `stalled`.
    pub stalled_after_ms: Millis,
    /// How many endpoints there are: a final block is gone only when all of them say so.
    pub endpoints: usize,
    /// Answers that wait for their turn hold no more than this, unless it is one alone.
    pub max_bytes: usize,
}
