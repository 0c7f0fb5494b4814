//! The chain moves, and what of it the endpoints believe in.

use linkpool_indexer::engine::Input;
use linkpool_replay::random::Random;

use super::{
    super::{
        Mode,
        world::{KEYS, World},
    },
    Simulation,
    agenda::Event,
};

impl Simulation {
    pub(super) fn block(&mut self) {
        if self.is_resting {
            return;
        }
        let reorg = self.random.chance(12);
        if reorg {
            let depth = if self.random.chance(80) { self.random.between(1, 5) } else { self.random.between(1, 32) };
            let before = self.world.tip;
            let head = self.world.head();
            self.world.unwind(depth);
            let removed = head - self.world.head();
            // A shorter chain, one as long, or a longer one.
            let added = self.random.between(1, removed + 2);
            for _ in 0..added {
                mine(&mut self.world, &mut self.random);
            }
            if removed > 0 {
                self.totals.reorgs += 1;
                self.tell(|| format!("reorg of {removed}, head {head} -> {}", self.world.head()));
                // Somebody goes on believing in the old branch for a while.
                if self.mode == Mode::Ending && self.random.chance(30) {
                    let index = self.random.between(0, self.rpc.endpoints.len() as u64 - 1) as usize;
                    self.rpc.endpoints[index].pinned = Some(before);
                }
            }
        } else {
            mine(&mut self.world, &mut self.random);
        }
        self.totals.blocks += 1;
        let jitter = self.random.between(0, self.block_ms);
        self.agenda.at(self.block_ms / 2 + jitter, Event::Mine);
    }

    /// Endpoints come back to the canonical branch, or change how far they lag.
    pub(super) fn fork(&mut self) {
        for endpoint in &mut self.rpc.endpoints {
            if self.random.chance(60) {
                endpoint.pinned = None;
            }
        }
        if !self.is_resting {
            let after = self.random.between(1_000, 5_000);
            self.agenda.at(after, Event::Fork);
        }
    }

    /// A block is announced, and sometimes fifty times.
    pub(super) fn announce(&mut self, index: usize) {
        let announcements = if self.random.chance(10) { 50 } else { 1 };
        for _ in 0..announcements {
            self.step(index, Input::Woken);
        }
        if !self.is_resting {
            let after = self.random.between(100, 5_000);
            let next = self.random.between(0, self.instances.len() as u64 - 1) as usize;
            self.agenda.at(after, Event::Announce(next));
        }
    }

    /// The faults are over. Every key gets one more event, so that whatever is missing shows.
    pub(super) fn rest(&mut self) {
        self.tell(|| "the faults are over".into());
        self.short = self.still_short();
        self.is_resting = true;
        if self.mode == Mode::Ending {
            self.rpc.behave();
        } else {
            self.rpc.endpoints.iter_mut().for_each(|endpoint| endpoint.pinned = None);
        }
        for index in 0..self.instances.len() {
            self.instances[index].asleep_until = 0;
            self.agenda.at(0, Event::Start(index));
        }
        let keys: Vec<usize> = (0..KEYS).collect();
        self.world.mine(&keys, &mut self.random);
        // Until everything that was written under faults is final and was compared.
        for _ in 0..3 + self.world.finality.unwrap_or(0) {
            mine(&mut self.world, &mut self.random);
        }
    }
}

pub(super) fn mine(world: &mut World, random: &mut Random) {
    let keys: Vec<usize> = (0..random.between(0, 4)).map(|_| random.between(0, KEYS as u64 - 1) as usize).collect();
    let keys = if random.chance(40) { &keys[..0] } else { &keys[..] };
    world.mine(keys, random);
}
