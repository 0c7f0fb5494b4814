//! A write reaches the database, or does not, and the process hears of it, or does not.

use linkpool_indexer::engine::{Input, Outcome, Write};

use super::{super::world::Logs, Simulation, agenda::Event};

/// A write whose last block is a multiple of it changes what is asked for.
const CHANGES: u64 = 41;

impl Simulation {
    pub(super) fn commit(&mut self, instance: usize, life: u32, epoch: u64, write: &Write<Logs>) {
        let is_alive = self.instances[instance].life == life;
        // A killed process's statement may have reached the server, or not; an answer may be lost either way.
        let arrives = is_alive && !self.random.chance(if self.is_resting { 0 } else { 2 }) || self.random.chance(50);
        let mut outcome = Outcome::Failed("the connection broke".into());
        if arrives {
            let short = write.payloads.iter().flat_map(|payload| &payload.short).count() as u64;
            outcome = self.store.write(instance, epoch, write);
            self.tell(|| {
                let swap = write.ancestor.map(|ancestor| format!(" in place of everything above {}", ancestor.number));
                format!(
                    "{instance} writes {}..={}{}: {outcome:?}",
                    write.expected.number,
                    write.to.number,
                    swap.unwrap_or_default()
                )
            });
            match outcome {
                Outcome::Written => {
                    self.totals.writes += 1;
                    self.totals.swaps += u64::from(write.ancestor.is_some());
                    self.totals.short_writes += short;
                }
                Outcome::Changed | Outcome::Fenced | Outcome::CursorMoved => self.totals.fenced += 1,
                Outcome::Failed(_) => {}
            }
            // Other logs are to be asked for from then on.
            if outcome == Outcome::Written && write.to.number.is_multiple_of(CHANGES) {
                outcome = Outcome::Changed;
            }
            if !self.is_resting && self.random.chance(1) {
                outcome = Outcome::Failed("the connection broke after the commit".into());
            }
        }
        if !is_alive {
            return;
        }
        self.instances[instance].writing = false;
        if self.instances[instance].load_waits {
            self.agenda.at(5, Event::Load { instance, life });
        }
        self.step(instance, Input::Written(outcome));
    }
}
