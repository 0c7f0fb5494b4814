//! Between the engine and the rest: what comes to it, and what it wants done.

use linkpool_indexer::engine::{Ask, Effect, Heads, Input, Payload};

use super::{
    super::world::Logs,
    Simulation,
    agenda::{Asked, Event},
};

impl Simulation {
    pub(super) fn step(&mut self, index: usize, input: Input<Logs>) {
        let now = self.agenda.now;
        let Some(engine) = &mut self.instances[index].engine else { return };
        let effects = engine.step(now, input);
        let waiting = engine.waiting_bytes();
        let most = self.max_bytes().max(self.largest);
        assert!(waiting <= most, "seed {}: answers of {waiting} bytes wait, and no more than {most} may", self.seed);
        for effect in effects {
            self.carry_out(index, effect);
        }
        self.schedule_wake(index);
    }

    /// An answer arrives, as the endpoint gives it at this moment.
    pub(super) fn answer(&mut self, asked: Asked) {
        let Asked { instance, life, id, ref ask, endpoint } = asked;
        if !self.lives(instance, life) || self.postponed(instance, || Event::Answer(asked.clone())) {
            return;
        }
        let input = self.rpc.answer(endpoint, id, ask, &self.world, &mut self.random);
        if let Input::Fetched(_, fetched) = &input {
            self.largest = self.largest.max(fetched.payload.bytes());
        }
        match &input {
            Input::Failed(_, fault, what) => {
                self.tell(|| format!("{ask:?}: {fault:?} {what}"));
                self.rpc.deprioritize(endpoint, self.agenda.now);
            }
            Input::Heads(_, name, Heads { head, finalized, finalized_hash, .. }) => {
                self.tell(|| format!("`{name}` tells of head {head}, final {finalized} {finalized_hash:?}"));
            }
            Input::Hashes(_, hashes) => {
                let found = hashes.blocks.iter().map(|(number, block)| format!("{number} {:?}", block.map(|block| block.hash)));
                self.tell(|| format!("`{}` has {}", hashes.endpoint, found.collect::<Vec<_>>().join(", ")));
            }
            _ => {}
        }
        self.step(instance, input);
    }

    /// The database was read, or could not be.
    pub(super) fn load(&mut self, instance: usize, life: u32) {
        if !self.lives(instance, life) {
            return;
        }
        self.instances[instance].load_waits = false;
        let input = if !self.is_resting && self.random.chance(3) {
            Input::LoadFailed("the database does not answer".into())
        } else {
            Input::Loaded(self.store.snapshot())
        };
        self.step(instance, input);
    }

    pub(super) fn ledger(&mut self, instance: usize, life: u32, at: u64) {
        if self.lives(instance, life) {
            let ledger = self.store.ledger(at);
            self.step(instance, Input::Ledger(at, ledger));
        }
    }

    pub(super) fn carry_out(&mut self, index: usize, effect: Effect<Logs>) {
        let life = self.instances[index].life;
        match effect {
            Effect::Load => {
                self.instances[index].load_waits = true;
                if !self.instances[index].writing {
                    let after = self.random.between(1, 20);
                    self.agenda.at(after, Event::Load { instance: index, life });
                }
            }
            Effect::LoadLedger(at) => {
                let after = self.random.between(1, 20);
                self.agenda.at(after, Event::Ledger { instance: index, life, at });
            }
            Effect::Ask(id, ask) => {
                let endpoint = self.rpc.choose(self.agenda.now);
                let after = self.random.between(1, 60) + self.rpc.takes(endpoint, &ask);
                match ask {
                    Ask::Heads => self.asked.1 += 1,
                    _ => self.asked.0 += 1,
                }
                self.agenda.at(after, Event::Answer(Asked { instance: index, life, id, ask, endpoint }));
            }
            Effect::Write(write) => {
                assert!(!std::mem::replace(&mut self.instances[index].writing, true), "two writes at a time");
                let epoch = self.instances[index].epoch.unwrap_or(0);
                let hangs = !self.is_resting && self.random.chance(1);
                self.totals.hung_writes += u64::from(hangs);
                let after = if hangs { self.random.between(1_000, 40_000) } else { self.random.between(1, 40) };
                self.agenda.at(after, Event::Write { instance: index, life, epoch, write });
            }
            Effect::SetState(state, detail) => {
                self.tell(|| format!("{index} says {state} {detail:?}"));
                self.store.state = state;
            }
            Effect::Seen(heads) => self.store.finalized = heads.finalized,
            Effect::ReportFaulty(name, what) => {
                self.tell(|| format!("{index} accuses {name}: {what}"));
                let endpoint = self.rpc.named(&name);
                self.rpc.endpoints[endpoint].reported_faulty += 1;
                self.rpc.deprioritize(endpoint, self.agenda.now);
            }
            Effect::Deprioritize(name) => {
                let endpoint = self.rpc.named(&name);
                self.rpc.deprioritize(endpoint, self.agenda.now);
            }
            Effect::Log(what) => self.tell(|| format!("{index}: {what}")),
            Effect::Stop { block, finalized } => panic!("seed {}: stopped at {block}, final {finalized}", self.seed),
        }
    }
}
