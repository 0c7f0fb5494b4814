//! The ways out: unbonding, and being paid. No pause, guard or key stands in them.

use linkpool_primitives::{Address, NodeStatus};

use super::{Event, Node, Outcome, Pool, Refusal, Ticket, rewards::signed, staking::require_valid_position};
use crate::{bounds::UNBONDING_SECONDS, earned_down};

/// A ticket that has been taken out of its node, and the node's stake without it.
pub(super) struct Redeemed {
    pub ticket: Ticket,
    pub amount: u128,
    pub total_shares: u128,
    pub assets: u128,
}

impl Pool {
    /// Turns active shares into a ticket. On a retired node its clock began with the retirement.
    pub fn unbond(&mut self, wallet: Address, staker: Address, shares: u128, now: u64) -> Outcome<Vec<Event>> {
        let available = self.position(wallet, staker).map_or(0, |position| position.shares);
        if shares == 0 {
            return Err(Refusal::ZeroAmount);
        }
        if shares > available {
            return Err(Refusal::NotEnoughShares { requested: shares, available });
        }
        require_valid_position(available - shares)?;
        let (_, events) = self.move_into_ticket(wallet, staker, shares, now)?;
        Ok(events)
    }

    /// Pays a ticket that is ready. `by` is the staker, or on a retired node anybody. If it has ended, nothing happens.
    pub fn withdraw(&mut self, by: Address, wallet: Address, staker: Address, ticket: u32, now: u64) -> Outcome<Option<Event>> {
        if by != staker && self.node(wallet).is_none_or(|node| node.status != NodeStatus::Retired) {
            return Err(Refusal::NodeNotRetired { node: wallet });
        }
        let given = self.position(wallet, staker).map_or(0, |position| position.tickets.len());
        match self.ticket(wallet, staker, ticket) {
            Err(_) if usize::try_from(ticket).is_ok_and(|number| number < given) => Ok(None),
            _ => self.pay_ticket(wallet, staker, ticket, now).map(Some),
        }
    }

    /// Pays all the active shares of a position on a retired node, on anybody's call. If there are none, nothing happens.
    pub fn withdraw_retired(&mut self, wallet: Address, staker: Address, now: u64) -> Outcome<Vec<Event>> {
        let node = *self
            .node(wallet)
            .filter(|node| node.status == NodeStatus::Retired)
            .ok_or(Refusal::NodeNotRetired { node: wallet })?;
        let shares = self.position(wallet, staker).map_or(0, |position| position.shares);
        if shares == 0 {
            return Ok(Vec::new());
        }
        let ready_at = node.retired_at + UNBONDING_SECONDS;
        if now < ready_at {
            return Err(Refusal::NotReady { ready_at });
        }
        let (ticket, mut events) = self.move_into_ticket(wallet, staker, shares, now)?;
        events.push(self.pay_ticket(wallet, staker, ticket, now)?);
        Ok(events)
    }

    /// What a ticket would be paid now, ready or not; 0 for one that is not there.
    pub fn preview_withdraw(&self, wallet: Address, staker: Address, ticket: u32) -> u128 {
        let shares = self.ticket(wallet, staker, ticket).map_or(0, |ticket| ticket.shares);
        self.node(wallet).map_or(0, |node| node.worth_down(shares))
    }

    /// What a position could claim at `now`.
    pub fn claimable(&self, wallet: Address, staker: Address, now: u64) -> u128 {
        let found = self.node(wallet).zip(self.position(wallet, staker));
        found.map_or(0, |(node, position)| position.claimable(&node.accrued_to(now)))
    }

    pub(super) fn ticket(&self, wallet: Address, staker: Address, ticket: u32) -> Outcome<Ticket> {
        let tickets = self.position(wallet, staker).map(|position| position.tickets.as_slice()).unwrap_or_default();
        let found = usize::try_from(ticket).ok().and_then(|number| tickets.get(number)).filter(|ticket| ticket.shares != 0);
        found.copied().ok_or(Refusal::UnknownTicket { node: wallet, staker, ticket })
    }

    /// Overwrites a ticket that is there.
    pub(super) fn put_back(&mut self, wallet: Address, staker: Address, ticket: u32, content: Ticket) {
        let tickets = self.positions.get_mut(&(wallet, staker)).map(|position| &mut position.tickets);
        if let Some(place) = tickets.and_then(|tickets| tickets.get_mut(usize::try_from(ticket).ok()?)) {
            *place = content;
        }
    }

    /// Ends a ticket that is ready and takes what it is worth out of its node and out of the pool's account.
    pub(super) fn redeem(&mut self, wallet: Address, staker: Address, ticket: u32, now: u64) -> Outcome<Redeemed> {
        let found = self.ticket(wallet, staker, ticket)?;
        if now < found.ready_at {
            return Err(Refusal::NotReady { ready_at: found.ready_at });
        }
        let index = self.known(wallet)?;
        let node = &mut self.nodes[index];
        let amount = node.worth_down(found.shares);
        node.total_shares -= found.shares;
        node.assets -= amount;
        self.totals.accounted -= amount;
        let (total_shares, assets) = (node.total_shares, node.assets);
        self.put_back(wallet, staker, ticket, Ticket::default());
        Ok(Redeemed { ticket: found, amount, total_shares, assets })
    }

    fn pay_ticket(&mut self, wallet: Address, staker: Address, ticket: u32, now: u64) -> Outcome<Event> {
        let Redeemed { ticket: Ticket { shares, .. }, amount, total_shares, assets } =
            self.redeem(wallet, staker, ticket, now)?;
        let accounted = self.totals.accounted;
        Ok(Event::Withdrawn { node: wallet, staker, ticket, shares, amount, total_shares, assets, accounted })
    }

    /// Moves shares, which the position has, into a new ticket; returns its number.
    fn move_into_ticket(&mut self, wallet: Address, staker: Address, shares: u128, now: u64) -> Outcome<(u32, Vec<Event>)> {
        let index = self.known(wallet)?;
        let node = self.nodes[index];
        let stream = node.accrued_to(now);
        let retired = node.status == NodeStatus::Retired;
        let ready_at = UNBONDING_SECONDS + if retired { node.retired_at } else { now };
        let position = self.positions.entry((wallet, staker)).or_default();
        let ticket = u32::try_from(position.tickets.len()).unwrap_or(u32::MAX);
        position.shares -= shares;
        position.debt -= signed(earned_down(shares, stream.acc_per_share));
        position.tickets.push(Ticket { shares, ready_at });
        let (position_shares, position_debt) = (position.shares, position.debt);
        let active_shares = node.active_shares - shares;
        self.nodes[index] = Node { active_shares, stream, ..node };
        let unbonded = Event::Unbonded {
            node: wallet,
            staker,
            ticket,
            shares,
            ready_at,
            position_shares,
            position_debt,
            active_shares,
            stream,
        };
        let swept = if retired && active_shares == 0 { self.sweep(index) } else { None };
        Ok((ticket, std::iter::once(unbonded).chain(swept).collect()))
    }
}
