//! Events that do not continue each other: what is tried, how often, and when the index goes on without.

use super::Leader;
use crate::engine::search::{MAX_RETRIES, Why};
use crate::engine::{EndpointName, Gap, Payload, context::Context};

/// Blocks that are read again because of one gap, unless no two tries at each endpoint fit in.
const MAX_READ_AGAIN: u64 = 500_000;

impl<P: Payload> Leader<P> {
    /// How often the blocks from `since` on are fetched because of a gap. Each time everything above is written again, so the
    /// deeper it lies, the less often.
    fn max_gap_retries(&self, since: u64, endpoints: usize) -> u32 {
        let fit = MAX_READ_AGAIN / self.cursor.number.saturating_sub(since).max(1);
        let least = u32::try_from(endpoints).map_or(MAX_RETRIES, |endpoints| endpoints * 2).min(MAX_RETRIES);
        u32::try_from(fit).unwrap_or(MAX_RETRIES).clamp(least, MAX_RETRIES)
    }

    /// An event presupposes something that is not written. Ask for it elsewhere first, then for what should be in between
    /// (`is_branch`: at once, because that holds what was just asked for too); when both have been tried often enough, say so
    /// and go on.
    pub(super) fn forgives(&mut self, cx: &mut Context<P>, gap: &Gap, endpoint: &EndpointName, is_branch: bool) -> bool {
        self.learned.gap.observe(gap.at);
        let is_in_answer = gap.since > self.cursor.number;
        // An answer that has what comes before and after, and nothing in between, was fetched because of the gap, too.
        self.learned.gap.retries += u32::from(is_in_answer && !is_branch);
        if self.learned.gap.retries >= self.max_gap_retries(gap.since, cx.settings.endpoints) {
            cx.log(format!("{}: run `linkpool verify --repair`", gap.what));
            cx.watchdog.passed_over(cx.now, &gap.what);
            return true;
        }
        cx.deprioritize(endpoint.clone());
        if is_in_answer || (self.learned.gap.observed % 2 == 1 && !is_branch) {
            self.give_up_questions();
        } else {
            let from = self.learned.provenance.start_of(gap.since);
            self.begin_again(cx, from, Why::Gap);
        }
        cx.failed(gap.what.clone());
        false
    }
}
