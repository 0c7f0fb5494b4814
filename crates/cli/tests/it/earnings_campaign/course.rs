//! Round by round: blocks with requests and answers, a kill, a reorg now and then, and every few rounds a look at everything.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use alloy::primitives::U256;
use linkpool_contracts::{
    earnings::{collectCall, pushCall},
    pool::{nodeOfCall, retireNodeCall},
};
use linkpool_primitives::NodeStatus;
use linkpool_replay::random::Random;
use serde_json::json;

use super::{
    books::{Books, Opening, link},
    life::{Requests, Senders},
    once,
    processes::{EARNINGS, INDEX, Processes},
    row,
    world::{MAX_PAYMENT, World},
};

/// Everything is compared after so many rounds.
const LOOK_EVERY: u64 = 4;
const BLOCKS: u64 = 5;
/// A reorg in so many rounds of a hundred, and how deep; a block is final eight later.
const REORGS: u64 = 20;
const DEEPEST: u64 = 3;
const MAX_PAUSE_MS: u64 = 200;
/// For a busy machine, and for endpoints that are asked again after a minute.
const WAIT_TIMEOUT: Duration = Duration::from_secs(120);
const POLL_INTERVAL: Duration = Duration::from_millis(50);
/// Longer than a reward vests.
const VEST_TIME: Duration = Duration::from_secs(8 * 86_400);

#[derive(Default)]
pub struct Tally {
    pub kills: u64,
    by_role: BTreeMap<&'static str, u64>,
    rounds: u64,
    reorgs: u64,
    verified: u64,
    /// The most there was, and the bound then.
    dust: (i128, i128),
}

pub struct Course {
    world: World,
    processes: Processes,
    opening: Opening,
    random: Random,
    requests: Requests,
    pub tally: Tally,
}

impl Course {
    pub async fn begin(world: World, seed: u64) -> Self {
        let opening = Opening::read(&world).await;
        let processes = Processes::start(&world);
        let (random, requests) = (Random::new(seed), Requests::default());
        let mut course = Self { world, processes, opening, random, requests, tally: Tally::default() };
        // From here on each has found the others' work, and can be killed at it.
        course.look().await;
        course
    }

    pub fn answered(&self) -> u64 {
        self.requests.answered.len() as u64
    }

    pub async fn round(&mut self, kills: u64, requests: u64) {
        self.tally.rounds += 1;
        // A little more than what is to be answered: some never are.
        let a_block = requests.div_ceil(kills * BLOCKS) + 1;
        let kill_at = (self.tally.kills < kills).then(|| self.random.below(BLOCKS));
        for block in 0..BLOCKS {
            self.block(a_block).await;
            if kill_at == Some(block) {
                self.kill().await;
            }
        }
        if self.random.chance(REORGS) {
            let depth = self.random.between(1, DEEPEST);
            self.world.fixture.chain.reorg(depth).await.unwrap();
            self.tally.reorgs += 1;
        }
        if self.tally.kills * 4 >= kills * 3 {
            self.retire_one().await;
        }
        if self.tally.rounds.is_multiple_of(LOOK_EVERY) {
            self.look().await;
            println!(
                "{} kills, {} answers, {} reorgs: {} verified blocks",
                self.tally.kills,
                self.answered(),
                self.tally.reorgs,
                self.tally.verified
            );
        }
    }

    async fn kill(&mut self) {
        let place = self.random.index(self.processes.count());
        let role = self.processes.kill(&self.world, place).await;
        *self.tally.by_role.entry(role).or_default() += 1;
        self.tally.kills += 1;
    }

    /// One block, with so many new requests and somebody's plain LINK, and with the answers of those before. Without any it is the end.
    async fn block(&mut self, asks: u64) {
        self.requests = Requests::read(&self.world).await;
        let head = self.world.fixture.chain.heads().await.unwrap().head;
        let mut senders = Senders::of(&self.world);
        for request in self.requests.open() {
            let expires = request.event.cancelExpiration.to::<u64>();
            match request.is_ignored() {
                false => senders.answer(request).await,
                true if head.timestamp >= expires => senders.take_back(request).await,
                true => {}
            }
        }
        let nodes = &self.world.nodes;
        for _ in 0..asks {
            let juels = MAX_PAYMENT / 10 + u128::from(self.random.below((MAX_PAYMENT - MAX_PAYMENT / 10) as u64));
            senders.ask(&nodes[self.random.index(nodes.len())], juels).await;
        }
        let node = &nodes[self.random.index(nodes.len())];
        if asks > 0 {
            senders.give(node, u128::from(self.random.below(MAX_PAYMENT as u64)) + 1).await;
        }
        senders.claim(node, self.world.stakers[self.random.index(self.world.stakers.len())]).await;
        if self.tally.kills > 0 && self.is_retired().await {
            let node = &nodes[0];
            senders.by_stranger(node.contract, &collectCall { operator: node.operator }).await;
            senders.by_stranger(node.contract, &pushCall {}).await;
        }
        tokio::time::sleep(Duration::from_millis(self.random.below(MAX_PAUSE_MS))).await;
        self.world.fixture.chain.mine(1).await.unwrap();
    }

    async fn is_retired(&self) -> bool {
        let call = nodeOfCall { node: self.world.nodes[0].wallet };
        let node = self.world.fixture.chain.call(self.world.contracts.pool, &call).await.unwrap();
        node.status == NodeStatus::Retired.code()
    }

    /// The first node retires; again, where a reorg has taken it back.
    async fn retire_one(&self) {
        if !self.is_retired().await {
            let retire = retireNodeCall { node: self.world.nodes[0].wallet, index: U256::ZERO };
            self.world.contracts.as_owner(&self.world.fixture.chain, &retire).await.unwrap();
        }
    }

    /// The index equals the contract, and at that block all LINK is somewhere.
    async fn look(&mut self) {
        let (chain, database) = (&self.world.fixture.chain, &self.world.database);
        let (head, begin) = (chain.heads().await.unwrap().head, Instant::now());
        let is_there = async || {
            let cursor = database.cursor().await.unwrap();
            cursor.is_some_and(|cursor| cursor.block.hash == head.hash)
        };
        while !is_there().await {
            assert!(begin.elapsed() < WAIT_TIMEOUT, "the index does not come to {}\n{}", head.number, self.processes.tail(INDEX));
            tokio::time::sleep(POLL_INTERVAL).await;
        }
        let found = linkpool_indexer::verify(chain, database, self.world.contracts.pool).await.unwrap().unwrap();
        assert_eq!((found.differences, found.block.hash), (Vec::new(), head.hash));
        let books = Books::of(&self.world, &self.opening).await;
        books.check();
        self.tally.verified += 1;
        if books.dust >= self.tally.dust.0 {
            self.tally.dust = (books.dust, books.most_dust);
        }
    }

    /// Without any more trouble, until nothing waits; then everybody claims.
    pub async fn end(mut self) {
        let begin = Instant::now();
        while !self.is_at_rest().await {
            assert!(begin.elapsed() < WAIT_TIMEOUT, "something waits still: {}", self.processes.tail(EARNINGS));
            self.block(0).await;
        }
        self.look().await;
        let chain = &self.world.fixture.chain;
        chain.forward("anvil_removeBlockTimestampInterval".into(), json!([])).await.unwrap();
        chain.advance_time(VEST_TIME).await.unwrap();
        let mut senders = Senders::of(&self.world);
        for node in &self.world.nodes {
            for staker in &self.world.stakers {
                senders.claim(node, *staker).await;
            }
        }
        chain.mine(1).await.unwrap();
        self.look().await;
        let books = Books::of(&self.world, &self.opening).await;
        self.tell(&books);
        once::check(&self.world).await;
        self.processes.end().await;
    }

    /// No request is open, all that was sent is final, and less than the least amount waits anywhere.
    async fn is_at_rest(&self) -> bool {
        self.requests.open().count() == 0 && once::is_settled(&self.world).await
    }

    fn tell(&self, books: &Books) {
        row("kills", self.tally.kills);
        for (role, kills) in &self.tally.by_role {
            row(&format!("kills_{role}"), kills);
        }
        row("reorgs", self.tally.reorgs);
        row("requests", self.requests.all.len());
        row("answered", self.requests.answered.len());
        row("refunded", self.requests.refunded.len());
        row("verified_blocks", self.tally.verified);
        for (name, juels) in [
            ("paid_link", books.paid - books.refunded),
            ("plain_link", books.plain),
            ("fees_link", books.fees),
            ("claimed_link", books.claimed),
            ("sink_link", books.sink),
            ("waiting_link", books.waiting),
        ] {
            row(name, link(U256::from(juels)));
        }
        row("dust_max_juels", self.tally.dust.0);
        row("dust_bound_juels", self.tally.dust.1);
    }
}
