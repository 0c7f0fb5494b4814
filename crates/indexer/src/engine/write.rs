//! One write at a time: a run of ranges, the blocks at the tip, or a branch in place of another.

use linkpool_primitives::{B256, BlockRef};

use super::{
    Engine, Role,
    attest::Verdict,
    leading::Known,
    message::{Effect, EndpointName, Fetched, Gap, Header, Heads, Outcome, Payload, Write},
    search::{Branch, Why},
    served::Given,
};

/// Ranges that wait are written together up to this many logs: a transaction has a price of its own.
const WRITE_LOGS: usize = 20_000;

/// What is written.
#[derive(Debug, Clone, Copy)]
enum Source {
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
    replaces: Option<Given>,
}

impl<P: Payload> Engine<P> {
    /// Writes the ranges that have come, as far as they continue each other.
    pub(super) fn drive_write(&mut self) {
        let Some(heads) = self.heads else { return };
        let Role::Leading(leading) = &mut self.role else { return };
        if leading.writing.is_some() || leading.search.is_some() {
            return;
        }
        let (mut at, mut logs) = (leading.cursor, 0);
        let mut taken: Vec<Fetched<P>> = Vec::new();
        while let Some(ready) = leading.backfill.peek(at.number + 1) {
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
            let Some(ready) = leading.backfill.take(at.number + 1) else { break };
            if verdict == Verdict::Other {
                let what = format!("its block {} is not the final one", ready.to);
                leading.backfill.ask_again(at.number + 1, ready.to);
                self.contradicted(&ready.fetched.endpoint, what);
                break;
            }
            let mut ledger = leading.ledger.clone();
            if let Err(gap) = ready.fetched.payload.follow(&mut ledger, false) {
                if !taken.is_empty() {
                    leading.backfill.put_first(at.number + 1, ready);
                    break;
                }
                // Should another endpoint have more for these blocks, this one left something out.
                let Fetched { endpoint, payload, .. } = &ready.fetched;
                leading.served.record(at.number + 1, ready.to, payload.places(), endpoint.clone());
                if !self.forgives(&gap, &ready.fetched.endpoint, false) {
                    return;
                }
                let Role::Leading(leading) = &mut self.role else { return };
                leading.served.forget_above(at.number);
                // Beyond its last try a gap is noted and passed over; reconciling with the contract is what remains.
                let _ = ready.fetched.payload.follow(&mut leading.ledger, true);
                let Fetched { endpoint, payload, .. } = &ready.fetched;
                leading.served.record(at.number + 1, ready.to, payload.places(), endpoint.clone());
                taken.push(ready.fetched);
                break;
            }
            leading.ledger = ledger;
            let Fetched { endpoint, payload, .. } = &ready.fetched;
            let given = Given::new(at.number + 1, ready.to, payload.places(), endpoint.clone());
            let short = leading.served.short(&given);
            self.effects.extend(short.into_iter().map(|(name, from, to)| left_out(name, from, to)));
            leading.served.replace(given);
            if let Some(last) = ready.fetched.headers.last() {
                at = last.block;
            }
            logs += ready.logs;
            taken.push(ready.fetched);
        }
        if !taken.is_empty() {
            self.write(Source::Ranges, taken, heads);
        }
    }

    pub(super) fn write_tail(&mut self, fetched: Fetched<P>) {
        let Some(heads) = self.heads else { return };
        let Role::Leading(leading) = &mut self.role else { return };
        let mut ledger = leading.ledger.clone();
        if let Err(gap) = fetched.payload.follow(&mut ledger, false) {
            if !self.forgives(&gap, &fetched.endpoint, false) {
                return;
            }
            let Role::Leading(leading) = &mut self.role else { return };
            ledger = leading.ledger.clone();
            let _ = fetched.payload.follow(&mut ledger, true);
        }
        let Role::Leading(leading) = &mut self.role else { return };
        leading.ledger = ledger;
        let to = fetched.headers.last().map_or(leading.cursor.number, |header| header.block.number);
        leading.served.record(leading.cursor.number + 1, to, fetched.payload.places(), fetched.endpoint.clone());
        self.write(Source::Tail, vec![fetched], heads);
    }

    pub(super) fn write_branch(&mut self, branch: &Branch<P>, fetched: Fetched<P>) {
        let Some(heads) = self.heads else { return };
        let Role::Leading(leading) = &mut self.role else { return };
        let given = Given::new(branch.ancestor.number + 1, branch.to, fetched.payload.places(), fetched.endpoint.clone());
        match branch.why {
            // Each doubt was counted as a try.
            Why::Reorg | Why::Extra { .. } => {}
            Why::Thin { .. } => leading.thin.tries += 1,
            Why::Gap => leading.gap.tries += 1,
        }
        if !matches!(branch.why, Why::Reorg) {
            let what = if matches!(branch.why, Why::Extra { .. }) {
                "logs were written that the chain does not have"
            } else {
                "an endpoint had left out logs"
            };
            let sentence = format!("blocks {} to {} are written again: {what}", branch.ancestor.number + 1, branch.to);
            self.effects.push(Effect::Note(sentence));
        }
        let source = Source::Branch(branch.ancestor, matches!(branch.why, Why::Reorg));
        self.write(source, vec![fetched], heads);
        let Role::Leading(leading) = &mut self.role else { return };
        if let Some(writing) = &mut leading.writing {
            writing.replaces = Some(given);
        }
    }

    fn write(&mut self, source: Source, fetched: Vec<Fetched<P>>, heads: Heads) {
        let Role::Leading(leading) = &mut self.role else { return };
        let (ancestor, is_reorg) = match source {
            Source::Branch(ancestor, is_reorg) => (Some(ancestor), is_reorg),
            Source::Ranges | Source::Tail => (None, false),
        };
        let Some(to) = fetched.last().and_then(|fetched| fetched.headers.last()).map(|header| header.block) else { return };
        if let Some(ancestor) = ancestor {
            leading.checked = leading.checked.min(ancestor.number);
        }
        // What was asked for while it was not final is to be compared, also if it has become final on the way.
        let is_compared = matches!(source, Source::Ranges) && to.number <= leading.settled(&heads);
        let finalized = if is_compared { leading.final_tag(&heads, to.number) } else { leading.checked.min(heads.finalized) };
        let checked = if is_compared && leading.checked >= leading.cursor.number { to.number } else { leading.checked };
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
        leading.backfill.skip_to(to.number + 1);
        self.health.writes(self.now);
        leading.writing = Some(Writing {
            to,
            headers: known,
            checked,
            finalized,
            ancestor: ancestor.map(|block| block.number),
            is_reorg,
            replaces: None,
        });
        self.effects.push(Effect::Write(Box::new(Write {
            expected: leading.cursor,
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
        let Role::Leading(leading) = &mut self.role else { return false };
        leading.gap.meet(gap.at);
        let is_in_answer = gap.since > leading.cursor.number;
        // An answer that has what comes before and after, and nothing in between, was fetched because of the gap, too.
        leading.gap.tries += u32::from(is_in_answer && !is_branch);
        if leading.gap.tries >= leading.most_gap_tries(gap.since, self.settings.endpoints) {
            self.effects.push(Effect::Note(format!("{}: run `linkpool verify --repair`", gap.what)));
            self.health.passed_over(self.now, &gap.what);
            return true;
        }
        self.effects.push(Effect::Avoid(endpoint.clone()));
        if is_in_answer || (leading.gap.met % 2 == 1 && !is_branch) {
            leading.give_up_questions();
        } else {
            let from = leading.served.start_of(gap.since);
            self.begin_again(from, Why::Gap);
        }
        self.health.failed(self.now, gap.what.clone());
        false
    }

    pub(super) fn written(&mut self, outcome: Outcome) {
        let Role::Leading(leading) = &mut self.role else { return };
        let Some(writing) = leading.writing.take() else { return };
        let (is_written, moved) = (outcome == Outcome::Written, writing.ancestor.is_none());
        if let Some(ancestor) = writing.ancestor {
            leading.window.split_off(&(ancestor + 1));
            if writing.is_reorg {
                leading.replaced.forget_above(ancestor);
            }
        }
        if let Some(given) = writing.replaces
            && (is_written || writing.is_reorg)
        {
            leading.served.replace(given);
        }
        // Whatever became of the write: should these blocks be in the database, this is who gave them.
        leading.window.extend(writing.headers);
        if !matches!(outcome, Outcome::Failed(_)) {
            self.health.write_ended();
        }
        match outcome {
            Outcome::Written => {}
            Outcome::Fenced => return self.stand_by(),
            Outcome::CursorMoved => return self.load(),
            // The connection may have broken before or after the commit: only the database knows.
            Outcome::Failed(problem) => {
                self.health.failed(self.now, problem);
                self.remember();
                self.role = Role::Loading { retry_at: Some(self.health.paused_until()) };
            }
        }
        if !is_written {
            return;
        }
        self.health.written(self.now, writing.to.number, writing.is_reorg);
        if !moved {
            return self.load();
        }
        let Role::Leading(leading) = &mut self.role else { return };
        leading.cursor = writing.to;
        leading.checked = writing.checked;
        leading.gap.pass(writing.to.number);
        leading.prune(writing.finalized);
    }
}

/// How many logs an answer has of each block.
fn logs_of<P: Payload>(fetched: &Fetched<P>) -> impl Fn(u64) -> u32 {
    let mut counts = std::collections::BTreeMap::new();
    // Ranges are counted at their end only; blocks one by one.
    let first = fetched.headers.first().map_or(0, |header| header.block.number);
    for place in fetched.payload.places().filter(|place| place.number >= first) {
        *counts.entry(place.number).or_insert(0) += 1;
    }
    move |number| counts.get(&number).copied().unwrap_or(0)
}

/// That an endpoint gave fewer logs of these blocks than there are.
pub(super) fn left_out<P: Payload>(name: EndpointName, from: u64, to: u64) -> Effect<P> {
    Effect::Accuse(name, format!("it left out logs of blocks {from} to {to}"))
}
