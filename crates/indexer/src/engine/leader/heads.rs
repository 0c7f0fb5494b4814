//! What the newest heads say about what is written.

use linkpool_primitives::BlockRef;

use super::Leader;
use crate::engine::{Effect, Heads, Payload, context::Context};

impl<P: Payload> Leader<P> {
    /// A lower head alone proves nothing, because an endpoint may lag. Another hash at a height we know does.
    pub(super) fn heard(&mut self, cx: &mut Context<P>, heads: Heads) {
        self.steady_head = cx.steady.head;
        self.backfill.drop_above(self.settled(&heads), self.written_to());
        if self.search.is_some() || self.writing.is_some() {
            return;
        }
        self.look_at(cx, heads.head);
        if self.search.is_none() {
            let seen = Heads { finalized: self.final_tag(&heads, self.cursor.number), ..heads };
            cx.effects.push(Effect::Seen(seen));
        }
    }

    fn look_at(&mut self, cx: &mut Context<P>, head: BlockRef) {
        if head.hash == self.cursor.hash {
            cx.caught_up();
        } else if self.hash_at(head.number).is_some_and(|hash| hash != head.hash) {
            self.begin_search(None);
        }
    }
}
