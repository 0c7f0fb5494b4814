//! Where our chain and the node's part, and what is written from there on.

use linkpool_primitives::BlockRef;

use super::{
    Engine, Mode,
    attest::Verdict,
    leader_state::LeaderState,
    message::{Ask, AskId, Effect, EndpointName, Fetched, Hashes, Payload},
    provenance::SourcedRange,
    write::left_out,
};

/// Heights in the first question: deeper than nearly every reorg.
const FIRST_HEIGHTS: usize = 64;
/// Heights in each further one.
const MORE_HEIGHTS: usize = 512;
/// How often an answer that leaves out what another had is asked for again.
pub(super) const MAX_RETRIES: u32 = 64;
/// Blocks that are read again because of one gap, unless no two tries at each endpoint fit in.
const MAX_READ_AGAIN: u64 = 500_000;

/// Why blocks that are written are fetched again.
#[derive(Debug, Clone)]
pub(super) enum Why {
    /// The chain has another branch.
    Reorg,
    /// The block is final, and has this many logs, more than were written.
    MissingLogs { block: u64, logs: u32 },
    /// The block is final, and two answers had only this many logs, fewer than were written.
    ExtraLogs { block: u64, logs: u32 },
    /// Events do not continue each other.
    Gap,
}

/// The newest block of ours that the chain still has is looked for, from the top.
#[derive(Debug, Default)]
pub(super) struct Ancestor {
    ask: Option<AskId>,
    /// Heights in the open question.
    heights: Vec<u64>,
    /// Heights from here on have been asked for.
    below: u64,
    /// The lowest height with another hash than ours.
    differs: bool,
    /// Whose answer made us look, if a contradiction did.
    blame: Option<EndpointName>,
}

/// What is written above `ancestor` is replaced, when both its new blocks and the ledger below them are here.
#[derive(Debug)]
pub(super) struct Branch<P: Payload> {
    ask: Option<AskId>,
    pub ancestor: BlockRef,
    pub to: u64,
    pub why: Why,
    ledger: Option<P::Ledger>,
    fetched: Option<Fetched<P>>,
}

impl<P: Payload> Branch<P> {
    fn new(ancestor: BlockRef, to: u64, why: Why) -> Self {
        Self { ask: None, ancestor, to, why, ledger: None, fetched: None }
    }
}

#[derive(Debug)]
pub(super) enum Search<P: Payload> {
    Ancestor(Ancestor),
    /// The block below what is fetched again.
    Anchor {
        ask: Option<AskId>,
        number: u64,
        to: u64,
        why: Why,
    },
    Branch(Box<Branch<P>>),
}

impl<P: Payload> Search<P> {
    pub fn asked(&self) -> Option<AskId> {
        match self {
            Self::Ancestor(ancestor) => ancestor.ask,
            Self::Anchor { ask, .. } => *ask,
            Self::Branch(branch) => branch.ask,
        }
    }

    /// The range that is asked for, if its logs are.
    pub fn blocks(&self) -> Option<(u64, u64)> {
        match self {
            Self::Branch(branch) => Some((branch.ancestor.number + 1, branch.to)),
            _ => None,
        }
    }
}

impl<P: Payload> LeaderState<P> {
    /// How often the blocks from `since` on are fetched because of a gap. Each time everything above is written again, so the
    /// deeper it lies, the less often.
    pub(super) fn max_gap_retries(&self, since: u64, endpoints: usize) -> u32 {
        let fit = MAX_READ_AGAIN / self.cursor.number.saturating_sub(since).max(1);
        let least = u32::try_from(endpoints).map_or(MAX_RETRIES, |endpoints| endpoints * 2).min(MAX_RETRIES);
        u32::try_from(fit).unwrap_or(MAX_RETRIES).clamp(least, MAX_RETRIES)
    }

    /// The branch that this answers.
    pub(super) fn branch(&mut self, id: AskId) -> Option<&mut Branch<P>> {
        match &mut self.search {
            Some(Search::Branch(branch)) if branch.ask == Some(id) => Some(branch),
            _ => None,
        }
    }

    /// Heights below `below` whose hashes we know, from the top.
    fn heights(&self, below: u64, most: usize) -> Vec<u64> {
        let cursor = (self.cursor.number < below).then_some(self.cursor.number);
        let kept = self.window.range(..below.min(self.cursor.number)).rev().map(|(number, _)| *number);
        let lowest = self.window.first_key_value().map_or(self.cursor.number, |(number, _)| *number);
        // Before anything is final, the branches may part as far down as where the contract begins.
        let start = (self.start.0 < lowest.min(below) && self.start.0 >= self.checked).then_some(self.start.0);
        cursor.into_iter().chain(kept).chain(start).take(most).collect()
    }
}

impl<P: Payload> Engine<P> {
    /// Gives up every question and looks for the ancestor. `blame` gave an answer that does not fit, and is wrong if ours does.
    pub(super) fn begin_search(&mut self, blame: Option<EndpointName>) {
        let Mode::Leader(leader) = &mut self.mode else { return };
        leader.give_up_questions();
        let below = leader.cursor.number + 1;
        leader.search = Some(Search::Ancestor(Ancestor { below, blame, ..Ancestor::default() }));
    }

    /// Fetches `from..=to` again, of blocks that are written.
    pub(super) fn begin_again(&mut self, from: u64, why: Why) {
        let Mode::Leader(leader) = &mut self.mode else { return };
        leader.give_up_questions();
        let number = from.saturating_sub(1).max(leader.start.0).min(leader.cursor.number);
        let head = self.heads.map_or(leader.cursor.number, |heads| heads.head.number);
        let to = leader.cursor.number.min(head).min(number + leader.tip.blocks()).max(number + 1);
        leader.search = Some(Search::Anchor { ask: None, number, to, why });
    }

    pub(super) fn drive_search(&mut self) {
        let Mode::Leader(leader) = &mut self.mode else { return };
        if leader.writing.is_some() {
            return;
        }
        let ask = match &leader.search {
            None => return,
            Some(search) if search.asked().is_some() => return,
            Some(Search::Ancestor(ancestor)) => {
                let most = if ancestor.below > leader.cursor.number { FIRST_HEIGHTS } else { MORE_HEIGHTS };
                Ask::Hashes(leader.heights(ancestor.below, most))
            }
            Some(Search::Anchor { number, .. }) => Ask::Hashes(vec![*number]),
            Some(Search::Branch(branch)) => {
                let ignore_bloom = !matches!(branch.why, Why::Reorg);
                Ask::Blocks { from: branch.ancestor.number + 1, to: branch.to, ignore_bloom }
            }
        };
        if let (Ask::Hashes(heights), Some(Search::Ancestor(ancestor))) = (&ask, &mut leader.search) {
            ancestor.heights.clone_from(heights);
        }
        if let Some(Search::Branch(branch)) = &leader.search {
            self.effects.push(Effect::LoadLedger(branch.ancestor.number));
        }
        let id = self.ask(ask);
        if let Mode::Leader(leader) = &mut self.mode {
            match &mut leader.search {
                Some(Search::Ancestor(ancestor)) => ancestor.ask = Some(id),
                Some(Search::Anchor { ask, .. }) => *ask = Some(id),
                Some(Search::Branch(branch)) => branch.ask = Some(id),
                None => {}
            }
        }
    }

    pub(super) fn hashes(&mut self, id: AskId, hashes: Hashes) {
        if self.attested(id, &hashes) {
            return;
        }
        let Mode::Leader(leader) = &mut self.mode else { return };
        let Some(search) = leader.search.take_if(|search| search.asked() == Some(id)) else { return };
        match search {
            Search::Ancestor(ancestor) => self.found_hashes(ancestor, &hashes),
            Search::Anchor { number, to, why, .. } => self.found_anchor(number, to, why, &hashes),
            Search::Branch(_) => {}
        }
    }

    fn found_hashes(&mut self, mut search: Ancestor, hashes: &Hashes) {
        let Mode::Leader(leader) = &mut self.mode else { return };
        let theirs = |height: &u64| hashes.blocks.iter().find(|(number, _)| number == height).and_then(|(_, block)| *block);
        let mut missing = false;
        for height in &search.heights {
            match (theirs(height), leader.hash_at(*height)) {
                (Some(theirs), Some(ours)) if theirs.hash == ours => {
                    return self.found_ancestor(search, theirs, &hashes.endpoint);
                }
                (Some(_), Some(_)) => search.differs = true,
                _ => missing = true,
            }
        }
        let lowest = search.heights.last().copied().unwrap_or(0);
        if missing && !search.differs {
            // It has nothing at all at these heights. Lower down it may, and that would prove nothing.
            return self.prove_nothing(&hashes.endpoint, lowest);
        }
        let below = Ancestor { ask: None, heights: Vec::new(), below: lowest, ..search };
        if !leader.heights(lowest, 1).is_empty() {
            leader.search = Some(Search::Ancestor(below));
            return;
        }
        self.final_block_gone(&hashes.endpoint);
    }

    fn prove_nothing(&mut self, endpoint: &EndpointName, lowest: u64) {
        self.effects.push(Effect::Deprioritize(endpoint.clone()));
        self.heads_due = self.heads_due.min(self.now);
        self.watchdog.failed(self.now, format!("`{endpoint}` does not have block {lowest}"));
    }

    fn found_ancestor(&mut self, search: Ancestor, ancestor: BlockRef, endpoint: &EndpointName) {
        self.without_final = Default::default();
        let Some(heads) = self.heads else { return };
        let Mode::Leader(leader) = &mut self.mode else { return };
        if ancestor.number == leader.cursor.number {
            // What is written is on the chain. So the answer that did not continue it came from elsewhere.
            if let Some(blame) = search.blame {
                return self.contradicted(&blame, format!("final blocks that do not continue block {}", ancestor.number));
            }
            return self.watchdog.failed(self.now, format!("two branches are told of above block {}", ancestor.number));
        }
        if !search.differs {
            return self.prove_nothing(endpoint, ancestor.number + 1);
        }
        if heads.head.number <= ancestor.number {
            self.heads_due = self.now;
            return;
        }
        let to = heads.head.number.min(ancestor.number + leader.tip.blocks());
        leader.search = Some(Search::Branch(Box::new(Branch::new(ancestor, to, Why::Reorg))));
    }

    /// Every block of ours down to the last final one has another hash there. One endpoint may be on a dead branch; nothing is
    /// written until one has our blocks, and when all have said so, nothing ever is.
    fn final_block_gone(&mut self, endpoint: &EndpointName) {
        self.without_final.insert(endpoint.clone());
        if self.without_final.len() < self.settings.endpoints {
            self.effects.push(Effect::Deprioritize(endpoint.clone()));
            let problem = format!("`{endpoint}` does not have the final blocks that are written");
            return self.watchdog.failed(self.now, problem);
        }
        let Mode::Leader(leader) = &self.mode else { return };
        let (block, finalized) = (leader.cursor.number, leader.checked);
        self.mode = Mode::Stopped;
        self.effects.push(Effect::Stop { block, finalized });
    }

    fn found_anchor(&mut self, number: u64, to: u64, why: Why, hashes: &Hashes) {
        let Some(anchor) = hashes.blocks.first().and_then(|(_, block)| *block) else {
            return self.prove_nothing(&hashes.endpoint, number);
        };
        let Mode::Leader(leader) = &mut self.mode else { return };
        if leader.hash_at(number).is_some_and(|ours| ours != anchor.hash) {
            return self.begin_search(None);
        }
        leader.search = Some(Search::Branch(Box::new(Branch::new(anchor, to, why))));
    }

    pub(super) fn ledger(&mut self, at: u64, ledger: P::Ledger) {
        let Mode::Leader(leader) = &mut self.mode else { return };
        if let Some(Search::Branch(branch)) = &mut leader.search
            && branch.ancestor.number == at
        {
            branch.ledger = Some(ledger);
            self.swap_if_complete();
        }
    }

    pub(super) fn fetched_branch(&mut self, id: AskId, fetched: Fetched<P>) {
        let Mode::Leader(leader) = &mut self.mode else { return };
        if let Some(branch) = leader.branch(id) {
            branch.fetched = Some(fetched);
            self.swap_if_complete();
        }
    }

    fn swap_if_complete(&mut self) {
        let Mode::Leader(leader) = &mut self.mode else { return };
        let is_complete = |search: &mut Search<P>| matches!(search, Search::Branch(branch) if branch.ledger.is_some() && branch.fetched.is_some());
        let Some(Search::Branch(mut branch)) = leader.search.take_if(is_complete) else { return };
        if let (Some(fetched), Some(ledger)) = (branch.fetched.take(), branch.ledger.take()) {
            self.swap(&branch, fetched, ledger);
        }
    }

    /// Whether the blocks of an answer that are final have the final hashes: an endpoint on a dead branch answers for any of them.
    fn keeps_finality(&mut self, fetched: &Fetched<P>) -> bool {
        let Some(heads) = self.heads else { return false };
        let last = fetched.headers.iter().rev().find(|header| header.block.number <= heads.finalized);
        let Some(BlockRef { number, hash, .. }) = last.map(|header| header.block) else { return true };
        match self.finals.judge(number, hash, &heads) {
            Verdict::Final => return true,
            Verdict::Other => self.contradicted(&fetched.endpoint, format!("its block {number} is not the final one")),
            // The question is open now; whoever wanted the branch wants it again.
            Verdict::Unknown => self.watchdog.failed(self.now, format!("whether block {number} is the final one is being asked")),
        }
        false
    }

    fn swap(&mut self, branch: &Branch<P>, fetched: Fetched<P>, mut ledger: P::Ledger) {
        if fetched.first_parent != branch.ancestor.hash {
            // The chain moved once more. The next look at the heads begins again.
            self.heads_due = self.now;
            return self.watchdog.failed(self.now, format!("the branch above block {} changed", branch.ancestor.number));
        }
        if !self.keeps_finality(&fetched) {
            return;
        }
        let Mode::Leader(leader) = &mut self.mode else { return };
        let sourced =
            SourcedRange::new(branch.ancestor.number + 1, branch.to, fetched.payload.log_positions(), fetched.endpoint.clone());
        if let Why::MissingLogs { block, logs } = branch.why
            && sourced.logs(block) < logs
            && leader.missing_logs.retries < MAX_RETRIES
        {
            leader.missing_logs.retries += 1;
            self.watchdog.recheck_failed(format!(
                "`{}` leaves out logs of block {block} that it has as part of a range",
                fetched.endpoint
            ));
            return self.contradicted(&fetched.endpoint, format!("it left out logs of block {block}"));
        }
        if let Why::ExtraLogs { block, logs } = branch.why {
            if sourced.logs(block) != logs {
                self.effects.push(Effect::Deprioritize(fetched.endpoint.clone()));
                return self.watchdog.failed(self.now, format!("the endpoints do not agree on the logs of block {block}"));
            }
            // Who gave more can't take it back by giving less now.
            if let Some(writer) = leader.window.get(&block).and_then(|known| known.endpoint.clone()) {
                let what = format!("it gave logs of block {block} that the chain does not have");
                self.effects.push(Effect::ReportFaulty(writer, what));
            }
        }
        // Who left out logs of the same blocks is named with whoever gave occasion to look. What is not final yet may be made up: those
        // who gave what it replaces are named, or not, when it is.
        let finalized = self.heads.map_or(0, |heads| heads.finalized);
        let compared = match branch.why {
            Why::Reorg => None,
            Why::MissingLogs { .. } => {
                let last = leader.last_shared(finalized, &fetched.headers);
                leader.replaced.keep(&leader.provenance, finalized + 1, last);
                Some(sourced.up_to(finalized))
            }
            Why::Gap | Why::ExtraLogs { .. } => Some(sourced),
        };
        if let Some(sourced) = compared {
            let short = leader.provenance.short(&sourced);
            self.effects.extend(short.into_iter().map(|(name, from, to)| left_out(name, from, to)));
        }
        if let Err(gap) = fetched.payload.follow(&mut ledger, false) {
            leader.gap.retries += 1;
            if !self.forgives(&gap, &fetched.endpoint, true) {
                return;
            }
        }
        self.write_branch(branch, fetched);
    }
}
