//! What is written above an ancestor is replaced, once its new blocks and the ledger below them are here.

use linkpool_primitives::BlockRef;

use super::Leader;
use crate::engine::search::{Branch, MAX_RETRIES, Search, Why};
use crate::engine::{
    AskId, EndpointName, Fetched, Payload,
    context::Context,
    finals::{Evidence, Verdict},
    provenance::SourcedRange,
};

impl<P: Payload> Leader<P> {
    /// The branch that this answers.
    pub(super) fn branch(&mut self, id: AskId) -> Option<&mut Branch<P>> {
        match &mut self.search {
            Some(Search::Branch(branch)) if branch.ask == Some(id) => Some(branch),
            _ => None,
        }
    }

    pub(super) fn ledger(&mut self, cx: &mut Context<P>, at: u64, ledger: P::Ledger) {
        if let Some(Search::Branch(branch)) = &mut self.search
            && branch.ancestor.number == at
        {
            branch.ledger = Some(ledger);
            self.swap_if_complete(cx);
        }
    }

    pub(super) fn fetched_branch(&mut self, cx: &mut Context<P>, id: AskId, fetched: Fetched<P>) {
        if let Some(branch) = self.branch(id) {
            branch.fetched = Some(fetched);
            self.swap_if_complete(cx);
        }
    }

    fn swap_if_complete(&mut self, cx: &mut Context<P>) {
        let is_complete = |search: &mut Search<P>| matches!(search, Search::Branch(branch) if branch.ledger.is_some() && branch.fetched.is_some());
        let Some(Search::Branch(mut branch)) = self.search.take_if(is_complete) else { return };
        if let (Some(fetched), Some(ledger)) = (branch.fetched.take(), branch.ledger.take()) {
            self.swap(cx, &branch, fetched, ledger);
        }
    }

    fn swap(&mut self, cx: &mut Context<P>, branch: &Branch<P>, fetched: Fetched<P>, mut ledger: P::Ledger) {
        if fetched.first_parent != branch.ancestor.hash {
            // The chain moved once more. The next look at the heads begins again.
            cx.poll.hurry(cx.now);
            return cx.failed(format!("the branch above block {} changed", branch.ancestor.number));
        }
        let sourced = SourcedRange::of(branch.ancestor.number + 1, branch.to, &fetched);
        if !keeps_finality(cx, &fetched) || !self.has_what_it_is_for(cx, &branch.why, &sourced, &fetched.endpoint) {
            return;
        }
        self.name_who_left_out(cx, &branch.why, sourced, &fetched);
        if let Err(gap) = fetched.payload.follow(&mut ledger, false) {
            self.learned.gap.retries += 1;
            if !self.forgives(cx, &gap, &fetched.endpoint, true) {
                return;
            }
        }
        self.write_branch(cx, branch, fetched);
    }

    /// Whether the answer bears out what it was fetched for.
    fn has_what_it_is_for(&mut self, cx: &mut Context<P>, why: &Why, sourced: &SourcedRange, endpoint: &EndpointName) -> bool {
        match *why {
            Why::MissingLogs { block, logs } if sourced.logs(block) < logs && self.learned.missing_logs.retries < MAX_RETRIES => {
                self.learned.missing_logs.retries += 1;
                let problem = format!("`{endpoint}` leaves out logs of block {block} that it has as part of a range");
                cx.watchdog.recheck_failed(problem);
                cx.contradicted(endpoint, format!("it left out logs of block {block}"));
                false
            }
            Why::ExtraLogs { block, logs } if sourced.logs(block) != logs => {
                cx.deprioritize(endpoint.clone());
                cx.failed(format!("the endpoints do not agree on the logs of block {block}"));
                false
            }
            Why::ExtraLogs { block, .. } => {
                // Who gave more can't take it back by giving less now.
                if let Some(writer) = self.writer_of(block) {
                    cx.report_faulty(writer, format!("it gave logs of block {block} that the chain does not have"));
                }
                true
            }
            Why::Reorg | Why::Gap | Why::MissingLogs { .. } => true,
        }
    }

    /// Who left out logs of the same blocks is named with whoever gave occasion to look. What is not final yet may be made up: those
    /// who gave what it replaces are named, or not, when it is.
    fn name_who_left_out(&mut self, cx: &mut Context<P>, why: &Why, sourced: SourcedRange, fetched: &Fetched<P>) {
        let finalized = cx.finalized();
        let compared = match why {
            Why::Reorg => return,
            Why::MissingLogs { .. } => {
                let last = self.last_shared(finalized, &fetched.headers);
                self.learned.replaced.keep(&self.learned.provenance, finalized + 1, last);
                sourced.up_to(finalized)
            }
            Why::Gap | Why::ExtraLogs { .. } => sourced,
        };
        cx.report_short(self.learned.provenance.short(&compared));
    }
}

/// Whether the blocks of an answer that are final have the final hashes: an endpoint on a dead branch answers for any of them.
fn keeps_finality<P: Payload>(cx: &mut Context<P>, fetched: &Fetched<P>) -> bool {
    let Some(heads) = cx.heads else { return false };
    let last = fetched.headers.iter().rev().find(|header| header.block.number <= heads.finalized);
    let Some(BlockRef { number, hash, .. }) = last.map(|header| header.block) else { return true };
    match cx.finals.judge(number, hash, Evidence::Chain, &heads) {
        Verdict::Final => return true,
        Verdict::Other => cx.contradicted(&fetched.endpoint, format!("its block {number} is not the final one")),
        // The question is open now; whoever wanted the branch wants it again.
        Verdict::Unknown => cx.failed(format!("whether block {number} is the final one is being asked")),
    }
    false
}
