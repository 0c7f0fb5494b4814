//! Chooses what happens next: mostly what may be accepted, sometimes what must be refused.

use linkpool_accounting::{EXECUTION_SECONDS, Node, Pool, Position, UNBONDING_SECONDS};
use linkpool_primitives::{Address, JUELS_PER_LINK, NodeStatus};
use rand::{Rng, rngs::StdRng};

use crate::{action::Action, world::World};

const LINK: u128 = JUELS_PER_LINK;
const DAY: u64 = 86_400;
/// Nodes that a history registers.
const MAX_NODES: usize = 12;

pub struct Choice<'a> {
    pub random: &'a mut StdRng,
    pub model: &'a Pool,
    pub world: &'a World,
    pub now: u64,
}

/// How much time passes before the next action: often none, so that actions share a second.
pub fn pause(random: &mut StdRng) -> u64 {
    match random.random_range(0..10) {
        0..3 => 0,
        3..6 => random.random_range(1..120),
        6..8 => random.random_range(0..DAY),
        8 => random.random_range(0..8 * DAY),
        _ => random.random_range(0..35 * DAY),
    }
}

impl Choice<'_> {
    pub fn action(&mut self) -> Action {
        if let Some(node) = self.executable().filter(|_| self.random.random_bool(0.3)) {
            return Action::Execute { node };
        }
        match self.random.random_range(0..100) {
            0..20 => self.stake(),
            20..31 => self.unbond(),
            31..37 => match self.ticket() {
                Some((node, staker, ticket)) => Action::Cancel { staker, node, ticket },
                None => self.stake(),
            },
            37..49 => match self.ticket() {
                Some((node, staker, ticket)) => {
                    let by = if self.rarely() { self.staker() } else { staker };
                    Action::Withdraw { by, staker, node, ticket }
                }
                None => self.unbond(),
            },
            49..52 => self.withdraw_retired(),
            52..58 => match self.ticket() {
                Some((node, staker, ticket)) => Action::Restake { staker, node, ticket, target: self.open_node(staker) },
                None => self.stake(),
            },
            58..63 => self.claim(),
            63..67 => self.compound(),
            67..74 => self.reward(),
            74 => Action::PayFees,
            75 => Action::PaySink { by: self.staker() },
            76..79 => self.register(),
            79..86 => self.penalty(),
            86..90 => self.door(),
            _ => self.setting(),
        }
    }

    fn stake(&mut self) -> Action {
        let staker = self.staker();
        if self.random.random_bool(0.3) {
            let node = self.open_node(staker);
            return Action::StakeApproved { staker, node, amount: self.stake_on(node, staker) };
        }
        let count = [1, 1, 1, 2, 4][self.random.random_range(0..5)];
        let mut parts = Vec::new();
        let mut left = self.world.balance(staker);
        for _ in 0..count {
            let node = self.open_node(staker);
            let amount = self.stake_on(node, staker).min(left);
            left -= amount;
            parts.push((node, amount));
        }
        Action::Stake { staker, parts }
    }

    fn stake_on(&mut self, node: Address, staker: Address) -> u128 {
        let most = self.model.max_stake(node, staker, self.now);
        let amount = match self.random.random_range(0..20) {
            0 | 1 => most,
            2 => most + 1,
            3 => self.random.random_range(0..2 * LINK),
            4 => LINK,
            _ if most == 0 => 5 * LINK,
            _ => self.random.random_range(0..=most.min(200_000 * LINK)),
        };
        amount.min(self.world.balance(staker))
    }

    fn unbond(&mut self) -> Action {
        let Some((node, staker)) = self.one_of(|_, position| position.shares > 0) else { return self.stake() };
        let held = self.model.position(node, staker).map_or(0, |position| position.shares);
        let shares = match self.random.random_range(0..16) {
            0..3 => held,
            3 => held + 1,
            4 => held.saturating_sub(LINK),
            _ => self.random.random_range(0..=held),
        };
        Action::Unbond { staker, node, shares }
    }

    fn withdraw_retired(&mut self) -> Action {
        let model = self.model;
        let retired = |node| model.node(node).is_some_and(|node| node.status == NodeStatus::Retired);
        match self.one_of(|node, position| position.shares > 0 && retired(node)) {
            Some((node, staker)) => Action::WithdrawRetired { by: self.staker(), staker, node },
            None if self.rarely() => Action::WithdrawRetired { by: self.staker(), staker: self.staker(), node: self.node() },
            None => self.stake(),
        }
    }

    fn claim(&mut self) -> Action {
        let (model, now) = (self.model, self.now);
        let earning =
            |node, position: &Position| model.node(node).is_some_and(|node| position.claimable(&node.accrued_to(now)) > 0);
        let (node, staker) = self.one_of(earning).unwrap_or_else(|| (self.node(), self.staker()));
        let by = if self.rarely() { self.staker() } else { staker };
        Action::Claim { by, staker, node }
    }

    /// Mostly onto the same node or one where the staker has stake, where the least reward is enough.
    fn compound(&mut self) -> Action {
        let Action::Claim { staker, node, .. } = self.claim() else { unreachable!("a claim is a claim") };
        let target = match self.random.random_range(0..10) {
            0..4 => node,
            4..8 => self.one_of_theirs(staker).unwrap_or(node),
            _ => self.open_node(staker),
        };
        Action::Compound { staker, node, target }
    }

    fn one_of_theirs(&mut self, staker: Address) -> Option<Address> {
        let theirs: Vec<_> = self.model.positions().filter(|(_, who, position)| *who == staker && position.shares > 0).collect();
        let place = self.random.random_range(0..theirs.len().max(1));
        theirs.get(place).map(|(node, ..)| *node)
    }

    fn reward(&mut self) -> Action {
        let from = self.world.accounts.deployer;
        let count = if self.rarely() { 3 } else { 1 };
        let mut left = self.world.balance(from);
        let mut parts = Vec::new();
        for _ in 0..count {
            let most = [2, 1_000_000, LINK, 5_000 * LINK, 50_000_000 * LINK][self.random.random_range(0..5)];
            let amount = self.random.random_range(0..=most).min(left);
            left -= amount;
            parts.push((self.node(), amount));
        }
        Action::Reward { from, parts }
    }

    fn register(&mut self) -> Action {
        if self.model.guard_headroom(self.now) == 0 && !self.rarely() {
            return Action::Report { size: self.random.random_range(100..300) };
        }
        let many = self.model.nodes().len() >= MAX_NODES;
        let wallet = if many || self.rarely() { self.node() } else { Address::from(self.random.random::<[u8; 20]>()) };
        Action::Register { wallet }
    }

    fn penalty(&mut self) -> Action {
        let pending = self.model.nodes().iter().find(|node| self.now < node.penalty_until).map(|node| node.wallet);
        match (self.random.random_range(0..10), pending) {
            (0, _) => Action::Veto { node: self.node() },
            (1, _) => Action::Execute { node: self.node() },
            (2..7, Some(node)) => Action::Execute { node },
            (7, Some(node)) => Action::Veto { node },
            _ => {
                let bps = if self.rarely() { self.random.random_range(0..1_100) } else { 1_000 };
                let fault_at = self.now + 5 - self.random.random_range(5..15 * DAY);
                Action::Request { node: self.node(), bps, fault_at: fault_at.max(1) }
            }
        }
    }

    /// A node whose penalty may be executed now.
    fn executable(&self) -> Option<Address> {
        let open = |node: &&Node| (node.penalty_until.saturating_sub(EXECUTION_SECONDS)..node.penalty_until).contains(&self.now);
        self.model.nodes().iter().find(open).map(|node| node.wallet)
    }

    fn door(&mut self) -> Action {
        let nodes = self.model.nodes();
        let closed = nodes.iter().find(|node| node.status == NodeStatus::Closed).map(|node| node.wallet);
        match (self.random.random_range(0..20), closed) {
            (0..9, Some(node)) => Action::Reopen { node },
            (9..12, _) => Action::Reopen { node: self.node() },
            (12..14, _) => {
                let index = self.random.random_range(0..nodes.len());
                Action::Retire { node: nodes[index].wallet, index: index as u64 }
            }
            _ => {
                let node = self.node();
                let by = if self.random.random_bool(0.3) { node } else { self.world.accounts.registrar };
                Action::Close { by, node }
            }
        }
    }

    fn setting(&mut self) -> Action {
        let random = &mut *self.random;
        match random.random_range(0..16) {
            0 => Action::Pause { until: self.now + random.random_range(0..2 * DAY) },
            1 => Action::Pause { until: if random.random_bool(0.5) { 0 } else { self.now + 7 * DAY + 1 } },
            2 => Action::SetFee { fee_bps: random.random_range(0..2_100) },
            3 => Action::LowerFee { fee_bps: random.random_range(0..2_100) },
            4 => Action::SetFeeRecipient { fee_recipient: Address::with_last_byte(random.random_range(0xf0..0xf3)) },
            5 => Action::SetDefaultCap { cap_link: random.random_range(100..2_000_000) },
            6 => Action::SetCeiling { ceiling: random.random_range(50..300) },
            7 => Action::SetProofless { allowed: random.random_bool(0.8) },
            8 | 9 => {
                let cap_link = random.random_range(0..1_500_000);
                Action::SetCap { node: self.node(), cap_link }
            }
            _ => Action::Report { size: random.random_range(60..300) },
        }
    }

    /// A node, mostly one that is known.
    fn node(&mut self) -> Address {
        let nodes = self.model.nodes();
        let live: Vec<_> = nodes.iter().filter(|node| node.status != NodeStatus::Retired).collect();
        match self.random.random_range(0..40) {
            0 => Address::with_last_byte(0xff),
            1..6 if !nodes.is_empty() => nodes[self.random.random_range(0..nodes.len())].wallet,
            _ if live.is_empty() => Address::with_last_byte(0xff),
            _ => live[self.random.random_range(0..live.len())].wallet,
        }
    }

    fn staker(&mut self) -> Address {
        let stakers = &self.world.accounts.stakers;
        stakers[self.random.random_range(0..stakers.len())]
    }

    /// A node that takes stake, mostly, if there is one.
    fn open_node(&mut self, staker: Address) -> Address {
        let nodes = self.model.nodes().iter().map(|node| node.wallet);
        let open: Vec<_> = nodes.filter(|node| self.model.max_stake(*node, staker, self.now) > 0).collect();
        if open.is_empty() || self.rarely() { self.node() } else { open[self.random.random_range(0..open.len())] }
    }

    /// A ticket, mostly one that is there, and ready if any is.
    fn ticket(&mut self) -> Option<(Address, Address, u32)> {
        let now = self.now;
        let open = |_, position: &Position| position.tickets.iter().any(|ticket| ticket.shares > 0);
        let ready = |_, position: &Position| position.tickets.iter().any(|ticket| ticket.shares > 0 && ticket.ready_at <= now);
        let (node, staker) = if self.rarely() { self.one_of(open) } else { self.one_of(ready).or_else(|| self.one_of(open)) }?;
        let tickets = &self.model.position(node, staker)?.tickets;
        let wanted = tickets.iter().position(|ticket| ticket.shares > 0 && ticket.ready_at <= now);
        let wanted = wanted.or_else(|| tickets.iter().position(|ticket| ticket.shares > 0))?;
        let place = if self.rarely() { self.random.random_range(0..=tickets.len()) } else { wanted };
        Some((node, staker, place as u32))
    }

    fn one_of(&mut self, wanted: impl Fn(Address, &Position) -> bool) -> Option<(Address, Address)> {
        let found: Vec<_> = self.model.positions().filter(|(node, _, position)| wanted(*node, position)).collect();
        let place = self.random.random_range(0..found.len().max(1));
        found.get(place).map(|(node, staker, _)| (*node, *staker))
    }

    fn rarely(&mut self) -> bool {
        self.random.random_bool(0.1)
    }
}

/// The time at which the next action is worth trying, when somebody waits for a penalty's window or for a ticket.
pub fn awaited(random: &mut StdRng, model: &Pool, now: u64) -> Option<u64> {
    let windows = model.nodes().iter().filter(|node| now < node.penalty_until).map(|node| node.penalty_until - EXECUTION_SECONDS);
    let retirements = model.nodes().iter().filter(|node| node.retired_at > 0).map(|node| node.retired_at + UNBONDING_SECONDS);
    let tickets = model.positions().flat_map(|(_, _, position)| &position.tickets).filter(|ticket| ticket.shares > 0);
    let next = |times: &mut dyn Iterator<Item = u64>| times.filter(|time| *time > now).min();
    let awaited = match random.random_range(0..100) {
        0..12 => next(&mut windows.into_iter()),
        12..22 => next(&mut retirements.chain(tickets.map(|ticket| ticket.ready_at))),
        _ => None,
    };
    // A second early, to the second, or late.
    awaited.map(|time| time - 1 + random.random_range(0..3))
}
