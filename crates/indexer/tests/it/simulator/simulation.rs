//! One seed: what happens when, until the faults end and everything has to be right.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
    ops::AddAssign,
};

use linkpool_indexer::engine::{Ask, Effect, Engine, Input, Outcome, Settings, Write};
use linkpool_primitives::B256;

use crate::random::Random;

use super::{
    Mode,
    rpc::{self, Met, Rpc},
    store::Store,
    world::{KEYS, Logs, START, World},
};

const LEASE_MS: u64 = 2_000;
/// After this the faults are over.
const REST: u64 = 60_000;
/// By then everything has to be right.
const END: u64 = REST + 240_000;
/// Likewise where the faults go on.
const LASTING_END: u64 = REST + 600_000;
const MOST_STEPS: u32 = 100_000;
const MOST_LASTING_STEPS: u32 = 1_000_000;

enum Event {
    Mine,
    Crash(usize),
    Start(usize),
    Pause(usize),
    Fork,
    Lease(usize),
    Wake(usize, u32),
    Answer {
        instance: usize,
        life: u32,
        id: u64,
        ask: Ask,
        endpoint: usize,
    },
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

/// One process.
struct Instance {
    engine: Option<Engine<Logs>>,
    /// Rises with each start; what was under way in an earlier life has nobody to come back to.
    life: u32,
    epoch: Option<u64>,
    asleep_until: u64,
    /// A write is under way, and a load waits for its end, as on one connection.
    writing: bool,
    load_waits: bool,
}

/// What the seeds met.
#[derive(Debug, Default, Clone, Copy)]
pub struct Totals {
    pub blocks: u64,
    pub reorgs: u64,
    pub crashes: u64,
    pub swaps: u64,
    pub writes: u64,
    pub fenced: u64,
    pub accusations: u64,
    pub short_writes: u64,
    pub hung_writes: u64,
    pub met: Met,
}

impl AddAssign for Totals {
    fn add_assign(&mut self, other: Self) {
        self.blocks += other.blocks;
        self.reorgs += other.reorgs;
        self.crashes += other.crashes;
        self.swaps += other.swaps;
        self.writes += other.writes;
        self.fenced += other.fenced;
        self.accusations += other.accusations;
        self.short_writes += other.short_writes;
        self.hung_writes += other.hung_writes;
        self.met += other.met;
    }
}

impl Totals {
    /// A proof that never met a fault proves little.
    pub fn is_varied(&self) -> bool {
        let Met { refusals, time_outs, false_heads, false_blooms, wrong_times } = self.met;
        let nameless = [refusals, time_outs, false_heads, false_blooms, wrong_times, self.hung_writes];
        let known = [self.reorgs, self.crashes, self.swaps, self.fenced, self.accusations, self.short_writes];
        known.iter().chain(&nameless).all(|count| *count > 0)
    }
}

impl std::fmt::Display for Totals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { blocks, reorgs, crashes, swaps, writes, fenced, accusations, short_writes, hung_writes, met } = self;
        let Met { refusals, time_outs, false_heads, false_blooms, wrong_times } = met;
        write!(
            f,
            "{blocks} blocks, {reorgs} reorgs, {crashes} crashes, {writes} writes, {swaps} of them swaps, {fenced} fenced off, \
             {short_writes} blocks written short and mended, {accusations} accusations, {refusals} refusals in unknown words, \
             {time_outs} time-outs, {false_heads} false heads, {false_blooms} answers without logs by false blooms, {wrong_times} \
             wrong times, {hung_writes} writes that hung"
        )
    }
}

pub struct Simulation {
    seed: u64,
    tells: bool,
    random: Random,
    now: u64,
    order: u64,
    queue: BinaryHeap<Reverse<(u64, u64)>>,
    events: BTreeMap<u64, Event>,
    world: World,
    rpc: Rpc,
    store: Store,
    instances: Vec<Instance>,
    is_resting: bool,
    /// Whether a process forgot who gave what.
    forgot: bool,
    block_ms: u64,
    short: BTreeMap<(u64, B256), usize>,
    mode: Mode,
    /// Questions about blocks so far, and about heads.
    pub asked: (u64, u64),
    pub totals: Totals,
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
        let instance = |_| Instance { engine: None, life: 0, epoch: None, asleep_until: 0, writing: false, load_waits: false };
        let block_ms = random.between(200, 3_000);
        let mut simulation = Self {
            seed,
            tells,
            now: 0,
            order: 0,
            queue: BinaryHeap::new(),
            events: BTreeMap::new(),
            world,
            rpc,
            store,
            instances: (0..count).map(instance).collect(),
            is_resting: false,
            forgot: count > 1,
            block_ms,
            short: BTreeMap::new(),
            mode,
            asked: (0, 0),
            totals: Totals::default(),
            random,
        };
        for index in 0..count {
            simulation.at(0, Event::Start(index));
        }
        simulation.at(block_ms, Event::Mine);
        simulation.at(5_000, Event::Fork);
        simulation.at(1_000, Event::Announce(0));
        if mode != Mode::Hopeless && simulation.random.chance(60) {
            simulation.at(3_000, Event::Crash(0));
        }
        if mode != Mode::Hopeless && count > 1 {
            simulation.at(4_000, Event::Pause(1));
        }
        simulation.at(REST, Event::Rest);
        simulation
    }

    fn at(&mut self, after: u64, event: Event) {
        self.order += 1;
        self.queue.push(Reverse((self.now + after, self.order)));
        self.events.insert(self.order, event);
    }

    fn tell(&self, what: impl FnOnce() -> String) {
        if self.tells {
            println!("{:>7} {}", self.now, what());
        }
    }

    /// Until this moment, whatever comes of it.
    pub fn run_until(&mut self, end: u64) {
        while self.now < end {
            let Some(Reverse((time, order))) = self.queue.pop() else { return };
            self.now = time;
            let event = self.events.remove(&order).unwrap();
            self.happen(event);
        }
    }

    /// What the database says of the indexer.
    pub fn state(&self) -> &str {
        &self.store.state
    }

    pub fn run(&mut self) {
        let most = if self.mode == Mode::Ending { MOST_STEPS } else { MOST_LASTING_STEPS };
        for _ in 0..most {
            let Some(Reverse((time, order))) = self.queue.pop() else { break };
            self.now = time;
            let event = self.events.remove(&order).unwrap();
            self.happen(event);
            if self.is_at_rest() {
                return self.assert_equal();
            }
            let end = if self.mode == Mode::Ending { END } else { LASTING_END };
            if self.now >= end {
                self.tell(|| format!("{:?}", self.instances.iter().map(|instance| &instance.engine).collect::<Vec<_>>()));
            }
            assert!(
                self.now < end,
                "seed {}: the cursor stays at {} while the head is {}: {}",
                self.seed,
                self.store.cursor.number,
                self.world.head(),
                self.store.state
            );
        }
        panic!("seed {}: it does not come to rest", self.seed);
    }

    /// At the head, no write under way, and compared as far as it is final.
    fn is_at_rest(&self) -> bool {
        self.is_resting
            && self.store.cursor.hash == self.world.block(self.world.tip).header.block.hash
            && self.instances.iter().all(|instance| !instance.writing && !instance.load_waits)
            && self.store.finalized >= self.world.finalized.min(self.store.cursor.number)
    }

    fn assert_equal(&mut self) {
        let canonical = self.world.canonical_logs(self.world.tip);
        let written: Vec<_> = self.store.events.values().copied().collect();
        if written != canonical {
            let missing: Vec<_> = canonical.iter().filter(|log| !written.contains(log)).collect();
            let extra: Vec<_> = written.iter().filter(|log| !canonical.contains(log)).collect();
            panic!("seed {}: missing {missing:?}, extra {extra:?}", self.seed);
        }
        self.totals.met = self.rpc.met;
        self.totals.accusations += self.rpc.endpoints.iter().map(|endpoint| u64::from(endpoint.accused)).sum::<u64>();
        if self.forgot || self.mode != Mode::Ending {
            return;
        }
        for (block, liar) in &self.short {
            assert!(
                self.store.cut.contains(block) || self.rpc.endpoints[*liar].accused > 0,
                "seed {}: endpoint {liar} lied and was not named",
                self.seed
            );
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Mine => self.block(),
            Event::Fork => self.fork(),
            Event::Start(index) => self.start(index),
            Event::Crash(index) => self.crash(index),
            Event::Pause(index) => {
                self.instances[index].asleep_until = self.now + self.random.between(500, 3 * LEASE_MS);
                if !self.is_resting {
                    let after = self.random.between(2_000, 15_000);
                    let next = self.random.between(0, self.instances.len() as u64 - 1) as usize;
                    self.at(after, Event::Pause(next));
                }
            }
            Event::Lease(index) => self.lease(index),
            Event::Wake(index, life) => {
                if self.instances[index].life == life && !self.postponed(index, || Event::Wake(index, life)) {
                    self.step(index, Input::Tick);
                    self.schedule_wake(index);
                }
            }
            Event::Answer { instance, life, id, ask, endpoint } => {
                if self.instances[instance].life != life {
                    return;
                }
                let postponed = || Event::Answer { instance, life, id, ask: ask.clone(), endpoint };
                if self.postponed(instance, postponed) {
                    return;
                }
                let input = self.rpc.answer(endpoint, id, &ask, &self.world, &mut self.random);
                if let Input::Failed(_, fault, what) = &input {
                    self.tell(|| format!("{ask:?}: {fault:?} {what}"));
                    self.rpc.avoid(endpoint, self.now);
                }
                self.step(instance, input);
            }
            Event::Write { instance, life, epoch, write } => self.commit(instance, life, epoch, &write),
            Event::Load { instance, life } => {
                if self.instances[instance].life == life {
                    self.instances[instance].load_waits = false;
                    let input = if !self.is_resting && self.random.chance(3) {
                        Input::LoadFailed("the database does not answer".into())
                    } else {
                        Input::Loaded(self.store.snapshot())
                    };
                    self.step(instance, input);
                }
            }
            Event::Ledger { instance, life, at } => {
                if self.instances[instance].life == life {
                    let ledger = self.store.ledger(at);
                    self.step(instance, Input::Ledger(at, ledger));
                }
            }
            Event::Announce(index) => {
                let announcements = if self.random.chance(10) { 50 } else { 1 };
                for _ in 0..announcements {
                    self.step(index, Input::Woken);
                }
                if !self.is_resting {
                    let after = self.random.between(100, 5_000);
                    let next = self.random.between(0, self.instances.len() as u64 - 1) as usize;
                    self.at(after, Event::Announce(next));
                }
            }
            Event::Rest => self.rest(),
        }
    }

    fn block(&mut self) {
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
        self.at(self.block_ms / 2 + jitter, Event::Mine);
    }

    /// Endpoints come back to the canonical branch, or change how far they lag.
    fn fork(&mut self) {
        for endpoint in &mut self.rpc.endpoints {
            if self.random.chance(60) {
                endpoint.pinned = None;
            }
        }
        if !self.is_resting {
            let after = self.random.between(1_000, 5_000);
            self.at(after, Event::Fork);
        }
    }

    fn start(&mut self, index: usize) {
        let stalled_after_ms = if self.mode == Mode::Ending { 20_000 } else { 50_000 };
        let settings = Settings { most_blocks: 60, poll_ms: 300, stalled_after_ms, endpoints: self.rpc.endpoints.len() };
        let instance = &mut self.instances[index];
        if instance.engine.is_some() {
            return;
        }
        instance.life += 1;
        *instance = Instance {
            engine: Some(Engine::new(settings)),
            life: instance.life,
            epoch: None,
            asleep_until: 0,
            writing: false,
            load_waits: false,
        };
        self.at(0, Event::Lease(index));
        self.schedule_wake(index);
    }

    fn crash(&mut self, index: usize) {
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
        self.at(down, Event::Start(index));
        let after = down + self.random.between(500, 20_000);
        let next = self.random.between(0, self.instances.len() as u64 - 1) as usize;
        self.at(after, Event::Crash(next));
    }

    fn lease(&mut self, index: usize) {
        if self.instances[index].engine.is_none() || self.postponed(index, || Event::Lease(index)) {
            return;
        }
        let epoch = self.store.take_lease(index, self.now, LEASE_MS);
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
        self.at(LEASE_MS / 5, Event::Lease(index));
        self.schedule_wake(index);
    }

    /// A process that is asleep meets what came for it when it wakes.
    fn postponed(&mut self, index: usize, event: impl FnOnce() -> Event) -> bool {
        let until = self.instances[index].asleep_until;
        if until <= self.now {
            return false;
        }
        let event = event();
        self.at(until - self.now, event);
        true
    }

    fn schedule_wake(&mut self, index: usize) {
        let Some(engine) = &self.instances[index].engine else { return };
        let wake = engine.wake_at();
        let life = self.instances[index].life;
        if wake < u64::MAX {
            self.at(wake.saturating_sub(self.now).max(1), Event::Wake(index, life));
        }
    }

    fn step(&mut self, index: usize, input: Input<Logs>) {
        let now = self.now;
        let Some(engine) = &mut self.instances[index].engine else { return };
        let before = engine.wake_at();
        let effects = engine.step(now, input);
        let after = engine.wake_at();
        for effect in effects {
            self.carry_out(index, effect);
        }
        if after < before {
            self.schedule_wake(index);
        }
    }

    fn carry_out(&mut self, index: usize, effect: Effect<Logs>) {
        let life = self.instances[index].life;
        match effect {
            Effect::Load => {
                self.instances[index].load_waits = true;
                if !self.instances[index].writing {
                    let after = self.random.between(1, 20);
                    self.at(after, Event::Load { instance: index, life });
                }
            }
            Effect::LoadLedger(at) => {
                let after = self.random.between(1, 20);
                self.at(after, Event::Ledger { instance: index, life, at });
            }
            Effect::Ask(id, ask) => {
                let endpoint = self.rpc.choose(self.now);
                let after = self.random.between(1, 60) + self.rpc.takes(endpoint, &ask);
                match ask {
                    Ask::Heads => self.asked.1 += 1,
                    _ => self.asked.0 += 1,
                }
                self.at(after, Event::Answer { instance: index, life, id, ask, endpoint });
            }
            Effect::Write(write) => {
                assert!(!std::mem::replace(&mut self.instances[index].writing, true), "two writes at a time");
                let epoch = self.instances[index].epoch.unwrap_or(0);
                let hangs = !self.is_resting && self.random.chance(1);
                self.totals.hung_writes += u64::from(hangs);
                let after = if hangs { self.random.between(1_000, 40_000) } else { self.random.between(1, 40) };
                self.at(after, Event::Write { instance: index, life, epoch, write });
            }
            Effect::Say(condition, detail) => {
                self.tell(|| format!("{index} says {} {detail:?}", condition.name()));
                self.store.state = condition.name().into();
            }
            Effect::Seen(heads) => self.store.finalized = heads.finalized,
            Effect::Accuse(name, what) => {
                self.tell(|| format!("{index} accuses {name}: {what}"));
                let endpoint = self.rpc.named(&name);
                self.rpc.endpoints[endpoint].accused += 1;
                self.rpc.avoid(endpoint, self.now);
            }
            Effect::Avoid(name) => {
                let endpoint = self.rpc.named(&name);
                self.rpc.avoid(endpoint, self.now);
            }
            Effect::Note(what) => self.tell(|| format!("{index}: {what}")),
            Effect::Stop { block, finalized } => panic!("seed {}: stopped at {block}, final {finalized}", self.seed),
        }
    }

    fn commit(&mut self, instance: usize, life: u32, epoch: u64, write: &Write<Logs>) {
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
                Outcome::Fenced | Outcome::CursorMoved => self.totals.fenced += 1,
                Outcome::Failed(_) => {}
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
            self.at(5, Event::Load { instance, life });
        }
        self.step(instance, Input::Written(outcome));
    }

    /// The faults are over. Every key gets one more event, so that whatever is missing shows.
    fn rest(&mut self) {
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
            self.at(0, Event::Start(index));
        }
        let keys: Vec<usize> = (0..KEYS).collect();
        self.world.mine(&keys, &mut self.random);
        // Until everything that was written under faults is final and was compared.
        for _ in 0..3 + self.world.finality.unwrap_or(0) {
            mine(&mut self.world, &mut self.random);
        }
    }

    /// Who gave too little of blocks that are canonical and written short at this moment: the end must find them out.
    fn still_short(&self) -> BTreeMap<(u64, B256), usize> {
        let canonical = |(number, hash): &(u64, B256)| {
            self.world.at(self.world.tip, *number).is_some_and(|index| self.world.block(index).header.block.hash == *hash)
        };
        self.store.short.iter().filter(|(block, _)| canonical(block)).map(|(block, giver)| (*block, *giver)).collect()
    }
}

fn mine(world: &mut World, random: &mut Random) {
    let keys: Vec<usize> = (0..random.between(0, 4)).map(|_| random.between(0, KEYS as u64 - 1) as usize).collect();
    let keys = if random.chance(40) { &keys[..0] } else { &keys[..] };
    world.mine(keys, random);
}
