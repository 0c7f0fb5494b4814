//! Blocks that have become final are read once more: nodes leave out logs of blocks they have only just seen, and of heights
//! that were reorganized, without an error ([geth 26098](https://github.com/ethereum/go-ethereum/issues/26098)). More logs than
//! were written mean that the writer was lied to; fewer mean that this answer is.

use super::{
    Engine, Role,
    attest::Verdict,
    message::{Ask, Effect, Fetched, Payload},
    search::{MOST_TRIES, Why},
};

impl<P: Payload> Engine<P> {
    pub(super) fn drive_recheck(&mut self) {
        let Some(heads) = self.heads else { return };
        let Role::Leading(leading) = &mut self.role else { return };
        let is_busy = leading.recheck.is_some() || leading.search.is_some() || leading.writing.is_some();
        if is_busy || !leading.must_recheck(&heads) {
            return;
        }
        let from = leading.checked + 1;
        let to = heads.finalized.min(leading.cursor.number).min(leading.checked + leading.recheck_blocks);
        match leading.hash_at(to).map_or(Verdict::Final, |ours| self.finals.judge(to, ours, &heads)) {
            Verdict::Final => {}
            Verdict::Other => return self.begin_search(None),
            Verdict::Unknown => return,
        }
        let id = self.ask(if from == to { Ask::Blocks { from, to } } else { Ask::Range { from, to } });
        if let Role::Leading(leading) = &mut self.role {
            leading.recheck = Some((id, from, to));
        }
    }

    pub(super) fn compare_final(&mut self, from: u64, to: u64, fetched: &Fetched<P>) {
        let Role::Leading(leading) = &mut self.role else { return };
        let last = fetched.headers.last().map(|header| header.block.hash);
        if leading.hash_at(to).is_some_and(|ours| Some(ours) != last) {
            return self.begin_search(Some(fetched.endpoint.clone()));
        }
        let mut found: std::collections::BTreeMap<u64, u32> =
            leading.window.range(from..=to).map(|(number, _)| (*number, 0)).collect();
        for place in fetched.payload.places() {
            if let Some(logs) = found.get_mut(&place.number) {
                *logs += 1;
            }
        }
        let known = |number: &u64| leading.window.get(number).map_or(0, |known| known.logs);
        let different = found.iter().find(|(number, logs)| **logs != known(number)).map(|(number, logs)| (*number, *logs));
        let Some((block, logs)) = different else {
            leading.checked = leading.checked.max(to);
            leading.thin.pass(to);
            leading.recheck_blocks = (leading.recheck_blocks * 2).min(self.settings.most_blocks);
            return;
        };
        leading.thin.meet(block);
        if leading.thin.tries >= MOST_TRIES {
            leading.checked = leading.checked.max(to);
            let note = format!("the endpoints do not agree on the logs of block {block}: compare with `linkpool verify`");
            return self.effects.push(Effect::Note(note));
        }
        if logs < known(&block) {
            leading.thin.tries += 1;
            return self.contradicted(&fetched.endpoint.clone(), format!("it left out logs of block {block}"));
        }
        if let Some(endpoint) = leading.window.get(&block).and_then(|known| known.endpoint.clone()) {
            self.effects.push(Effect::Accuse(endpoint, format!("it left out logs of block {block}")));
        }
        self.begin_again(block, Why::Thin { block, logs });
    }
}
