//! What happens next on the chain: who does what, drawn from the seed.

use std::collections::VecDeque;

use alloy::primitives::{Address, keccak256};
use linkpool_accounting::{BPS, Event, MIN_ACTIVE_SHARES, Outcome, Pool, VETO_SECONDS};
use linkpool_primitives::{JUELS_PER_LINK, NodeStatus};

use crate::{
    random::{Random, Weighted},
    terms,
    workload::{Choice, Workload},
};

/// One kind of action and how often it is tried, of 10,000.
type Share = (Action, u64);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Stake,
    StakeParts,
    Claim,
    Reward,
    Unbond,
    CancelUnbond,
    Withdraw,
    Restake,
    Rare,
}

/// What is refused is replaced by something else, so the chain's own mix differs a little: the server prints it.
const MIX: [Share; 9] = [
    (Action::Stake, 3_100),
    (Action::StakeParts, 200),
    (Action::Claim, 2_600),
    (Action::Reward, 1_400),
    (Action::Unbond, 1_300),
    (Action::CancelUnbond, 250),
    (Action::Withdraw, 800),
    (Action::Restake, 300),
    (Action::Rare, 50),
];

/// Refusals in a row after which a reward is deposited, which is always possible.
const ATTEMPTS: usize = 8;
/// Of the nodes, how many are there from the start; the rest come one by one.
const AT_START_BPS: usize = 9_500;
/// At most one node in so many retires.
const RETIRES_ONE_IN: usize = 40;
/// Of the entries of a uniform workload that are still to come, how many go first, of ten.
const ENTRIES_OF_TEN: u64 = 8;

/// An open ticket; the staker by its place in the list.
#[derive(Debug, Clone, Copy)]
struct Open {
    node: Address,
    staker: usize,
    ticket: u32,
    ready_at: u64,
}

/// The people and what they have.
#[derive(Debug)]
pub(super) struct Actions {
    random: Random,
    mix: Weighted,
    nodes: Vec<Address>,
    registered: usize,
    retired: usize,
    stakers: Vec<Address>,
    activity: Weighted,
    /// By staker: the nodes on which it has, or had, a position.
    holdings: Vec<Vec<Address>>,
    /// By the time they are ready.
    tickets: VecDeque<Open>,
    /// Requested penalties, the oldest first, with the time from which each can be executed.
    penalties: VecDeque<(Address, u64)>,
    /// Positions that a uniform workload still has to enter: staker and node.
    entries: VecDeque<(usize, Address)>,
}

impl Actions {
    pub(super) fn new(workload: &Workload) -> Self {
        let named = |what: &str, count: usize| -> Vec<Address> {
            (0..count).map(|index| Address::from_word(keccak256(format!("{what} {index}")))).collect()
        };
        let nodes = named("node", workload.nodes);
        let (activity, entries) = match workload.choice {
            Choice::Zipf => (Weighted::zipf(workload.stakers), VecDeque::new()),
            Choice::Uniform { positions } => (Weighted::new(vec![1; workload.stakers]), entries(workload, &nodes, positions)),
        };
        Self {
            random: Random::new(workload.seed),
            mix: Weighted::new(MIX.map(|(_, weight)| weight)),
            nodes,
            registered: 0,
            retired: 0,
            stakers: named("staker", workload.stakers),
            activity,
            holdings: vec![Vec::new(); workload.stakers],
            tickets: VecDeque::new(),
            penalties: VecDeque::new(),
            entries,
        }
    }

    /// The first transactions: most nodes are registered.
    pub(super) fn register_max(&mut self, pool: &mut Pool, now: u64) -> Vec<Vec<Event>> {
        let first = (self.nodes.len() * AT_START_BPS / BPS as usize).max(1);
        (0..first).filter_map(|_| self.register(pool, now)).collect()
    }

    /// How many events the next block gets, on average `mean`.
    pub(super) fn block_size(&mut self, mean: u64) -> u64 {
        mean / 2 + self.random.below(mean + 1)
    }

    /// One transaction.
    pub(super) fn next(&mut self, pool: &mut Pool, now: u64) -> Vec<Event> {
        for _ in 0..ATTEMPTS {
            if let Some(events) = self.attempt(pool, now) {
                return events;
            }
        }
        self.reward(pool, now).unwrap_or_default()
    }

    fn attempt(&mut self, pool: &mut Pool, now: u64) -> Option<Vec<Event>> {
        if !self.entries.is_empty() && self.random.below(10) < ENTRIES_OF_TEN {
            return self.enter(pool, now);
        }
        match MIX[self.mix.draw(&mut self.random)].0 {
            Action::Stake => self.stake(pool, now, 1),
            Action::StakeParts => {
                let parts = 2 + self.random.index(4);
                self.stake(pool, now, parts)
            }
            Action::Claim => {
                let (staker, node) = self.holder()?;
                Some(vec![pool.claim(node, self.stakers[staker], now).ok()??])
            }
            Action::Reward => self.reward(pool, now),
            Action::Unbond => self.unbond(pool, now),
            Action::CancelUnbond => self.cancel_unbond(pool, now),
            Action::Withdraw => {
                let open = self.ready_ticket(now)?;
                let staker = self.stakers[open.staker];
                Some(vec![pool.withdraw(staker, open.node, staker, open.ticket, now).ok()??])
            }
            Action::Restake => self.restake(pool, now),
            Action::Rare => self.rare(pool, now),
        }
    }

    fn enter(&mut self, pool: &mut Pool, now: u64) -> Option<Vec<Event>> {
        let (staker, node) = self.entries.pop_front()?;
        let amount = self.amount(1_000);
        let events = pool.stake(self.stakers[staker], &[(node, amount)], now).ok();
        match &events {
            Some(_) => self.holdings[staker].push(node),
            None => self.entries.push_back((staker, node)),
        }
        events
    }

    fn stake(&mut self, pool: &mut Pool, now: u64, parts: usize) -> Option<Vec<Event>> {
        let staker = self.activity.draw(&mut self.random);
        let parts: Vec<(Address, u128)> = (0..parts).map(|_| (self.node(), self.amount(1_000))).collect();
        let events = pool.stake(self.stakers[staker], &parts, now).ok()?;
        self.remember(staker, parts.into_iter().map(|(node, _)| node));
        Some(events)
    }

    fn reward(&mut self, pool: &mut Pool, now: u64) -> Option<Vec<Event>> {
        let (node, amount) = (self.node(), self.amount(50));
        pool.reward(terms::PAYER, &[(node, amount)], now).ok()
    }

    fn unbond(&mut self, pool: &mut Pool, now: u64) -> Option<Vec<Event>> {
        let (staker, node) = self.holder()?;
        let held = pool.position(node, self.stakers[staker]).map_or(0, |position| position.shares);
        let half = held / 2;
        let shares = if half >= MIN_ACTIVE_SHARES && self.random.below(3) > 0 { half } else { held };
        let events = pool.unbond(node, self.stakers[staker], shares, now).ok()?;
        for event in &events {
            if let Event::Unbonded { node, ticket, ready_at, .. } = *event {
                self.tickets.push_back(Open { node, staker, ticket, ready_at });
            }
        }
        Some(events)
    }

    fn cancel_unbond(&mut self, pool: &mut Pool, now: u64) -> Option<Vec<Event>> {
        let newest = self.tickets.len().checked_sub(1)?;
        let place = newest - self.random.index((newest + 1).min(1_000));
        let open = self.tickets[place];
        let events = one(pool.cancel_unbond(open.node, self.stakers[open.staker], open.ticket, now))?;
        self.tickets.remove(place);
        Some(events)
    }

    fn restake(&mut self, pool: &mut Pool, now: u64) -> Option<Vec<Event>> {
        let (open, target) = (self.ready_ticket(now)?, self.node());
        match pool.restake(open.node, self.stakers[open.staker], open.ticket, target, now) {
            Ok(events) => {
                self.remember(open.staker, [target]);
                Some(events)
            }
            Err(_) => {
                self.tickets.push_front(open);
                None
            }
        }
    }

    /// What the keepers of the pool do.
    fn rare(&mut self, pool: &mut Pool, now: u64) -> Option<Vec<Event>> {
        let node = self.node();
        match self.random.below(24) {
            0..=3 => one(pool.pay_fees()),
            4 => one(pool.pay_sink()),
            5..=8 => {
                let size = terms::NETWORK - 50 + self.random.below(100) as u32;
                Some(vec![pool.report_network(terms::REPORTER, size, now)])
            }
            9..=10 => self.register(pool, now),
            11..=12 => one(pool.close_node(terms::GUARDIAN, node)),
            13..=16 => {
                let closed = pool.nodes().iter().find(|node| node.status == NodeStatus::Closed)?.wallet;
                one(pool.reopen_node(terms::GUARDIAN, closed))
            }
            17 => {
                let cap = terms::DEFAULT_CAP_LINK + self.random.below(1_000_000) as u32;
                one(pool.set_cap(node, cap))
            }
            18..=19 => {
                let bps = 10 + self.random.below(190) as u16;
                let events = one(pool.request_penalty(terms::SLASHER, node, bps, now - 3_600, now))?;
                self.penalties.push_back((node, now + VETO_SECONDS));
                Some(events)
            }
            20..=21 => self.end_penalty(pool, now),
            22 => one(pool.set_fee(terms::FEE_BPS + self.random.below(100) as u16)),
            _ => self.retire(pool, node, now),
        }
    }

    fn register(&mut self, pool: &mut Pool, now: u64) -> Option<Vec<Event>> {
        let wallet = *self.nodes.get(self.registered)?;
        let events = one(pool.register_node(wallet, self.random.below(4) > 0, now))?;
        self.registered += 1;
        Some(events)
    }

    fn end_penalty(&mut self, pool: &mut Pool, now: u64) -> Option<Vec<Event>> {
        let (node, executable_at) = *self.penalties.front()?;
        if self.random.below(3) == 0 {
            self.penalties.pop_front();
            return one(pool.veto_penalty(terms::GUARDIAN, node, now));
        }
        if now < executable_at {
            return None;
        }
        self.penalties.pop_front();
        pool.execute_penalty(node, now).ok()
    }

    /// A retirement, or the way out of somebody who is on a retired node.
    fn retire(&mut self, pool: &mut Pool, node: Address, now: u64) -> Option<Vec<Event>> {
        let may = self.entries.is_empty() && self.retired < self.nodes.len() / RETIRES_ONE_IN;
        if may && self.random.below(10) == 0 {
            let events = pool.retire_node(node, now).ok()?;
            self.retired += 1;
            return Some(events);
        }
        let (staker, node) = self.holder()?;
        pool.withdraw_retired(node, self.stakers[staker], now).ok()
    }

    /// A registered node, each as likely as every other.
    fn node(&mut self) -> Address {
        self.nodes[self.random.index(self.registered.max(1))]
    }

    /// Somebody who staked, by its place in the list, and a node that it was on.
    fn holder(&mut self) -> Option<(usize, Address)> {
        let staker = self.activity.draw(&mut self.random);
        let held = &self.holdings[staker];
        let node = *held.get(self.random.index(held.len().max(1)))?;
        Some((staker, node))
    }

    /// From 1 to `most` LINK, to the juel.
    fn amount(&mut self, most: u64) -> u128 {
        let link = 1 + self.random.below(most);
        u128::from(link) * JUELS_PER_LINK + u128::from(self.random.below(JUELS_PER_LINK as u64))
    }

    fn remember(&mut self, staker: usize, nodes: impl IntoIterator<Item = Address>) {
        for node in nodes {
            if !self.holdings[staker].contains(&node) {
                self.holdings[staker].push(node);
            }
        }
    }

    /// Takes the oldest ticket out, if it is ready.
    fn ready_ticket(&mut self, now: u64) -> Option<Open> {
        self.tickets.pop_front_if(|open| open.ready_at <= now)
    }
}

/// The positions of a uniform workload in an order that jumps between stakers and nodes.
fn entries(workload: &Workload, nodes: &[Address], positions: u64) -> VecDeque<(usize, Address)> {
    let each = (positions / workload.stakers as u64).max(1);
    let stride = (nodes.len() as u64 / each).max(1);
    // A prime that divides no round number: every position comes once.
    const JUMP: u64 = 7_654_321;
    let position = |index: u64| {
        let position = index * JUMP % positions;
        let (staker, turn) = (position / each, position % each);
        let node = (staker + turn * stride) % nodes.len() as u64;
        (staker as usize, nodes[node as usize])
    };
    (0..positions).map(position).collect()
}

fn one(outcome: Outcome<Event>) -> Option<Vec<Event>> {
    outcome.ok().map(|event| vec![event])
}
