//! How far a seed is run, when it has come to its end, and whether everything is right then.

use std::collections::BTreeMap;

use linkpool_primitives::B256;

use super::{super::Mode, REST, Simulation, Totals};

/// By then everything has to be right.
const END: u64 = REST + 240_000;
/// Likewise where the faults go on.
const PERMANENT_END: u64 = REST + 600_000;
const MAX_STEPS: u32 = 100_000;
const MAX_PERMANENT_STEPS: u32 = 1_000_000;

impl Simulation {
    /// Until this moment, whatever comes of it.
    pub fn run_until(&mut self, end: u64) {
        while self.agenda.now < end {
            let Some(event) = self.agenda.next() else { return };
            self.happen(event);
        }
    }

    pub fn run(&mut self) {
        let most = if self.mode == Mode::Ending { MAX_STEPS } else { MAX_PERMANENT_STEPS };
        for _ in 0..most {
            let Some(event) = self.agenda.next() else { break };
            self.happen(event);
            if self.is_at_rest() {
                return self.assert_equal();
            }
            let end = if self.mode == Mode::Ending { END } else { PERMANENT_END };
            if self.agenda.now >= end {
                self.tell(|| format!("{:?}", self.instances.iter().map(|instance| &instance.engine).collect::<Vec<_>>()));
            }
            assert!(
                self.agenda.now < end,
                "seed {}: the cursor stays at {} while the head is {}: {}",
                self.seed,
                self.store.cursor.number,
                self.world.head(),
                self.store.state
            );
        }
        panic!("seed {}: it does not come to rest", self.seed);
    }

    /// What the seed has met.
    pub fn totals(&self) -> Totals {
        let reports = self.rpc.endpoints.iter().map(|endpoint| u64::from(endpoint.reported_faulty)).sum();
        Totals { met: self.rpc.met, reports, ..self.totals }
    }

    /// At the head, no write under way, and compared as far as it is final.
    pub(super) fn is_at_rest(&self) -> bool {
        self.is_resting
            && self.store.cursor.hash == self.world.block(self.world.tip).header.block.hash
            && self.instances.iter().all(|instance| !instance.writing && !instance.load_waits)
            && self.store.finalized >= self.world.finalized.min(self.store.cursor.number)
    }

    pub(super) fn assert_equal(&self) {
        let canonical = self.world.canonical_logs(self.world.tip);
        let written: Vec<_> = self.store.events.values().copied().collect();
        if written != canonical {
            let missing: Vec<_> = canonical.iter().filter(|log| !written.contains(log)).collect();
            let extra: Vec<_> = written.iter().filter(|log| !canonical.contains(log)).collect();
            panic!("seed {}: missing {missing:?}, extra {extra:?}", self.seed);
        }
        if self.forgot || self.mode != Mode::Ending {
            return;
        }
        for (block, liar) in &self.short {
            assert!(
                self.store.cut.contains(block) || self.rpc.endpoints[*liar].reported_faulty > 0,
                "seed {}: endpoint {liar} lied and was not named",
                self.seed
            );
        }
    }

    /// Who gave too little of blocks that are canonical and written short at this moment: the end must find them out.
    pub(super) fn still_short(&self) -> BTreeMap<(u64, B256), usize> {
        let canonical = |(number, hash): &(u64, B256)| {
            self.world.at(self.world.tip, *number).is_some_and(|index| self.world.block(index).header.block.hash == *hash)
        };
        self.store.short.iter().filter(|(block, _)| canonical(block)).map(|(block, source)| (*block, *source)).collect()
    }
}
