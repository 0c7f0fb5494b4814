//! What an endpoint gives for an answer.

use linkpool_indexer::engine::{Ask, AskId, Fault, Fetched, Hashes, Heads, Input};
use linkpool_primitives::{B256, BlockRef};
use linkpool_replay::random::Random;

use super::{
    super::world::{Log, Logs, World},
    Rpc,
    behaviour::{Behaviour, PATIENCE_MS},
};

/// Why there is no answer: what the chain's own checks would have made of what came.
type Refusal = (Fault, &'static str);

impl Rpc {
    /// What comes back.
    pub fn answer(&mut self, index: usize, id: AskId, ask: &Ask, world: &World, random: &mut Random) -> Input<Logs> {
        let view = self.view(index, world);
        let name = self.endpoints[index].name.clone();
        let answer = self.willing(index, random).and_then(|()| match ask {
            Ask::Heads => Ok(Input::Heads(id, name.clone(), self.heads(index, view, world, random))),
            Ask::Hashes(heights) => {
                let block = |number: &u64| (*number, world.at(view, *number).map(|index| world.block(index).header.block));
                Ok(Input::Hashes(id, Hashes { endpoint: name.clone(), blocks: heights.iter().map(block).collect() }))
            }
            Ask::Links { from, to } => {
                let block = |index: &usize| world.block(*index).header.block;
                let lacks = || (Fault::Lagging, "it does not have that block");
                let path = (*to <= world.height(view)).then(|| world.path(view, *from, *to)).ok_or_else(lacks)?;
                let blocks = path.iter().map(block).map(|block| (block.number, Some(block))).collect();
                Ok(Input::Hashes(id, Hashes { endpoint: name.clone(), blocks }))
            }
            Ask::Range { from, to } | Ask::Blocks { from, to, .. } => {
                self.grants(index, ask, to - from + 1)?;
                Ok(Input::Fetched(id, self.blocks(index, ask, (*from, *to), view, world, random)?))
            }
        });
        answer.unwrap_or_else(|(fault, what)| Input::Failed(id, fault, format!("`{name}`: {what}")))
    }

    /// Whether it answers anything at all.
    fn willing(&mut self, index: usize, random: &mut Random) -> Result<(), Refusal> {
        let behaviour = &self.endpoints[index].behaviour;
        if random.chance(behaviour.silent) {
            return Err((Fault::Transient, "no answer in time"));
        }
        if random.chance(behaviour.limited) {
            let wait = random.chance(50).then(|| random.between(100, 20_000));
            return Err((Fault::RateLimited { wait }, "too many requests"));
        }
        if random.chance(behaviour.fatal) {
            self.met.finals += 1;
            return Err((Fault::Fatal, "it serves another chain"));
        }
        Ok(())
    }

    fn heads(&mut self, index: usize, view: usize, world: &World, random: &mut Random) -> Heads {
        let head = world.block(view).header.block;
        // A backend on a dead branch calls final what it shares with the others.
        let shared =
            (0..=world.finalized.min(head.number)).rev().find(|number| world.at(view, *number) == world.at(world.tip, *number));
        let finalized = shared.unwrap_or(0);
        self.told_false = !self.told_false && random.chance(self.endpoints[index].behaviour.false_head);
        if self.told_false {
            self.met.false_heads += 1;
            let finalized = if finalized > 0 { finalized + random.between(1, 20_000) } else { 0 };
            let number = head.number.max(finalized) + 10_000;
            let head = BlockRef { number, hash: B256::repeat_byte(0xfa), timestamp: 0 };
            return Heads { head, safe: finalized, finalized, finalized_hash: None };
        }
        let finalized_hash =
            world.at(view, finalized).map(|block| self.mixes(index, world.block(block).header.block.hash, random));
        Heads { head, safe: finalized, finalized, finalized_hash: finalized_hash.filter(|_| finalized > 0) }
    }

    /// A hash, or one of another chain's block: one name may stand for several backends, even within one answer.
    fn mixes(&mut self, index: usize, hash: B256, random: &mut Random) -> B256 {
        if !random.chance(self.endpoints[index].behaviour.mixes) {
            return hash;
        }
        self.met.mixtures += 1;
        B256::repeat_byte(0xfb)
    }

    /// Whether it gives so many blocks.
    fn grants(&mut self, index: usize, ask: &Ask, blocks: u64) -> Result<(), Refusal> {
        let behaviour = &self.endpoints[index].behaviour;
        if behaviour.ms_per_block * blocks > PATIENCE_MS {
            self.met.time_outs += 1;
            return Err((Fault::TimedOut, "no answer in time"));
        }
        let refuses = |most: Option<u64>| most.is_some_and(|most| blocks > most);
        if refuses(behaviour.max_blocks) || (matches!(ask, Ask::Blocks { .. }) && refuses(behaviour.max_calls)) {
            self.met.refusals += 1;
            return Err((Fault::Refused, "the gremlins are on strike"));
        }
        Ok(())
    }

    /// The blocks `from..=to` of the branch that it believes in.
    fn blocks(
        &mut self,
        index: usize,
        ask: &Ask,
        (from, to): (u64, u64),
        view: usize,
        world: &World,
        random: &mut Random,
    ) -> Result<Fetched<Logs>, Refusal> {
        if to > world.height(view) {
            return Err((Fault::Lagging, "it does not have that block"));
        }
        let (behaviour, path) = (&self.endpoints[index].behaviour, world.path(view, from, to));
        let mut headers: Vec<_> = path.iter().map(|index| world.block(*index).header).collect();
        let first_parent = headers[0].parent_hash;
        if matches!(ask, Ask::Range { .. }) {
            headers.drain(..headers.len() - 1);
        }
        let logs: Vec<Log> = path.iter().flat_map(|index| world.block(*index).logs.iter().copied()).collect();
        if let Some((cap, hints)) = behaviour.cap
            && logs.len() > cap
        {
            let hint = hints.then(|| if random.chance(50) { to - from + 1 } else { 2 });
            return Err((Fault::TooLarge { hint }, "query returned more than its limit of results"));
        }
        if random.chance(behaviour.removed) && (!logs.is_empty() || behaviour.removed == 100) {
            return Err((Fault::Inconsistent, "a removed log"));
        }
        if headers.len() > 1 && random.chance(behaviour.wrong_time) {
            self.met.wrong_times += 1;
            headers.last_mut().unwrap().block.timestamp = 0;
        }
        // What is deeper nobody has another branch of.
        if matches!(ask, Ask::Range { .. }) && to + 256 > world.finalized {
            let end = &mut headers.last_mut().unwrap().block;
            end.hash = self.mixes(index, end.hash, random);
        }
        let behaviour = &self.endpoints[index].behaviour;
        let mut payload = distort(logs, behaviour, index, random);
        if behaviour.false_blooms && matches!(ask, Ask::Blocks { ignore_bloom: false, .. }) {
            self.met.false_blooms += u64::from(!payload.logs.is_empty());
            payload.short = payload.logs.drain(..).map(|log| (log.position.number, log.position.hash)).collect();
            payload.short.dedup();
        }
        if to > world.finalized && matches!(ask, Ask::Blocks { .. }) && random.chance(behaviour.invents) {
            payload.logs.extend(path.last().map(|last| world.invented(*last)));
        }
        let endpoint = self.endpoints[index].name.clone();
        Ok(Fetched { endpoint, first_parent, headers, answer_bytes: payload.logs.len() * 600, payload })
    }
}

fn distort(mut logs: Vec<Log>, behaviour: &Behaviour, source: usize, random: &mut Random) -> Logs {
    let all = logs.clone();
    if random.chance(behaviour.empty) {
        logs.clear();
    } else if random.chance(behaviour.drops) && !logs.is_empty() {
        logs.remove(random.index(logs.len()));
    }
    let mut short: Vec<(u64, B256)> =
        all.iter().filter(|log| !logs.contains(log)).map(|log| (log.position.number, log.position.hash)).collect();
    short.dedup();
    if random.chance(behaviour.shuffled) && logs.len() > 1 {
        let last = logs.len() - 1;
        logs.swap(0, last);
    }
    if random.chance(behaviour.double_hash) && logs.len() > 1 {
        let last = logs.len() - 1;
        let same_block = logs[last].position.number == logs[last - 1].position.number;
        if same_block {
            logs[last].position.hash = B256::repeat_byte(0xee);
        }
    }
    Logs { logs, short, source }
}
