//! The ends of the chain are asked for, by the clock and when somebody says that there is a new block.

use super::Context;
use crate::engine::{Ask, AskId, EndpointName, Heads, Payload};

impl<P: Payload> Context<P> {
    pub fn ask_heads_if_due(&mut self) {
        if self.poll.due().is_some_and(|due| due <= self.now) {
            let id = self.ask(Ask::Heads);
            self.poll.asks(id, self.now, self.settings.poll_ms);
        }
    }

    /// Takes an answer, and returns what of it counts, if anything does.
    pub fn hear(&mut self, id: AskId, endpoint: &EndpointName, mut heads: Heads) -> Option<Heads> {
        if !self.poll.close(id) {
            return None;
        }
        if heads.finalized > heads.head.number || heads.safe > heads.head.number {
            let what = format!("its newest block is {}, below its final block {}", heads.head.number, heads.finalized);
            self.contradicted(endpoint, what);
            return None;
        }
        self.poll.answered(self.now);
        let before = self.finalized();
        if !self.steady.hear(&mut heads) {
            self.poll.hurry(self.now);
            return None;
        }
        if heads.finalized < before {
            self.finals.forget_above(heads.finalized);
        }
        // A tag lives no longer than its answer.
        heads.safe = heads.safe.max(heads.finalized).min(heads.head.number);
        self.finals.learn(&heads);
        self.heads = Some(heads);
        self.heads_source = Some(endpoint.clone());
        Some(heads)
    }
}
