//! What every decision needs beside what the leader knows: the time, the ends of the chain, and where effects go.

mod attest;
mod conditions;
mod heads;

use std::collections::BTreeSet;

use super::{
    Ask, AskId, Effect, EndpointName, Heads, Millis, Payload, Settings, finals::Finals, poll::Poll, steady::Steady,
    watchdog::Watchdog,
};

#[derive(Debug)]
pub(super) struct Context<P: Payload> {
    pub settings: Settings,
    pub now: Millis,
    next_id: AskId,
    pub effects: Vec<Effect<P>>,
    pub watchdog: Watchdog,
    pub poll: Poll,
    /// The ends of the chain, as far as two answers agree on them.
    pub heads: Option<Heads>,
    /// Who told of the newest block, if it was asked.
    pub heads_source: Option<EndpointName>,
    pub steady: Steady,
    pub finals: Finals,
    /// Endpoints that say a final block is gone.
    pub without_final: BTreeSet<EndpointName>,
}

impl<P: Payload> Context<P> {
    pub fn new(settings: Settings) -> Self {
        Self {
            now: 0,
            next_id: 0,
            effects: Vec::new(),
            watchdog: Watchdog::new(settings.endpoints),
            poll: Poll::default(),
            heads: None,
            heads_source: None,
            steady: Steady::default(),
            finals: Finals::default(),
            without_final: BTreeSet::new(),
            settings,
        }
    }

    pub fn ask(&mut self, ask: Ask) -> AskId {
        self.next_id += 1;
        self.effects.push(Effect::Ask(self.next_id, ask));
        self.next_id
    }

    pub fn log(&mut self, sentence: String) {
        self.effects.push(Effect::Log(sentence));
    }

    pub fn report_faulty(&mut self, endpoint: EndpointName, what: String) {
        self.effects.push(Effect::ReportFaulty(endpoint, what));
    }

    /// Each of them gave fewer logs of these blocks than there are.
    pub fn report_short(&mut self, short: Vec<(EndpointName, u64, u64)>) {
        for (endpoint, from, to) in short {
            self.report_faulty(endpoint, format!("it left out logs of blocks {from} to {to}"));
        }
    }

    pub fn deprioritize(&mut self, endpoint: EndpointName) {
        self.effects.push(Effect::Deprioritize(endpoint));
    }

    pub fn failed(&mut self, problem: String) {
        self.watchdog.failed(self.now, problem);
    }

    /// The number of the final block; 0 where nothing is known or final.
    pub fn finalized(&self) -> u64 {
        self.heads.map_or(0, |heads| heads.finalized)
    }
}
