//! Endpoints that lag, lie, refuse and fall silent, behind one door that prefers those nobody complained about.

use std::sync::Arc;

use linkpool_indexer::engine::{Ask, EndpointName, Fault, Fetched, Hashes, Heads, Input};
use linkpool_primitives::{B256, BlockRef};

use crate::random::Random;

use super::{
    Mode,
    manners::{Manners, PATIENCE_MS},
    world::{Log, Logs, World},
};

pub struct Endpoint {
    pub name: EndpointName,
    pub manners: Manners,
    /// The tip of a branch that this endpoint still believes in.
    pub pinned: Option<usize>,
    pub accused: u32,
    avoided_until: u64,
}

pub struct Rpc {
    pub endpoints: Vec<Endpoint>,
    preferred: usize,
    /// Whether the last answer about the heads was false: no two in a row are, whoever gives them.
    told_false: bool,
    pub met: Met,
}

/// Which of the nameless faults were met.
#[derive(Debug, Default, Clone, Copy)]
pub struct Met {
    pub refusals: u64,
    pub time_outs: u64,
    pub false_heads: u64,
    pub false_blooms: u64,
    pub wrong_times: u64,
}

const AVOID_MS: u64 = 3_000;

impl std::ops::AddAssign for Met {
    fn add_assign(&mut self, other: Self) {
        self.refusals += other.refusals;
        self.time_outs += other.time_outs;
        self.false_heads += other.false_heads;
        self.false_blooms += other.false_blooms;
        self.wrong_times += other.wrong_times;
    }
}

impl Rpc {
    pub fn new(random: &mut Random, worlds_finality: bool, mode: Mode) -> Self {
        let count = random.between(1, 3) as usize;
        if mode != Mode::Ending {
            return Self::lasting(random, count, mode);
        }
        let liar = (count > 1 && random.chance(40)).then(|| random.between(0, count as u64 - 1) as usize);
        let endpoint = |index: usize, random: &mut Random| {
            let mut manners = Manners::any(random, count > 1);
            if liar == Some(index) {
                manners.drops = random.between(5, 60);
                manners.empty = random.between(0, 20);
            }
            if worlds_finality && random.chance(20) {
                manners.invents = random.between(1, 20);
            }
            if liar.is_none() && count == 1 && worlds_finality && random.chance(15) {
                manners.drops = 3;
            }
            Endpoint { name: Arc::from(format!("endpoint {index}")), manners, pinned: None, accused: 0, avoided_until: 0 }
        };
        Self {
            endpoints: (0..count).map(|index| endpoint(index, random)).collect(),
            preferred: 0,
            told_false: false,
            met: Met::default(),
        }
    }

    /// Whose manners never change: one is honest and can do the least, or none is of any use.
    fn lasting(random: &mut Random, count: usize, mode: Mode) -> Self {
        let honest = random.between(0, count as u64 - 1) as usize;
        let endpoint = |index: usize, random: &mut Random| {
            let manners = match mode {
                Mode::Hopeless => Manners::hopeless(random),
                _ if index == honest => Manners::least(random),
                _ => Manners::useless(random),
            };
            // What a filled-in bloom denied shows when the block is final, and the newest never are here: the chain stops. An empty one
            // denies nothing, which is the affair of crates/chain.
            let manners = Manners { false_blooms: false, ..manners };
            Endpoint { name: Arc::from(format!("endpoint {index}")), manners, pinned: None, accused: 0, avoided_until: 0 }
        };
        Self {
            endpoints: (0..count).map(|index| endpoint(index, random)).collect(),
            preferred: 0,
            told_false: false,
            met: Met::default(),
        }
    }

    /// How long an answer takes, beside the way.
    pub fn takes(&self, index: usize, ask: &Ask) -> u64 {
        let manners = &self.endpoints[index].manners;
        let blocks = match ask {
            Ask::Range { from, to } | Ask::Blocks { from, to, .. } => to - from + 1,
            _ => 0,
        };
        manners.slow_ms + (manners.ms_per_block * blocks).min(PATIENCE_MS)
    }

    pub fn behave(&mut self) {
        for endpoint in &mut self.endpoints {
            (endpoint.manners, endpoint.pinned) = (Manners::default(), None);
        }
    }

    /// Which endpoint the next question goes to.
    pub fn choose(&mut self, now: u64) -> usize {
        let free = |endpoint: &Endpoint| endpoint.avoided_until <= now;
        if !free(&self.endpoints[self.preferred]) {
            let count = self.endpoints.len();
            let next = (1..count).map(|step| (self.preferred + step) % count).find(|index| free(&self.endpoints[*index]));
            let longest_ago = (0..count).min_by_key(|index| self.endpoints[*index].avoided_until);
            self.preferred = next.or(longest_ago).unwrap_or(0);
        }
        self.preferred
    }

    pub fn avoid(&mut self, index: usize, now: u64) {
        self.endpoints[index].avoided_until = now + AVOID_MS;
    }

    pub fn named(&self, name: &EndpointName) -> usize {
        self.endpoints.iter().position(|endpoint| endpoint.name == *name).unwrap()
    }

    /// The newest block that an endpoint knows.
    fn view(&self, index: usize, world: &World) -> usize {
        let endpoint = &self.endpoints[index];
        let tip = endpoint.pinned.unwrap_or(world.tip);
        world.at(tip, world.height(tip).saturating_sub(endpoint.manners.lag)).unwrap()
    }

    /// What comes back. `Err` is what the chain's own checks would have made of it.
    pub fn answer(&mut self, index: usize, id: u64, ask: &Ask, world: &World, random: &mut Random) -> Input<Logs> {
        let view = self.view(index, world);
        let (endpoint, met) = (&self.endpoints[index], &mut self.met);
        let told_false = &mut self.told_false;
        let manners = &endpoint.manners;
        let failed = |fault: Fault, what: &str| Input::Failed(id, fault, format!("`{}`: {what}", endpoint.name));
        if random.chance(manners.silent) {
            return failed(Fault::Transient, "no answer in time");
        }
        if random.chance(manners.limited) {
            let wait = random.chance(50).then_some(300);
            return failed(Fault::RateLimited { wait }, "too many requests");
        }
        if random.chance(manners.fatal) {
            return failed(Fault::Fatal, "it serves another chain");
        }
        match ask {
            Ask::Heads => {
                let head = world.block(view).header.block;
                // A backend on a dead branch calls final what it shares with the others.
                let shared = (0..=world.finalized.min(head.number))
                    .rev()
                    .find(|number| world.at(view, *number) == world.at(world.tip, *number));
                let finalized = shared.unwrap_or(0);
                let finalized_hash = world.at(view, finalized).map(|index| world.block(index).header.block.hash);
                let finalized_hash = finalized_hash.filter(|_| finalized > 0);
                *told_false = !*told_false && random.chance(manners.false_head);
                if *told_false {
                    met.false_heads += 1;
                    let beyond =
                        |number: u64, by: u64| BlockRef { number: number + by, hash: B256::repeat_byte(0xfa), timestamp: 0 };
                    let finalized = if finalized > 0 { finalized + random.between(1, 20_000) } else { 0 };
                    let head = beyond(head.number.max(finalized), 10_000);
                    return Input::Heads(
                        id,
                        endpoint.name.clone(),
                        Heads { head, safe: finalized, finalized, finalized_hash: None },
                    );
                }
                Input::Heads(id, endpoint.name.clone(), Heads { head, safe: finalized, finalized, finalized_hash })
            }
            Ask::Hashes(heights) => {
                let block = |number: &u64| (*number, world.at(view, *number).map(|index| world.block(index).header.block));
                Input::Hashes(id, Hashes { endpoint: endpoint.name.clone(), blocks: heights.iter().map(block).collect() })
            }
            Ask::Range { from, to } | Ask::Blocks { from, to, .. } => {
                let blocks = to - from + 1;
                if manners.ms_per_block * blocks > PATIENCE_MS {
                    met.time_outs += 1;
                    return failed(Fault::TimedOut, "no answer in time");
                }
                let calls = matches!(ask, Ask::Blocks { .. }).then_some(blocks);
                let refuses = |most: Option<u64>, blocks: u64| most.is_some_and(|most| blocks > most);
                if refuses(manners.most_blocks, blocks) || calls.is_some_and(|calls| refuses(manners.most_calls, calls)) {
                    met.refusals += 1;
                    return failed(Fault::Refused, "the gremlins are on strike");
                }
                if *to > world.height(view) {
                    return failed(Fault::Lagging, "it does not have that block");
                }
                let path = world.path(view, *from, *to);
                let mut headers: Vec<_> = path.iter().map(|index| world.block(*index).header).collect();
                let first_parent = headers[0].parent_hash;
                if matches!(ask, Ask::Range { .. }) {
                    headers.drain(..headers.len() - 1);
                }
                let logs: Vec<Log> = path.iter().flat_map(|index| world.block(*index).logs.iter().copied()).collect();
                if let Some((cap, hints)) = manners.cap
                    && logs.len() > cap
                {
                    let hint = hints.then(|| if random.chance(50) { to - from + 1 } else { 2 });
                    return failed(Fault::TooLarge { hint }, "query returned more than its limit of results");
                }
                if random.chance(manners.removed) && (!logs.is_empty() || manners.removed == 100) {
                    return failed(Fault::Inconsistent, "a removed log");
                }
                if headers.len() > 1 && random.chance(manners.wrong_time) {
                    met.wrong_times += 1;
                    headers.last_mut().unwrap().block.timestamp = 0;
                }
                let mut payload = distort(logs, manners, index, random);
                if manners.false_blooms && matches!(ask, Ask::Blocks { whole: false, .. }) {
                    met.false_blooms += u64::from(!payload.logs.is_empty());
                    payload.short = payload.logs.drain(..).map(|log| (log.place.number, log.place.hash)).collect();
                    payload.short.dedup();
                }
                if *to > world.finalized && matches!(ask, Ask::Blocks { .. }) && random.chance(manners.invents) {
                    payload.logs.extend(path.last().map(|last| world.invented(*last)));
                }
                Input::Fetched(
                    id,
                    Fetched {
                        endpoint: endpoint.name.clone(),
                        first_parent,
                        headers,
                        answer_bytes: payload.logs.len() * 600,
                        payload,
                    },
                )
            }
        }
    }
}

fn distort(mut logs: Vec<Log>, manners: &Manners, giver: usize, random: &mut Random) -> Logs {
    let all = logs.clone();
    if random.chance(manners.empty) {
        logs.clear();
    } else if random.chance(manners.drops) && !logs.is_empty() {
        logs.remove(random.between(0, logs.len() as u64 - 1) as usize);
    }
    let mut short: Vec<(u64, B256)> =
        all.iter().filter(|log| !logs.contains(log)).map(|log| (log.place.number, log.place.hash)).collect();
    short.dedup();
    if random.chance(manners.shuffled) && logs.len() > 1 {
        let last = logs.len() - 1;
        logs.swap(0, last);
    }
    if random.chance(manners.double_hash) && logs.len() > 1 {
        let last = logs.len() - 1;
        let same_block = logs[last].place.number == logs[last - 1].place.number;
        if same_block {
            logs[last].place.hash = B256::repeat_byte(0xee);
        }
    }
    Logs { logs, short, giver }
}

/// The block before the contract, as every endpoint has it.
pub fn start(world: &World) -> BlockRef {
    world.block(world.at(world.tip, super::world::START).unwrap()).header.block
}
