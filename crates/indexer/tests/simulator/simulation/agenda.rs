//! What happens when: events in the order of simulated time, and of their coming where the time is the same.

use std::collections::BTreeMap;

use linkpool_indexer::engine::{Ask, Write};

use super::super::world::Logs;

pub enum Event {
    Mine,
    Crash(usize),
    Start(usize),
    Pause(usize),
    Fork,
    Lease(usize, u32),
    Wake(usize, u32),
    Answer(Asked),
    Write {
        instance: usize,
        life: u32,
        epoch: u64,
        write: Box<Write<Logs>>,
    },
    Load {
        instance: usize,
        life: u32,
    },
    Ledger {
        instance: usize,
        life: u32,
        at: u64,
    },
    /// A subscription says that there is a block.
    Announce(usize),
    Rest,
}

/// A question on its way: who asked it, when in its lives, and whom.
#[derive(Clone)]
pub struct Asked {
    pub instance: usize,
    pub life: u32,
    pub id: u64,
    pub ask: Ask,
    pub endpoint: usize,
}

#[derive(Default)]
pub struct Agenda {
    pub now: u64,
    order: u64,
    /// By their time, and the order in which they were put down.
    events: BTreeMap<(u64, u64), Event>,
}

impl Agenda {
    pub fn at(&mut self, after: u64, event: Event) {
        self.order += 1;
        self.events.insert((self.now + after, self.order), event);
    }

    /// The next event; it is then its time.
    pub fn next(&mut self) -> Option<Event> {
        let ((time, _), event) = self.events.pop_first()?;
        self.now = time;
        Some(event)
    }
}
