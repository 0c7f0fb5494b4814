//! The ways in: staking, staking what a ticket pays, and taking an unbond back. Staking a reward stands with the rewards.

use linkpool_primitives::{Address, Juels, NodeStatus};

use super::{Event, Node, Outcome, Pool, Position, Refusal, rewards::signed};
use crate::{MIN_ACTIVE_SHARES, Stream, earned_up, minted_down, value_up};

/// What a refused stake has to be undone to.
pub(super) struct Before {
    node: Node,
    staker: Address,
    shares: u128,
    debt: i128,
    accounted: u128,
}

impl Pool {
    /// Stakes one transfer of LINK, in parts, each on a node: all of them or none.
    pub fn stake(&mut self, staker: Address, parts: &[(Address, u128)], now: u64) -> Outcome<Vec<Event>> {
        self.require_not_paused(now)?;
        let (mut events, mut undo) = (Vec::with_capacity(parts.len()), Vec::new());
        for (wallet, amount) in parts {
            undo.extend(self.before(*wallet, staker));
            match self.enter(*wallet, staker, *amount, now) {
                Ok(event) => events.push(event),
                Err(refusal) => {
                    undo.into_iter().rev().for_each(|before| self.restore(before));
                    return Err(refusal);
                }
            }
        }
        Ok(events)
    }

    /// Stakes what a ticket that is ready pays on another node, or on the same.
    pub fn restake(&mut self, wallet: Address, staker: Address, ticket: u32, target: Address, now: u64) -> Outcome<Vec<Event>> {
        self.require_not_paused(now)?;
        let undo = [self.before(wallet, staker), self.before(target, staker)];
        let redeemed = self.redeem(wallet, staker, ticket, now)?;
        let restaked = Event::Restaked {
            node: wallet,
            staker,
            ticket,
            target,
            shares: redeemed.ticket.shares,
            amount: redeemed.amount,
            total_shares: redeemed.total_shares,
            assets: redeemed.assets,
            accounted: self.totals.accounted,
        };
        match self.enter(target, staker, redeemed.amount, now) {
            Ok(staked) => Ok(vec![restaked, staked]),
            Err(refusal) => {
                undo.into_iter().flatten().for_each(|before| self.restore(before));
                self.put_back(wallet, staker, ticket, redeemed.ticket);
                Err(refusal)
            }
        }
    }

    /// Makes a ticket active again, if the node takes stake and its cap allows.
    pub fn cancel_unbond(&mut self, wallet: Address, staker: Address, ticket: u32, now: u64) -> Outcome<Event> {
        self.require_not_paused(now)?;
        let index = self.require_open(wallet, now)?;
        let shares = self.ticket(wallet, staker, ticket)?.shares;
        let node = self.nodes[index];
        let value = |shares| value_up(shares, node.total_shares, node.assets);
        if value(node.active_shares + shares) > node.cap() {
            return Err(Refusal::CapExceeded { node: wallet, requested: value(shares), room: node.available() });
        }
        let stream = node.accrued_to(now);
        let (position_shares, position_debt) = self.enlarge(wallet, staker, shares, &stream)?;
        self.put_back(wallet, staker, ticket, Default::default());
        let active_shares = node.active_shares + shares;
        self.nodes[index] = Node { active_shares, stream, ..node };
        Ok(Event::UnbondCancelled { node: wallet, staker, ticket, shares, position_shares, position_debt, active_shares, stream })
    }

    /// The most that `staker` may stake on a node; 0 when that makes no valid position.
    pub fn max_stake(&self, wallet: Address, staker: Address, now: u64) -> u128 {
        let Some(node) = self.node(wallet) else { return 0 };
        if node.status != NodeStatus::Active || now < node.penalty_until.max(self.totals.paused_until) {
            return 0;
        }
        let available = node.available();
        let held = self.position(wallet, staker).map_or(0, |position| position.shares);
        if held + minted_down(available, node.total_shares, node.assets) < MIN_ACTIVE_SHARES { 0 } else { available }
    }

    /// Adds LINK to a node, from outside, a ticket or a reward. Checks everything before it changes anything.
    pub(super) fn enter(&mut self, wallet: Address, staker: Address, amount: u128, now: u64) -> Outcome<Event> {
        if amount == 0 {
            return Err(Refusal::ZeroAmount);
        }
        let index = self.require_open(wallet, now)?;
        let node = self.nodes[index];
        if amount > node.available() {
            return Err(Refusal::CapExceeded { node: wallet, requested: amount, room: node.available() });
        }
        if amount > Juels::SUPPLY.0.saturating_sub(self.totals.accounted) {
            return Err(Refusal::NotThatMuchLink);
        }
        let stream = node.accrued_to(now);
        let shares = minted_down(amount, node.total_shares, node.assets);
        let (position_shares, position_debt) = self.enlarge(wallet, staker, shares, &stream)?;
        let (total_shares, assets) = (node.total_shares + shares, node.assets + amount);
        let active_shares = node.active_shares + shares;
        self.nodes[index] = Node { total_shares, assets, active_shares, stream, ..node };
        self.totals.accounted += amount;
        Ok(Event::Staked {
            node: wallet,
            staker,
            amount,
            shares,
            position_shares,
            position_debt,
            total_shares,
            assets,
            active_shares,
            stream,
            accounted: self.totals.accounted,
        })
    }

    /// Adds active shares to a position, which start earning with the stream as it is; returns its shares and debt.
    fn enlarge(&mut self, wallet: Address, staker: Address, shares: u128, stream: &Stream) -> Outcome<(u128, i128)> {
        let held = self.position(wallet, staker).map_or(0, |position| position.shares);
        require_valid_position(held + shares)?;
        let position = self.positions.entry((wallet, staker)).or_default();
        position.shares += shares;
        position.debt += signed(earned_up(shares, stream.acc_per_share));
        Ok((position.shares, position.debt))
    }

    fn require_open(&self, wallet: Address, now: u64) -> Outcome<usize> {
        let index = self.known(wallet)?;
        let node = &self.nodes[index];
        match node.status {
            NodeStatus::Closed => Err(Refusal::NodeNotOpen { node: wallet }),
            NodeStatus::Retired => Err(Refusal::NodeHasRetired { node: wallet }),
            NodeStatus::Active if now < node.penalty_until => {
                Err(Refusal::PenaltyPending { node: wallet, penalty_until: node.penalty_until })
            }
            NodeStatus::Active => Ok(index),
        }
    }

    pub(super) fn before(&self, wallet: Address, staker: Address) -> Option<Before> {
        let (shares, debt) = self.position(wallet, staker).map_or((0, 0), |position| (position.shares, position.debt));
        let accounted = self.totals.accounted;
        self.node(wallet).map(|node| Before { node: *node, staker, shares, debt, accounted })
    }

    pub(super) fn restore(&mut self, before: Before) {
        let key = (before.node.wallet, before.staker);
        if let Some(position) = self.positions.get_mut(&key) {
            (position.shares, position.debt) = (before.shares, before.debt);
            if *position == Position::default() {
                self.positions.remove(&key);
            }
        }
        if let Some(index) = self.by_wallet.get(&before.node.wallet) {
            self.nodes[*index] = before.node;
        }
        self.totals.accounted = before.accounted;
    }
}

pub(super) fn require_valid_position(shares: u128) -> Outcome<()> {
    let valid = shares == 0 || shares >= MIN_ACTIVE_SHARES;
    if valid { Ok(()) } else { Err(Refusal::PositionTooSmall { shares, minimum: MIN_ACTIVE_SHARES }) }
}
