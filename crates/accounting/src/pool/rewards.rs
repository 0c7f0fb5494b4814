//! Rewards come in, vest, and are claimed; fees and penalties are paid out.

use linkpool_primitives::{Address, Juels, NodeStatus};

use super::{Event, Outcome, Pool, Refusal};
use crate::{VEST_SECONDS, fee_down};

impl Pool {
    /// Rewards from one transfer of LINK, in parts, each for a node: all of them or none. Open to anybody, also in a pause.
    pub fn reward(&mut self, from: Address, parts: &[(Address, u128)], now: u64) -> Outcome<Vec<Event>> {
        for (wallet, amount) in parts {
            self.require_rewardable(*wallet, *amount)?;
        }
        let sum = parts.iter().try_fold(self.totals.accounted, |sum, (_, amount)| sum.checked_add(*amount));
        if sum.is_none_or(|sum| sum > Juels::SUPPLY.0) {
            return Err(Refusal::NotThatMuchLink);
        }
        parts.iter().map(|(wallet, amount)| self.deposit(*wallet, from, *amount, now)).collect()
    }

    /// Pays what a position has earned. If that is nothing, nothing happens.
    pub fn claim(&mut self, wallet: Address, staker: Address, now: u64) -> Outcome<Option<Event>> {
        Ok(self.take_reward(wallet, staker, now)?.map(|(event, _)| event))
    }

    /// Stakes on `target` what a position on `wallet` has earned. If that is nothing, nothing happens.
    pub fn compound(&mut self, wallet: Address, staker: Address, target: Address, now: u64) -> Outcome<Vec<Event>> {
        self.require_not_paused(now)?;
        let undo = [self.before(wallet, staker), self.before(target, staker)];
        let Some((claimed, amount)) = self.take_reward(wallet, staker, now)? else { return Ok(Vec::new()) };
        match self.enter(target, staker, amount, now) {
            Ok(staked) => Ok(vec![claimed, staked]),
            Err(refusal) => {
                undo.into_iter().flatten().for_each(|before| self.restore(before));
                Err(refusal)
            }
        }
    }

    fn take_reward(&mut self, wallet: Address, staker: Address, now: u64) -> Outcome<Option<(Event, u128)>> {
        let index = self.known(wallet)?;
        let node = &mut self.nodes[index];
        let Some(position) = self.positions.get_mut(&(wallet, staker)) else { return Ok(None) };
        let stream = node.accrued_to(now);
        let amount = position.claimable(&stream);
        if amount == 0 {
            return Ok(None);
        }
        position.debt += signed(amount);
        node.stream = stream;
        self.totals.accounted -= amount;
        let (position_debt, accounted) = (position.debt, self.totals.accounted);
        Ok(Some((Event::RewardClaimed { node: wallet, staker, amount, position_debt, stream, accounted }, amount)))
    }

    /// Pays the fee recipient.
    pub fn pay_fees(&mut self) -> Outcome<Event> {
        let amount = std::mem::take(&mut self.totals.fees_owed);
        if amount == 0 {
            return Err(Refusal::NothingToPay);
        }
        self.totals.accounted -= amount;
        let (recipient, accounted) = (self.totals.fee_recipient, self.totals.accounted);
        Ok(Event::FeesPaid { recipient, amount, fees_owed: 0, accounted })
    }

    /// Pays penalties, and rewards that nobody can earn any more, to the sink.
    pub fn pay_sink(&mut self) -> Outcome<Event> {
        let amount = std::mem::take(&mut self.totals.sink_owed);
        if amount == 0 {
            return Err(Refusal::NothingToPay);
        }
        self.totals.accounted -= amount;
        Ok(Event::SinkPaid { amount, sink_owed: 0, accounted: self.totals.accounted })
    }

    /// What a retired node without active stake has left goes to the sink.
    pub(super) fn sweep(&mut self, index: usize) -> Option<Event> {
        let node = &mut self.nodes[index];
        let amount = std::mem::take(&mut node.stream.unvested);
        if amount == 0 {
            return None;
        }
        self.totals.sink_owed += amount;
        Some(Event::RewardSwept { node: node.wallet, amount, stream: node.stream, sink_owed: self.totals.sink_owed })
    }

    fn require_rewardable(&self, wallet: Address, amount: u128) -> Outcome<()> {
        if amount == 0 {
            return Err(Refusal::ZeroAmount);
        }
        match self.nodes[self.known(wallet)?].status {
            NodeStatus::Retired => Err(Refusal::NodeHasRetired { node: wallet }),
            NodeStatus::Active | NodeStatus::Closed => Ok(()),
        }
    }

    fn deposit(&mut self, wallet: Address, from: Address, amount: u128, now: u64) -> Outcome<Event> {
        let index = self.known(wallet)?;
        let fee = fee_down(amount, u32::from(self.totals.fee_bps));
        self.totals.fees_owed += fee;
        self.totals.accounted += amount;
        let node = &mut self.nodes[index];
        node.stream = node.accrued_to(now).with_reward(amount - fee, now, VEST_SECONDS);
        let (fees_owed, accounted) = (self.totals.fees_owed, self.totals.accounted);
        Ok(Event::RewardDeposited { node: wallet, from, amount, fee, stream: node.stream, fees_owed, accounted })
    }
}

/// An amount as a debt's part. Shares times the accumulator stay below 2^127: the lemmas of the contract have it.
pub(super) fn signed(amount: u128) -> i128 {
    i128::try_from(amount).unwrap_or(i128::MAX)
}
