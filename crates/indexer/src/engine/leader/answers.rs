//! What an answer does to the engine.

use linkpool_primitives::{BlockRef, IndexerState};

use super::{
    Engine, Mode,
    backfill::Piece,
    message::{AskId, Effect, EndpointName, Fault, Fetched, Heads, LogPosition, Millis, Payload},
    refusal::Part,
};

/// The heads are asked for no more often than this, however many blocks are announced.
const LEAST_PAUSE_MS: Millis = 50;

impl<P: Payload> Engine<P> {
    /// A lower head alone proves nothing, because an endpoint may lag. Another hash at a height we know does.
    pub(super) fn heads(&mut self, id: AskId, endpoint: &EndpointName, heads: Heads) {
        if self.heads_ask != Some(id) {
            return;
        }
        self.heads_ask = None;
        if heads.finalized > heads.head.number || heads.safe > heads.head.number {
            let what = format!("its newest block is {}, below its final block {}", heads.head.number, heads.finalized);
            return self.contradicted(endpoint, what);
        }
        self.heads_told = self.now;
        let Some(mut heads) = self.steady_heads(heads) else {
            self.heads_due = self.now;
            return;
        };
        // A tag lives no longer than its answer.
        heads.safe = heads.safe.max(heads.finalized).min(heads.head.number);
        self.finals.learn(&heads);
        self.heads = Some(heads);
        self.heads_source = Some(endpoint.clone());
        self.look_at(heads.head);
        let Mode::Leader(leader) = &self.mode else { return };
        if leader.search.is_none() && leader.writing.is_none() {
            let seen = Heads { finalized: leader.final_tag(&heads, leader.cursor.number), ..heads };
            self.effects.push(Effect::Seen(seen));
        }
    }

    /// The heads are asked for, at once unless that was done a moment ago.
    pub(super) fn woken(&mut self) {
        self.heads_due = self.heads_due.min(self.now.max(self.heads_asked + LEAST_PAUSE_MS));
    }

    /// No block comes before then: the heads need not be asked for, unless something else than time asks for them.
    pub fn rest_until(&mut self, until: Millis) {
        if self.heads_ask.is_none() && self.heads_due > self.now {
            self.heads_due = self.heads_due.max(until);
        }
    }

    fn look_at(&mut self, head: BlockRef) {
        let Mode::Leader(leader) = &mut self.mode else { return };
        if leader.search.is_some() || leader.writing.is_some() {
            return;
        }
        if head.hash == leader.cursor.hash {
            self.caught_up();
        } else if leader.hash_at(head.number).is_some_and(|hash| hash != head.hash) {
            self.begin_search(None);
        }
    }

    pub(super) fn fetched(&mut self, id: AskId, fetched: Fetched<P>) {
        let Mode::Leader(leader) = &mut self.mode else { return };
        let piece = leader.backfill.answered(id);
        let tail = leader.tail.take_if(|(asked, ..)| *asked == id);
        let recheck = leader.recheck.take_if(|(asked, ..)| *asked == id);
        let branch = leader.branch(id).map(|branch| (branch.ancestor.number + 1, branch.to));
        let asked = (piece.map(|piece| (piece.from, piece.to))).or(tail.or(recheck).map(|(_, from, to)| (from, to))).or(branch);
        let Some((from, to)) = asked else { return };
        let part = match (&piece, &tail, &recheck) {
            (Some(_), ..) => Part::Backfill,
            (_, Some(_), _) => Part::Tail,
            (.., Some(_)) => Part::Recheck,
            _ => Part::Branch,
        };
        leader.refusals.answered((part, from), to - from + 1);
        if let Err(what) = check(&fetched, from, to) {
            if let Some(piece) = piece {
                leader.backfill.put_back(piece);
            }
            if branch.is_some() {
                leader.search = None;
            }
            return self.contradicted(&fetched.endpoint, what);
        }
        if let Some(piece) = piece {
            self.fetched_range(piece, fetched);
        } else if tail.is_some() {
            self.fetched_tail(to - from + 1, fetched);
        } else if recheck.is_some() {
            self.compare_final(from, to, &fetched);
        } else {
            self.fetched_branch(id, fetched);
        }
    }

    fn fetched_range(&mut self, piece: Piece, fetched: Fetched<P>) {
        let latency = self.now.saturating_sub(piece.asked_at);
        let Mode::Leader(leader) = &mut self.mode else { return };
        let (logs, bytes) = (fetched.payload.log_positions().count(), fetched.payload.bytes());
        let writer_waits = leader.writing.is_none() && leader.backfill.is_drained();
        leader.backfill.concurrency.answered(latency, writer_waits);
        leader.backfill.length.answered(piece.to - piece.from + 1, logs as u64, fetched.answer_bytes as u64);
        leader.backfill.put(piece, logs, bytes, fetched);
    }

    fn fetched_tail(&mut self, blocks: u64, fetched: Fetched<P>) {
        let Mode::Leader(leader) = &mut self.mode else { return };
        leader.tip.answered(blocks);
        if let Some(heads_source) = leader.phantom_heads.delivered(&fetched.endpoint) {
            let what = "it tells of blocks that neither it nor another endpoint has".to_owned();
            self.effects.push(Effect::ReportFaulty(heads_source, what));
            // Whoever is asked next may know better where the chain is.
            self.heads_due = self.heads_due.min(self.now);
        }
        let Mode::Leader(leader) = &mut self.mode else { return };
        if leader.writing.is_some() || leader.search.is_some() {
            return;
        }
        if fetched.first_parent != leader.cursor.hash {
            return self.begin_search(None);
        }
        self.write_tail(fetched);
    }

    /// The endpoint can't be right. Say so, and ask again.
    pub(super) fn contradicted(&mut self, endpoint: &EndpointName, what: String) {
        self.watchdog.unusable();
        self.watchdog.failed(self.now, format!("`{endpoint}` contradicts itself: {what}"));
        // Once it is said that the only endpoint can't serve, there is nothing to add and nobody to ask instead.
        if self.settings.endpoints > 1 || !self.shows(IndexerState::CannotServe) {
            self.effects.push(Effect::ReportFaulty(endpoint.clone(), what));
        }
    }

    pub(super) fn failed(&mut self, id: AskId, fault: Fault, problem: String) {
        let Some(closed) = self.close(id) else { return };
        if matches!(fault, Fault::Refused | Fault::Inconsistent | Fault::Fatal) {
            self.watchdog.unusable();
        }
        match (fault, closed.blocks) {
            (Fault::TooLarge { hint }, Some(blocks)) => return self.too_large(blocks, hint, problem),
            (Fault::RateLimited { wait }, _) => {
                if let Mode::Leader(leader) = &mut self.mode {
                    leader.backfill.concurrency.limited();
                }
                return self.watchdog.limited(self.now, wait, problem);
            }
            (Fault::TimedOut | Fault::Refused | Fault::Inconsistent | Fault::Transient, Some(blocks)) => {
                if fault == Fault::TimedOut
                    && let Mode::Leader(leader) = &mut self.mode
                {
                    leader.backfill.concurrency.limited();
                }
                self.may_be_too_long(closed.part, blocks);
            }
            _ => {}
        }
        match fault {
            Fault::Lagging if closed.part == Part::Tail => self.nobody_has_tail(),
            // Another endpoint may be well: what this one will never do is a failure like any other.
            Fault::Fatal if self.watchdog.is_alone() => return self.watchdog.failed_for_long(self.now, problem),
            _ => {}
        }
        // The chain may have got shorter than we think: look again before asking again.
        self.heads_due = self.heads_due.min(self.now);
        match closed.part {
            // It has a pace of its own, and holds up nothing but itself.
            Part::Recheck => self.watchdog.recheck_failed(problem),
            _ => self.watchdog.failed(self.now, problem),
        }
    }

    /// The head that was told of may not exist: the next block alone may.
    fn nobody_has_tail(&mut self) {
        let Mode::Leader(leader) = &mut self.mode else { return };
        leader.tip.restart();
        leader.phantom_heads.missing(self.heads_source.clone());
    }

    /// Takes an open question back; `None` for one that was given up before.
    fn close(&mut self, id: AskId) -> Option<Closed> {
        let about = |blocks| Some(Closed { blocks, part: Part::Other });
        if self.heads_ask.take_if(|asked| *asked == id).is_some() || self.attest_failed(id) {
            return about(None);
        }
        let Mode::Leader(leader) = &mut self.mode else { return None };
        if let Some(piece) = leader.backfill.answered(id) {
            leader.backfill.put_back(piece);
            return Some(Closed { blocks: Some((piece.from, piece.to)), part: Part::Backfill });
        }
        let mine = |slot: &mut Option<(AskId, u64, u64)>| slot.take_if(|(asked, ..)| *asked == id);
        if let Some((_, from, to)) = mine(&mut leader.tail) {
            return Some(Closed { blocks: Some((from, to)), part: Part::Tail });
        }
        if let Some((_, from, to)) = mine(&mut leader.recheck) {
            return Some(Closed { blocks: Some((from, to)), part: Part::Recheck });
        }
        let search = leader.search.as_mut().filter(|search| search.asked() == Some(id))?;
        let blocks = search.blocks();
        // Whatever was found so far may be gone by now: start over from the heads.
        leader.search = None;
        Some(Closed { blocks, part: Part::Branch })
    }

    /// Half the range next time. One block that is still too large is asked for by its hash, at every endpoint; if all refuse, it
    /// is a state of its own.
    fn too_large(&mut self, (from, to): (u64, u64), hint: Option<u64>, problem: String) {
        self.shrink(to - from + 1, hint);
        if to > from {
            return;
        }
        let Mode::Leader(leader) = &mut self.mode else { return };
        let refused = leader.backfill.by_hash.entry(from).or_default();
        *refused += 1;
        if *refused <= self.settings.endpoints {
            return;
        }
        // After the pause each is asked once more.
        *refused = 1;
        let sentence =
            format!("block {from} alone is too large for the endpoint: {problem}; configure one that gives more logs at once");
        self.watchdog.failed_for_long(self.now, sentence.clone());
        if !self.shows(IndexerState::BlockTooLarge) {
            self.set_state(IndexerState::BlockTooLarge, Some(sentence));
        }
    }
}

/// A question that was taken back.
struct Closed {
    /// The range that it was about, if it was about one.
    blocks: Option<(u64, u64)>,
    part: Part,
}

/// Whether an answer can be true by itself: its headers linked, its logs inside the range, in order, and of those headers.
fn check<P: Payload>(fetched: &Fetched<P>, from: u64, to: u64) -> Result<(), String> {
    let Some(last) = fetched.headers.last() else { return Err("an answer without a header".into()) };
    if last.block.number != to {
        return Err(format!("asked for blocks up to {to}, it gave {}", last.block.number));
    }
    for pair in fetched.headers.windows(2) {
        if pair[1].parent_hash != pair[0].block.hash || pair[1].block.number != pair[0].block.number + 1 {
            return Err(format!("block {} is not the child of the block before it", pair[1].block.number));
        }
        if pair[1].block.timestamp < pair[0].block.timestamp {
            return Err(format!("block {} is older than the block before it", pair[1].block.number));
        }
    }
    let header = |number: u64| {
        let index = fetched.headers.binary_search_by_key(&number, |header| header.block.number).ok()?;
        Some(fetched.headers[index].block.hash)
    };
    let mut before: Option<LogPosition> = None;
    for position in fetched.payload.log_positions() {
        let same = before.filter(|before| before.number == position.number);
        if !(from..=to).contains(&position.number) {
            return Err(format!("a log of block {}, which was not asked for", position.number));
        }
        if before.is_some_and(|before| (position.number, position.index) <= (before.number, before.index)) {
            return Err(format!("logs out of order at block {}", position.number));
        }
        // Within a block each log is compared with the one before it, the first with the header.
        if same.map(|same| same.hash).or_else(|| header(position.number)).is_some_and(|hash| hash != position.hash) {
            return Err(format!("two hashes for block {}", position.number));
        }
        before = Some(position);
    }
    Ok(())
}
