//! Processes: they start, are killed, sleep, and hold a lease or do not.

use linkpool_indexer::engine::{Engine, Input, Settings};

use super::{
    super::{Mode, world::Logs},
    LEASE_MS, Simulation,
    agenda::Event,
};

/// One process.
pub struct Instance {
    pub engine: Option<Engine<Logs>>,
    /// Rises with each start; what was under way in an earlier life has nobody to come back to.
    pub life: u32,
    pub epoch: Option<u64>,
    pub asleep_until: u64,
    /// When it wakes by itself. One moment alone: each waking asks for the next, so a second one would go on beside the first for ever.
    wakes_at: u64,
    /// A write is under way, and a load waits for its end, as on one connection.
    pub writing: bool,
    pub load_waits: bool,
}

impl Instance {
    pub fn new(engine: Option<Engine<Logs>>, life: u32) -> Self {
        Self { engine, life, epoch: None, asleep_until: 0, wakes_at: u64::MAX, writing: false, load_waits: false }
    }
}

impl Simulation {
    pub(super) fn start(&mut self, index: usize) {
        let stalled_after_ms = if self.mode == Mode::Ending { 20_000 } else { 50_000 };
        let settings = Settings {
            max_blocks: 60,
            poll_ms: 300,
            stalled_after_ms,
            endpoints: self.rpc.endpoints.len(),
            max_bytes: self.max_bytes(),
        };
        let instance = &mut self.instances[index];
        if instance.engine.is_some() {
            return;
        }
        *instance = Instance::new(Some(Engine::new(settings)), instance.life + 1);
        let life = instance.life;
        self.agenda.at(0, Event::Lease(index, life));
    }

    /// From the room for a few blocks to that for most of the chain.
    pub(super) fn max_bytes(&self) -> usize {
        20_000 << (self.seed % 5)
    }

    pub(super) fn crash(&mut self, index: usize) {
        if self.is_resting {
            return;
        }
        if self.instances[index].engine.take().is_some() {
            self.totals.crashes += 1;
            self.forgot = true;
            self.instances[index].life += 1;
            self.tell(|| format!("{index} is killed"));
        }
        let down = self.random.between(0, 4_000);
        self.agenda.at(down, Event::Start(index));
        let after = down + self.random.between(500, 20_000);
        let next = self.random.between(0, self.instances.len() as u64 - 1) as usize;
        self.agenda.at(after, Event::Crash(next));
    }

    /// It stands still for a while, as one whose machine is busy; everything comes to it late.
    pub(super) fn pause(&mut self, index: usize) {
        self.instances[index].asleep_until = self.agenda.now + self.random.between(500, 3 * LEASE_MS);
        if !self.is_resting {
            let after = self.random.between(2_000, 15_000);
            let next = self.random.between(0, self.instances.len() as u64 - 1) as usize;
            self.agenda.at(after, Event::Pause(next));
        }
    }

    pub(super) fn lease(&mut self, index: usize, life: u32) {
        if !self.lives(index, life) || self.postponed(index, || Event::Lease(index, life)) {
            return;
        }
        let epoch = self.store.take_lease(index, self.agenda.now, LEASE_MS);
        let had = std::mem::replace(&mut self.instances[index].epoch, epoch);
        match (had, epoch) {
            (None, Some(_)) => self.step(index, Input::LeaseGained),
            (Some(_), None) => self.step(index, Input::LeaseLost),
            (Some(old), Some(new)) if old != new => {
                self.step(index, Input::LeaseLost);
                self.step(index, Input::LeaseGained);
            }
            _ => {}
        }
        self.agenda.at(LEASE_MS / 5, Event::Lease(index, life));
    }

    /// A process that is asleep meets what came for it when it wakes.
    pub(super) fn postponed(&mut self, index: usize, event: impl FnOnce() -> Event) -> bool {
        let until = self.instances[index].asleep_until;
        if until <= self.agenda.now {
            return false;
        }
        let event = event();
        self.agenda.at(until - self.agenda.now, event);
        true
    }

    pub(super) fn wake(&mut self, index: usize, life: u32) {
        if !self.lives(index, life) || self.instances[index].wakes_at != self.agenda.now {
            return;
        }
        let until = self.instances[index].asleep_until;
        self.instances[index].wakes_at = u64::MAX;
        if until > self.agenda.now {
            return self.wake_at(index, until);
        }
        self.step(index, Input::Tick);
    }

    /// Whether the process is still in the life in which it began something.
    pub(super) fn lives(&self, index: usize, life: u32) -> bool {
        self.instances[index].life == life
    }

    /// The engine is to hear of the time when it says.
    pub(super) fn schedule_wake(&mut self, index: usize) {
        let Some(engine) = &self.instances[index].engine else { return };
        self.wake_at(index, engine.wake_at().max(self.agenda.now + 1));
    }

    /// Unless it wakes before.
    fn wake_at(&mut self, index: usize, moment: u64) {
        let Instance { life, wakes_at, .. } = &mut self.instances[index];
        if moment < *wakes_at {
            *wakes_at = moment;
            self.agenda.at(moment - self.agenda.now, Event::Wake(index, *life));
        }
    }
}
