//! Where our chain and the node's part is looked for, from the top.

use linkpool_primitives::BlockRef;

use super::Leader;
use crate::engine::search::{Ancestor, Branch, Search, Why};
use crate::engine::{Ask, AskId, Effect, EndpointName, Hashes, Payload, context::Context, next::Next};

/// Heights in the first question: deeper than nearly every reorg.
const FIRST_HEIGHTS: usize = 64;
/// Heights in each further one.
const MORE_HEIGHTS: usize = 512;

impl<P: Payload> Leader<P> {
    /// Heights below `below` whose hashes we know, from the top.
    fn heights(&self, below: u64, most: usize) -> Vec<u64> {
        let cursor = (self.cursor.number < below).then_some(self.cursor.number);
        let kept = self.window.range(..below.min(self.cursor.number)).rev().map(|(number, _)| *number);
        let lowest = self.window.first_key_value().map_or(self.cursor.number, |(number, _)| *number);
        // Before anything is final, the branches may part as far down as where the contract begins.
        let start = (self.start.0 < lowest.min(below) && self.start.0 >= self.checked).then_some(self.start.0);
        cursor.into_iter().chain(kept).chain(start).take(most).collect()
    }

    /// Gives up every question and looks for the ancestor. `blame` gave an answer that does not fit, and is wrong if ours does.
    pub(super) fn begin_search(&mut self, blame: Option<EndpointName>) {
        self.give_up_questions();
        let below = self.cursor.number + 1;
        self.search = Some(Search::Ancestor(Ancestor { below, blame, ..Ancestor::default() }));
    }

    /// Fetches `from..=to` again, of blocks that are written.
    pub(super) fn begin_again(&mut self, cx: &Context<P>, from: u64, why: Why) {
        self.give_up_questions();
        let number = from.saturating_sub(1).max(self.start.0).min(self.cursor.number);
        let head = cx.heads.map_or(self.cursor.number, |heads| heads.head.number);
        let to = self.cursor.number.min(head).min(number + self.learned.tip.blocks()).max(number + 1);
        self.search = Some(Search::Anchor { ask: None, number, to, why });
    }

    pub(super) fn drive_search(&mut self, cx: &mut Context<P>) {
        if self.writing.is_some() {
            return;
        }
        let Some(mut search) = self.search.take_if(|search| search.asked().is_none()) else { return };
        match &mut search {
            Search::Ancestor(ancestor) => {
                let most = if ancestor.below > self.cursor.number { FIRST_HEIGHTS } else { MORE_HEIGHTS };
                ancestor.heights = self.heights(ancestor.below, most);
                ancestor.ask = Some(cx.ask(Ask::Hashes(ancestor.heights.clone())));
            }
            Search::Anchor { ask, number, .. } => *ask = Some(cx.ask(Ask::Hashes(vec![*number]))),
            Search::Branch(branch) => {
                cx.effects.push(Effect::LoadLedger(branch.ancestor.number));
                let (from, to, ignore_bloom) = (branch.ancestor.number + 1, branch.to, !matches!(branch.why, Why::Reorg));
                branch.ask = Some(cx.ask(Ask::Blocks { from, to, ignore_bloom }));
            }
        }
        self.search = Some(search);
    }

    pub(super) fn hashes(&mut self, cx: &mut Context<P>, id: AskId, hashes: &Hashes) -> Next {
        if cx.attested(id, hashes) {
            return Next::Stay;
        }
        match self.search.take_if(|search| search.asked() == Some(id)) {
            Some(Search::Ancestor(ancestor)) => return self.found_hashes(cx, ancestor, hashes),
            Some(Search::Anchor { number, to, why, .. }) => self.found_anchor(cx, number, to, why, hashes),
            Some(Search::Branch(_)) | None => {}
        }
        Next::Stay
    }

    fn found_hashes(&mut self, cx: &mut Context<P>, mut search: Ancestor, hashes: &Hashes) -> Next {
        let theirs = |height: &u64| hashes.blocks.iter().find(|(number, _)| number == height).and_then(|(_, block)| *block);
        let mut missing = false;
        for height in &search.heights {
            match (theirs(height), self.hash_at(*height)) {
                (Some(theirs), Some(ours)) if theirs.hash == ours => {
                    self.found_ancestor(cx, search, theirs, &hashes.endpoint);
                    return Next::Stay;
                }
                (Some(_), Some(_)) => search.differs = true,
                _ => missing = true,
            }
        }
        let lowest = search.heights.last().copied().unwrap_or(0);
        if missing && !search.differs {
            // It has nothing at all at these heights. Lower down it may, and that would prove nothing.
            prove_nothing(cx, &hashes.endpoint, lowest);
            return Next::Stay;
        }
        if self.heights(lowest, 1).is_empty() {
            return self.final_block_gone(cx, &hashes.endpoint);
        }
        self.search = Some(Search::Ancestor(Ancestor { ask: None, heights: Vec::new(), below: lowest, ..search }));
        Next::Stay
    }

    fn found_ancestor(&mut self, cx: &mut Context<P>, search: Ancestor, ancestor: BlockRef, endpoint: &EndpointName) {
        cx.without_final.clear();
        let Some(heads) = cx.heads else { return };
        if ancestor.number == self.cursor.number {
            // What is written is on the chain. So the answer that did not continue it came from elsewhere.
            if let Some(blame) = search.blame {
                return cx.contradicted(&blame, format!("final blocks that do not continue block {}", ancestor.number));
            }
            return cx.failed(format!("two branches are told of above block {}", ancestor.number));
        }
        if !search.differs {
            return prove_nothing(cx, endpoint, ancestor.number + 1);
        }
        if heads.head.number <= ancestor.number {
            return cx.poll.hurry(cx.now);
        }
        let to = heads.head.number.min(ancestor.number + self.learned.tip.blocks());
        self.search = Some(Search::Branch(Box::new(Branch::new(ancestor, to, Why::Reorg))));
    }

    /// Every block of ours down to the last final one has another hash there. One endpoint may be on a dead branch; nothing is
    /// written until one has our blocks, and when all have said so, nothing ever is.
    fn final_block_gone(&self, cx: &mut Context<P>, endpoint: &EndpointName) -> Next {
        cx.without_final.insert(endpoint.clone());
        if cx.without_final.len() < cx.settings.endpoints {
            cx.deprioritize(endpoint.clone());
            cx.failed(format!("`{endpoint}` does not have the final blocks that are written"));
            return Next::Stay;
        }
        Next::Stop { block: self.cursor.number, finalized: self.checked }
    }

    fn found_anchor(&mut self, cx: &mut Context<P>, number: u64, to: u64, why: Why, hashes: &Hashes) {
        let Some(anchor) = hashes.blocks.first().and_then(|(_, block)| *block) else {
            return prove_nothing(cx, &hashes.endpoint, number);
        };
        if self.hash_at(number).is_some_and(|ours| ours != anchor.hash) {
            return self.begin_search(None);
        }
        self.search = Some(Search::Branch(Box::new(Branch::new(anchor, to, why))));
    }
}

fn prove_nothing<P: Payload>(cx: &mut Context<P>, endpoint: &EndpointName, lowest: u64) {
    cx.deprioritize(endpoint.clone());
    cx.poll.hurry(cx.now);
    cx.failed(format!("`{endpoint}` does not have block {lowest}"));
}
