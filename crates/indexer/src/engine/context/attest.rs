//! Which of two branches is final is asked: only who has the final block is believed about blocks close below it.

use super::Context;
use crate::engine::{Ask, AskId, Hashes, Payload};

impl<P: Payload> Context<P> {
    pub fn drive_attest(&mut self) {
        let Some(heads) = self.heads else { return };
        if let Some(number) = self.finals.next_wanted() {
            let id = self.ask(Ask::Hashes(vec![number, heads.finalized]));
            self.finals.asked(id, number, heads.finalized);
        }
    }

    /// Takes the answer, if it is one to this.
    pub fn attested(&mut self, id: AskId, hashes: &Hashes) -> bool {
        let Some((number, finalized)) = self.finals.close(id) else { return false };
        // Who has the final block may have any above it.
        if number > self.finalized() {
            return true;
        }
        let hash = |height: u64| hashes.blocks.iter().find(|(number, _)| *number == height).and_then(|(_, block)| *block);
        match (hash(number), hash(finalized)) {
            (Some(block), Some(last)) if self.finals.is_known(finalized, last.hash) => self.finals.insert(number, block.hash),
            _ => {
                self.deprioritize(hashes.endpoint.clone());
                self.failed(format!("`{}` does not have the final block {finalized}", hashes.endpoint));
            }
        }
        true
    }
}
