//! Endpoints that lag, lie, refuse and fall silent, behind one door that prefers those nobody complained about.

mod answer;
mod behaviour;
mod met;

use std::sync::Arc;

use linkpool_indexer::engine::{Ask, EndpointName};
use linkpool_primitives::BlockRef;
use linkpool_replay::random::Random;

use self::behaviour::{Behaviour, PATIENCE_MS};
use super::{
    Mode,
    world::{START, World},
};

pub use met::Met;

pub struct Endpoint {
    pub name: EndpointName,
    behaviour: Behaviour,
    /// The tip of a branch that this endpoint still believes in.
    pub pinned: Option<usize>,
    pub reported_faulty: u32,
    deprioritized_until: u64,
}

pub struct Rpc {
    pub endpoints: Vec<Endpoint>,
    preferred: usize,
    /// Whether the last answer about the heads was false: no two in a row are, whoever gives them.
    told_false: bool,
    pub met: Met,
}

const DEPRIORITIZED_MS: u64 = 3_000;

impl Rpc {
    pub fn new(random: &mut Random, has_finality: bool, mode: Mode) -> Self {
        let endpoint = |(index, behaviour)| Endpoint {
            name: Arc::from(format!("endpoint {index}")),
            behaviour,
            pinned: None,
            reported_faulty: 0,
            deprioritized_until: 0,
        };
        let endpoints = Behaviour::of_all(random, has_finality, mode).into_iter().enumerate().map(endpoint).collect();
        Self { endpoints, preferred: 0, told_false: false, met: Met::default() }
    }

    /// How long an answer takes, beside the way.
    pub fn takes(&self, index: usize, ask: &Ask) -> u64 {
        let behaviour = &self.endpoints[index].behaviour;
        let blocks = match ask {
            Ask::Range { from, to } | Ask::Blocks { from, to, .. } => to - from + 1,
            _ => 0,
        };
        behaviour.slow_ms + (behaviour.ms_per_block * blocks).min(PATIENCE_MS)
    }

    pub fn behave(&mut self) {
        for endpoint in &mut self.endpoints {
            (endpoint.behaviour, endpoint.pinned) = (Behaviour::default(), None);
        }
    }

    /// Which endpoint the next question goes to.
    pub fn choose(&mut self, now: u64) -> usize {
        let free = |endpoint: &Endpoint| endpoint.deprioritized_until <= now;
        if !free(&self.endpoints[self.preferred]) {
            let count = self.endpoints.len();
            let next = (1..count).map(|step| (self.preferred + step) % count).find(|index| free(&self.endpoints[*index]));
            let longest_ago = (0..count).min_by_key(|index| self.endpoints[*index].deprioritized_until);
            self.preferred = next.or(longest_ago).unwrap_or(0);
        }
        self.preferred
    }

    pub fn deprioritize(&mut self, index: usize, now: u64) {
        self.endpoints[index].deprioritized_until = now + DEPRIORITIZED_MS;
    }

    pub fn named(&self, name: &EndpointName) -> usize {
        self.endpoints.iter().position(|endpoint| endpoint.name == *name).unwrap()
    }

    /// The newest block that an endpoint knows.
    fn view(&self, index: usize, world: &World) -> usize {
        let endpoint = &self.endpoints[index];
        let tip = endpoint.pinned.unwrap_or(world.tip);
        world.at(tip, world.height(tip).saturating_sub(endpoint.behaviour.lag)).unwrap()
    }
}

/// The block before the contract, as every endpoint has it.
pub fn start(world: &World) -> BlockRef {
    world.block(world.at(world.tip, START).unwrap()).header.block
}
