//! One write at a time: a run of ranges, the blocks at the tip, or a branch in place of another.

use linkpool_primitives::{B256, BlockRef};

use super::{
    Engine, Mode,
    attest::Verdict,
    leader_state::Known,
    message::{Effect, EndpointName, Fetched, Gap, Header, Heads, Outcome, Payload, Write},
    provenance::SourcedRange,
    search::{Branch, Why},
};

/// Ranges that wait are written together up to this many logs: a transaction has a price of its own.
const WRITE_LOGS: usize = 20_000;

/// What is written.
#[derive(Debug, Clone, Copy)]
enum Origin {
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
    headers: Vec<(u64, Known)>,
    checked: u64,
    finalized: u64,
    /// Rows above it were replaced: what is known about the last values comes from the database again.
    ancestor: Option<u64>,
    /// They were replaced because the chain changed.
    is_reorg: bool,
    /// Who gave what is written instead: whoever gave what was there is to be remembered until it is gone.
    replaces: Option<SourcedRange>,
}

impl<P: Payload> Engine<P> {
    /// Writes the ranges that have come, as far as they continue each other.
    pub(super) fn drive_write(&mut self) {
        let Some(heads) = self.heads else { return };
        let Mode::Leader(leader) = &mut self.mode else { return };
        if leader.writing.is_some() || leader.search.is_some() {
            return;
        }
        let (mut at, mut logs) = (leader.cursor, 0);
        let mut taken: Vec<Fetched<P>> = Vec::new();
        while let Some(ready) = leader.backfill.peek(at.number + 1) {
            if !taken.is_empty() && logs + ready.logs > WRITE_LOGS {
                break;
            }
            if ready.fetched.first_parent != at.hash {
                if taken.is_empty() {
                    let blame = ready.fetched.endpoint.clone();
                    return self.begin_search(Some(blame));
                }
                break;
            }
            let end = ready.fetched.headers.last().map_or(B256::ZERO, |header| header.block.hash);
            let verdict = self.finals.judge(ready.to, end, &heads);
            if verdict == Verdict::Unknown {
                break;
            }
            let Some(ready) = leader.backfill.take(at.number + 1) else { break };
            if verdict == Verdict::Other {
                let what = format!("its block {} is not the final one", ready.to);
                leader.backfill.ask_again(at.number + 1, ready.to);
                self.contradicted(&ready.fetched.endpoint, what);
                break;
            }
            let mut ledger = leader.ledger.clone();
            if let Err(gap) = ready.fetched.payload.follow(&mut ledger, false) {
                if !taken.is_empty() {
                    leader.backfill.put_first(at.number + 1, ready);
                    break;
                }
                // Should another endpoint have more for these blocks, this one left something out.
                let Fetched { endpoint, payload, .. } = &ready.fetched;
                leader.provenance.record(at.number + 1, ready.to, payload.log_positions(), endpoint.clone());
                if !self.forgives(&gap, &ready.fetched.endpoint, false) {
                    return;
                }
                let Mode::Leader(leader) = &mut self.mode else { return };
                leader.provenance.forget_above(at.number);
                // Beyond its last try a gap is noted and passed over; reconciling with the contract is what remains.
                let _ = ready.fetched.payload.follow(&mut leader.ledger, true);
                let Fetched { endpoint, payload, .. } = &ready.fetched;
                leader.provenance.record(at.number + 1, ready.to, payload.log_positions(), endpoint.clone());
                taken.push(ready.fetched);
                break;
            }
            leader.ledger = ledger;
            let Fetched { endpoint, payload, .. } = &ready.fetched;
            let sourced = SourcedRange::new(at.number + 1, ready.to, payload.log_positions(), endpoint.clone());
            let short = leader.provenance.short(&sourced);
            self.effects.extend(short.into_iter().map(|(name, from, to)| left_out(name, from, to)));
            leader.provenance.replace(sourced);
            if let Some(last) = ready.fetched.headers.last() {
                at = last.block;
            }
            logs += ready.logs;
            taken.push(ready.fetched);
        }
        if !taken.is_empty() {
            self.write(Origin::Ranges, taken, heads);
        }
    }

    pub(super) fn write_tail(&mut self, fetched: Fetched<P>) {
        let Some(heads) = self.heads else { return };
        let Mode::Leader(leader) = &mut self.mode else { return };
        let mut ledger = leader.ledger.clone();
        if let Err(gap) = fetched.payload.follow(&mut ledger, false) {
            if !self.forgives(&gap, &fetched.endpoint, false) {
                return;
            }
            let Mode::Leader(leader) = &mut self.mode else { return };
            ledger = leader.ledger.clone();
            let _ = fetched.payload.follow(&mut ledger, true);
        }
        let Mode::Leader(leader) = &mut self.mode else { return };
        leader.ledger = ledger;
        let to = fetched.headers.last().map_or(leader.cursor.number, |header| header.block.number);
        leader.provenance.record(leader.cursor.number + 1, to, fetched.payload.log_positions(), fetched.endpoint.clone());
        self.write(Origin::Tail, vec![fetched], heads);
    }

    pub(super) fn write_branch(&mut self, branch: &Branch<P>, fetched: Fetched<P>) {
        let Some(heads) = self.heads else { return };
        let Mode::Leader(leader) = &mut self.mode else { return };
        let sourced =
            SourcedRange::new(branch.ancestor.number + 1, branch.to, fetched.payload.log_positions(), fetched.endpoint.clone());
        match branch.why {
            // Each doubt was counted as a try.
            Why::Reorg | Why::ExtraLogs { .. } => {}
            Why::MissingLogs { .. } => leader.missing_logs.retries += 1,
            Why::Gap => leader.gap.retries += 1,
        }
        if !matches!(branch.why, Why::Reorg) {
            let what = if matches!(branch.why, Why::ExtraLogs { .. }) {
                "logs were written that the chain does not have"
            } else {
                "an endpoint had left out logs"
            };
            let sentence = format!("blocks {} to {} are written again: {what}", branch.ancestor.number + 1, branch.to);
            self.effects.push(Effect::Log(sentence));
        }
        let origin = Origin::Branch(branch.ancestor, matches!(branch.why, Why::Reorg));
        self.write(origin, vec![fetched], heads);
        let Mode::Leader(leader) = &mut self.mode else { return };
        if let Some(writing) = &mut leader.writing {
            writing.replaces = Some(sourced);
        }
    }

    fn write(&mut self, origin: Origin, fetched: Vec<Fetched<P>>, heads: Heads) {
        let Mode::Leader(leader) = &mut self.mode else { return };
        let (ancestor, is_reorg) = match origin {
            Origin::Branch(ancestor, is_reorg) => (Some(ancestor), is_reorg),
            Origin::Ranges | Origin::Tail => (None, false),
        };
        let Some(to) = fetched.last().and_then(|fetched| fetched.headers.last()).map(|header| header.block) else { return };
        if let Some(ancestor) = ancestor {
            leader.checked = leader.checked.min(ancestor.number);
        }
        // What was asked for while it was not final is to be compared, also if it has become final on the way.
        let is_compared = matches!(origin, Origin::Ranges) && to.number <= leader.settled(&heads);
        let finalized = if is_compared { leader.final_tag(&heads, to.number) } else { leader.checked.min(heads.finalized) };
        let checked = if is_compared && leader.checked >= leader.cursor.number { to.number } else { leader.checked };
        let mut headers: Vec<Header> = Vec::new();
        let mut known = Vec::new();
        for fetched in &fetched {
            let logs = logs_of(fetched);
            // Of a run of final ranges only the end can be the ancestor of a reorg.
            let kept = fetched.headers.iter().filter(|header| header.block.number >= finalized.min(to.number));
            for header in kept {
                let logs = logs(header.block.number);
                known.push((
                    header.block.number,
                    Known { hash: header.block.hash, logs, endpoint: Some(fetched.endpoint.clone()) },
                ));
                headers.push(*header);
            }
        }
        leader.backfill.skip_to(to.number + 1);
        self.watchdog.writes(self.now);
        leader.writing = Some(Writing {
            to,
            headers: known,
            checked,
            finalized,
            ancestor: ancestor.map(|block| block.number),
            is_reorg,
            replaces: None,
        });
        self.effects.push(Effect::Write(Box::new(Write {
            expected: leader.cursor,
            ancestor,
            to,
            heads: Heads { finalized, ..heads },
            caught_up: to.number >= heads.head.number,
            headers,
            payloads: fetched.into_iter().map(|fetched| fetched.payload).collect(),
        })));
    }

    /// An event presupposes something that is not written. Ask for it elsewhere first, then for what should be in between
    /// (`is_branch`: at once, because that holds what was just asked for too); when both have been tried often enough, say so
    /// and go on.
    pub(super) fn forgives(&mut self, gap: &Gap, endpoint: &EndpointName, is_branch: bool) -> bool {
        let Mode::Leader(leader) = &mut self.mode else { return false };
        leader.gap.observe(gap.at);
        let is_in_answer = gap.since > leader.cursor.number;
        // An answer that has what comes before and after, and nothing in between, was fetched because of the gap, too.
        leader.gap.retries += u32::from(is_in_answer && !is_branch);
        if leader.gap.retries >= leader.max_gap_retries(gap.since, self.settings.endpoints) {
            self.effects.push(Effect::Log(format!("{}: run `linkpool verify --repair`", gap.what)));
            self.watchdog.passed_over(self.now, &gap.what);
            return true;
        }
        self.effects.push(Effect::Deprioritize(endpoint.clone()));
        if is_in_answer || (leader.gap.observed % 2 == 1 && !is_branch) {
            leader.give_up_questions();
        } else {
            let from = leader.provenance.start_of(gap.since);
            self.begin_again(from, Why::Gap);
        }
        self.watchdog.failed(self.now, gap.what.clone());
        false
    }

    pub(super) fn written(&mut self, outcome: Outcome) {
        let Mode::Leader(leader) = &mut self.mode else { return };
        let Some(writing) = leader.writing.take() else { return };
        let (is_written, moved) = (outcome == Outcome::Written, writing.ancestor.is_none());
        if let Some(ancestor) = writing.ancestor {
            leader.window.split_off(&(ancestor + 1));
            if writing.is_reorg {
                leader.replaced.forget_above(ancestor);
            }
        }
        if let Some(sourced) = writing.replaces
            && (is_written || writing.is_reorg)
        {
            leader.provenance.replace(sourced);
        }
        // Whatever became of the write: should these blocks be in the database, this is who gave them.
        leader.window.extend(writing.headers);
        if !matches!(outcome, Outcome::Failed(_)) {
            self.watchdog.write_ended();
        }
        match outcome {
            Outcome::Written => {}
            Outcome::Fenced => return self.stand_by(),
            Outcome::CursorMoved => return self.load(),
            // The connection may have broken before or after the commit: only the database knows.
            Outcome::Failed(problem) => {
                self.watchdog.failed(self.now, problem);
                self.remember();
                self.mode = Mode::Loading { retry_at: Some(self.watchdog.paused_until()) };
            }
        }
        if !is_written {
            return;
        }
        self.watchdog.written(self.now, writing.to.number, writing.is_reorg);
        if !moved {
            return self.load();
        }
        let Mode::Leader(leader) = &mut self.mode else { return };
        leader.cursor = writing.to;
        leader.checked = writing.checked;
        leader.gap.resolve(writing.to.number);
        leader.prune(writing.finalized);
    }
}

/// How many logs an answer has of each block.
fn logs_of<P: Payload>(fetched: &Fetched<P>) -> impl Fn(u64) -> u32 {
    let mut counts = std::collections::BTreeMap::new();
    // Ranges are counted at their end only; blocks one by one.
    let first = fetched.headers.first().map_or(0, |header| header.block.number);
    for position in fetched.payload.log_positions().filter(|position| position.number >= first) {
        *counts.entry(position.number).or_insert(0) += 1;
    }
    move |number| counts.get(&number).copied().unwrap_or(0)
}

/// That an endpoint gave fewer logs of these blocks than there are.
pub(super) fn left_out<P: Payload>(name: EndpointName, from: u64, to: u64) -> Effect<P> {
    Effect::ReportFaulty(name, format!("it left out logs of blocks {from} to {to}"))
}
