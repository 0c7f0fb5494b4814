//! Which of two branches is final is asked: only a run of parents down from the final block is believed about blocks close below it.

use linkpool_primitives::BlockRef;

use super::Context;
use crate::engine::{Ask, AskId, Hashes, Payload};

impl<P: Payload> Context<P> {
    pub fn drive_attest(&mut self) {
        let Some(heads) = self.heads else { return };
        if let Some((from, to)) = self.finals.next_run(heads.finalized) {
            let id = self.ask(Ask::Links { from, to });
            self.finals.asked(id, from, to);
        }
    }

    /// Takes the answer, if it is one to this.
    pub fn attested(&mut self, id: AskId, hashes: &Hashes) -> bool {
        let Some((from, to)) = self.finals.close(id) else { return false };
        // The final block is lower by now: who has that one may have any above it.
        if to > self.finalized() {
            return true;
        }
        let run: Option<Vec<BlockRef>> = hashes.blocks.iter().map(|(_, block)| *block).collect();
        let is_run = |run: &Vec<BlockRef>| run.iter().map(|block| block.number).eq(from..=to);
        if !run.filter(is_run).is_some_and(|run| self.finals.link(&run)) {
            self.steady.unlearn(to);
            self.poll.hurry(self.now);
            self.deprioritize(hashes.endpoint.clone());
            self.failed(format!("`{}` has another final block {to} than was told", hashes.endpoint));
        }
        true
    }
}
