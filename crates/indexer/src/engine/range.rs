//! How many blocks to ask for at once, and how many questions to have open.

use super::message::Millis;

/// Bytes in an answer that are worth a round trip; several answers are read side by side, so they are also what memory has to hold.
const AIM_BYTES: u64 = 2 << 20;
/// How much longer the next range may be where the last answer was far from the aim.
const GROWTH: u64 = 4;
/// Answers after which a length that was refused may be tried again; twice as many each time that it is refused again.
const FORGET_REFUSAL: u32 = 8;
const LONGEST_MEMORY: u32 = 128;
const FIRST_BLOCKS: u64 = 100;

/// What was refused is not asked for again for a while.
#[derive(Debug, Clone)]
struct Ceiling {
    blocks: u64,
    most: u64,
    answers: u32,
    memory: u32,
    was_raised: bool,
}

impl Ceiling {
    fn new(most: u64) -> Self {
        Self { blocks: most, most, answers: 0, memory: FORGET_REFUSAL, was_raised: false }
    }

    fn answered(&mut self) {
        self.answers += 1;
        if self.answers >= self.memory {
            self.was_raised = self.blocks < self.most;
            (self.blocks, self.answers) = ((self.blocks * 2).min(self.most), 0);
        }
    }

    fn refused(&mut self, blocks: u64) {
        if std::mem::take(&mut self.was_raised) {
            self.memory = (self.memory * 2).min(LONGEST_MEMORY);
        }
        (self.blocks, self.answers) = (self.blocks.min(blocks.saturating_sub(1).max(1)), 0);
    }
}

/// How many blocks are read one by one in one question: twice as many after each answer, half after a refusal.
#[derive(Debug, Clone)]
pub(super) struct Run {
    blocks: u64,
    ceiling: Ceiling,
}

impl Run {
    pub fn new(most: u64) -> Self {
        let most = most.max(1);
        Self { blocks: most, ceiling: Ceiling::new(most) }
    }

    pub fn blocks(&self) -> u64 {
        self.blocks
    }

    /// One block next time: there may be no more. Nothing was refused.
    pub fn restart(&mut self) {
        self.blocks = 1;
    }

    pub fn answered(&mut self, blocks: u64) {
        if blocks >= self.blocks {
            self.ceiling.answered();
            self.blocks = (self.blocks * 2).min(self.ceiling.blocks);
        }
    }

    pub fn refused(&mut self, blocks: u64) {
        self.ceiling.refused(blocks);
        self.blocks = self.blocks.min((blocks / 2).max(1));
    }
}

/// The length of a range, steered by what came back.
#[derive(Debug, Clone)]
pub(super) struct RangeLength {
    blocks: u64,
    ceiling: Ceiling,
}

impl RangeLength {
    pub fn new(most: u64) -> Self {
        let most = most.max(1);
        Self { blocks: FIRST_BLOCKS.min(most), ceiling: Ceiling::new(most) }
    }

    pub fn blocks(&self) -> u64 {
        self.blocks
    }

    /// An answer of `blocks` blocks was so long: the next is to meet the aim, and is not much longer than this one.
    pub fn answered(&mut self, blocks: u64, bytes: u64) {
        self.ceiling.answered();
        // A short piece (the rest of a bisected range) says little about how long the next may be, unless that is too long.
        let aim = (blocks * AIM_BYTES).checked_div(bytes).unwrap_or(u64::MAX);
        if blocks < self.blocks && aim > self.blocks {
            return;
        }
        self.blocks = (blocks * GROWTH).min(aim).min(self.ceiling.blocks).max(1);
    }

    /// A range of `blocks` blocks was refused. Half of it always; the provider's hint only where it is shorter still.
    pub fn refused(&mut self, blocks: u64, hint: Option<u64>) {
        let half = (blocks / 2).max(1);
        let next = hint.filter(|hint| (1..half).contains(hint)).unwrap_or(half);
        self.ceiling.refused(blocks);
        self.blocks = self.blocks.min(next);
    }
}

const FIRST_CONCURRENCY: usize = 4;
const MAX_CONCURRENCY: usize = 16;
/// Answers between two looks at the latency.
const WINDOW: u32 = 8;
/// A latency this many times the best seen means that more questions at once only queue up over there.
const SLOW: u64 = 3;

/// How many questions may be open at once: one more while the answers stay quick and the writer waits for them, half as many
/// when the endpoint says stop.
#[derive(Debug, Clone)]
pub(super) struct ConcurrencyLimit {
    concurrency: usize,
    best_ms: Millis,
    sum_ms: Millis,
    answers: u32,
}

impl ConcurrencyLimit {
    pub fn new() -> Self {
        Self { concurrency: FIRST_CONCURRENCY, best_ms: Millis::MAX, sum_ms: 0, answers: 0 }
    }

    pub fn count(&self) -> usize {
        self.concurrency
    }

    pub fn answered(&mut self, latency_ms: Millis, writer_waits: bool) {
        self.best_ms = self.best_ms.min(latency_ms.max(1));
        self.sum_ms += latency_ms;
        self.answers += 1;
        if self.answers < WINDOW {
            return;
        }
        let mean = self.sum_ms / Millis::from(self.answers);
        (self.sum_ms, self.answers) = (0, 0);
        if mean > self.best_ms * SLOW && self.concurrency > FIRST_CONCURRENCY {
            self.concurrency -= 1;
        } else if writer_waits && mean <= self.best_ms * SLOW {
            self.concurrency = (self.concurrency + 1).min(MAX_CONCURRENCY);
        }
    }

    pub fn limited(&mut self) {
        self.concurrency = (self.concurrency / 2).max(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_grows_until_the_answer_is_as_long_as_aimed_for() {
        let mut length = RangeLength::new(100_000);
        let mut lengths = Vec::new();
        for _ in 0..6 {
            lengths.push(length.blocks());
            length.answered(length.blocks(), length.blocks() * 600);
        }
        assert_eq!(lengths, [100, 400, 1_600, 3_495, 3_495, 3_495]);
        // Where the same blocks hold a hundred times as much the next range is as much shorter, whichever piece says so.
        length.answered(100, 100 * 60_000);
        assert_eq!(length.blocks(), 34);
    }

    #[test]
    fn a_refused_range_is_halved_whatever_the_provider_suggests() {
        let mut length = RangeLength::new(1_000);
        length.answered(100, 0);
        length.refused(400, Some(400));
        assert_eq!(length.blocks(), 200, "a hint that does not shrink is not used");
        length.refused(200, Some(3));
        assert_eq!(length.blocks(), 3);
        length.refused(1, None);
        assert_eq!(length.blocks(), 1);
    }

    #[test]
    fn a_refused_length_is_not_asked_for_again_at_once() {
        let mut length = RangeLength::new(1_000);
        length.refused(100, None);
        for _ in 0..FORGET_REFUSAL - 1 {
            length.answered(length.blocks(), 0);
        }
        assert_eq!(length.blocks(), 99);
    }

    #[test]
    fn a_length_that_is_refused_again_is_tried_ever_more_seldom() {
        let mut run = Run::new(200);
        (0..10).for_each(|_| run.refused(run.blocks() + 1));
        run.restart();
        let mut answers = Vec::new();
        for _ in 0..6 {
            let mut count = 0;
            while run.blocks() == 1 {
                run.answered(1);
                count += 1;
            }
            run.refused(run.blocks());
            answers.push(count);
        }
        assert_eq!(answers, [8, 16, 32, 64, 128, 128]);
    }

    #[test]
    fn lanes_open_one_by_one_and_close_by_half() {
        let mut concurrency = ConcurrencyLimit::new();
        (0..WINDOW * 20).for_each(|_| concurrency.answered(10, true));
        assert_eq!(concurrency.count(), MAX_CONCURRENCY);
        (0..WINDOW).for_each(|_| concurrency.answered(100, true));
        assert_eq!(concurrency.count(), MAX_CONCURRENCY - 1, "slow answers");
        concurrency.limited();
        assert_eq!(concurrency.count(), 7);
    }
}
