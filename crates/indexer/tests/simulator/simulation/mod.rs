//! One seed: what happens when, until the faults end and everything has to be right.

mod agenda;
mod chain;
mod commit;
mod effects;
mod process;
mod reckoning;
mod totals;

use std::collections::BTreeMap;

use linkpool_primitives::{B256, IndexerState};
use linkpool_replay::random::Random;

use self::{
    agenda::{Agenda, Event},
    chain::mine,
    process::Instance,
};
use super::{
    Mode,
    rpc::{self, Rpc},
    store::Store,
    world::{START, World},
};

pub use totals::Totals;

const LEASE_MS: u64 = 2_000;
/// After this the faults are over.
const REST: u64 = 60_000;

pub struct Simulation {
    seed: u64,
    tells: bool,
    random: Random,
    agenda: Agenda,
    world: World,
    rpc: Rpc,
    store: Store,
    instances: Vec<Instance>,
    is_resting: bool,
    /// Whether a process forgot who gave what.
    forgot: bool,
    block_ms: u64,
    short: BTreeMap<(u64, B256), usize>,
    /// The largest answer so far.
    largest: usize,
    mode: Mode,
    /// Questions about blocks so far, and about heads.
    pub asked: (u64, u64),
    totals: Totals,
}

impl Simulation {
    pub fn new(seed: u64, tells: bool, mode: Mode) -> Self {
        let mut random = Random::new(seed);
        let finality = random.chance(80).then(|| random.between(2, 40));
        let mut world = World::new(finality);
        for _ in 0..random.between(START, 150) {
            mine(&mut world, &mut random);
        }
        let rpc = Rpc::new(&mut random, finality.is_some(), mode);
        let store = Store::new(rpc::start(&world));
        let count = if random.chance(40) { 2 } else { 1 };
        let block_ms = random.between(200, 3_000);
        let mut simulation = Self {
            seed,
            tells,
            agenda: Agenda::default(),
            world,
            rpc,
            store,
            instances: (0..count).map(|_| Instance::new(None, 0)).collect(),
            is_resting: false,
            forgot: count > 1,
            block_ms,
            short: BTreeMap::new(),
            largest: 0,
            mode,
            asked: (0, 0),
            totals: Totals::default(),
            random,
        };
        for index in 0..count {
            simulation.agenda.at(0, Event::Start(index));
        }
        simulation.agenda.at(block_ms, Event::Mine);
        simulation.agenda.at(5_000, Event::Fork);
        simulation.agenda.at(1_000, Event::Announce(0));
        if mode != Mode::Hopeless && simulation.random.chance(60) {
            simulation.agenda.at(3_000, Event::Crash(0));
        }
        if mode != Mode::Hopeless && count > 1 {
            simulation.agenda.at(4_000, Event::Pause(1));
        }
        simulation.agenda.at(REST, Event::Rest);
        simulation
    }

    fn tell(&self, what: impl FnOnce() -> String) {
        if self.tells {
            println!("{:>7} {}", self.agenda.now, what());
        }
    }

    /// What the database says of the indexer.
    pub fn state(&self) -> IndexerState {
        self.store.state
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Mine => self.block(),
            Event::Fork => self.fork(),
            Event::Start(index) => self.start(index),
            Event::Crash(index) => self.crash(index),
            Event::Pause(index) => self.pause(index),
            Event::Lease(index, life) => self.lease(index, life),
            Event::Wake(index, life) => self.wake(index, life),
            Event::Answer(asked) => self.answer(asked),
            Event::Write { instance, life, epoch, write } => self.commit(instance, life, epoch, &write),
            Event::Load { instance, life } => self.load(instance, life),
            Event::Ledger { instance, life, at } => self.ledger(instance, life, at),
            Event::Announce(index) => self.announce(index),
            Event::Rest => self.rest(),
        }
    }
}
