//! What became of a write.

use super::Leader;
use crate::engine::{Outcome, Payload, context::Context, next::Next};

impl<P: Payload> Leader<P> {
    pub(super) fn written(&mut self, cx: &mut Context<P>, outcome: Outcome) -> Next {
        let Some(writing) = self.writing.take() else { return Next::Stay };
        if let Some(ancestor) = writing.ancestor {
            self.window.split_off(&(ancestor + 1));
            if writing.is_reorg {
                self.learned.replaced.forget_above(ancestor);
            }
        }
        if let Some(sourced) = writing.replaces
            && (matches!(outcome, Outcome::Written | Outcome::Changed) || writing.is_reorg)
        {
            self.learned.provenance.replace(sourced);
        }
        // Whatever became of the write: should these blocks be in the database, this is who gave them.
        self.window.extend(writing.headers);
        if !matches!(outcome, Outcome::Failed(_)) {
            cx.watchdog.write_ended();
        }
        let has_changed = outcome == Outcome::Changed;
        match outcome {
            Outcome::Written | Outcome::Changed => cx.watchdog.written(cx.now, writing.to.number, writing.is_reorg),
            Outcome::Fenced => return Next::StandBy,
            Outcome::CursorMoved => return Next::Load,
            // The connection may have broken before or after the commit: only the database knows.
            Outcome::Failed(problem) => {
                cx.failed(problem);
                return Next::LoadLater;
            }
        }
        if writing.ancestor.is_some() || has_changed {
            return Next::Load;
        }
        self.cursor = writing.to;
        self.checked = writing.checked;
        self.learned.gap.resolve(writing.to.number);
        self.prune(writing.finalized);
        Next::Stay
    }
}
