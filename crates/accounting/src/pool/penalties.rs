//! Penalties: asked for, vetoed, executed, or lapsed by time alone.

use linkpool_primitives::{Address, NodeStatus};

use super::{Event, Node, Outcome, Pool, Refusal};
use crate::{
    BPS, Bucket,
    bounds::{DETECTION_SECONDS, EXECUTION_SECONDS, MAX_PENALTY_BPS, PENALTY_CAPACITY_BPS, PENALTY_LEAK_SECONDS, VETO_SECONDS},
    pool::settings::within,
    wide::mul_div_down,
};

impl Pool {
    /// Asks for a penalty of a node for a fault at `fault_at`.
    pub fn request_penalty(&mut self, by: Address, wallet: Address, bps: u16, fault_at: u64, now: u64) -> Outcome<Event> {
        let index = self.known(wallet)?;
        let node = self.nodes[index];
        if now < node.penalty_until {
            return Err(Refusal::PenaltyPending { node: wallet, penalty_until: node.penalty_until });
        }
        within(u64::from(bps), 1, u64::from(MAX_PENALTY_BPS))?;
        let latest = if node.status == NodeStatus::Retired { node.retired_at } else { now };
        if fault_at > latest || fault_at + DETECTION_SECONDS < now {
            return Err(Refusal::FaultOutOfRange { fault_at });
        }
        let requested = u32::from(bps);
        let room = PENALTY_CAPACITY_BPS - node.bucket.leaked(PENALTY_LEAK_SECONDS, now).level;
        if requested > room {
            return Err(Refusal::PenaltyLimit { node: wallet, requested, room });
        }
        let slot = self.free_slot(now)?;
        let penalty_until = now + VETO_SECONDS + EXECUTION_SECONDS;
        self.slots[usize::from(slot)] = penalty_until;
        self.nodes[index] = Node { penalty_until, penalty_bps: bps, penalty_slot: slot, ..node };
        Ok(Event::PenaltyRequested { node: wallet, by, bps, fault_at, requested_at: now, penalty_until, slot })
    }

    pub fn veto_penalty(&mut self, by: Address, wallet: Address, now: u64) -> Outcome<Event> {
        let index = self.pending_penalty(wallet, now)?;
        let slot = self.end_request(index, now);
        Ok(Event::PenaltyVetoed { node: wallet, by, slot, slot_ends_at: now })
    }

    /// Takes the penalty from the node's stake, active and unbonding alike. Below half price a node retires itself.
    pub fn execute_penalty(&mut self, wallet: Address, now: u64) -> Outcome<Vec<Event>> {
        let index = self.pending_penalty(wallet, now)?;
        let executable_at = self.nodes[index].penalty_until - EXECUTION_SECONDS;
        if now < executable_at {
            return Err(Refusal::PenaltyNotReady { executable_at });
        }
        let slot = self.end_request(index, now);
        let node = &mut self.nodes[index];
        let bps = std::mem::take(&mut node.penalty_bps);
        node.penalty_slot = 0;
        let leaked = node.bucket.leaked(PENALTY_LEAK_SECONDS, now);
        node.bucket = Bucket { level: leaked.level + u32::from(bps), ..leaked };
        let amount = mul_div_down(node.assets, u128::from(bps), u128::from(BPS));
        node.assets -= amount;
        self.totals.sink_owed += amount;
        let executed = Event::PenaltyExecuted {
            node: wallet,
            bps,
            amount,
            assets: node.assets,
            sink_owed: self.totals.sink_owed,
            slot,
            slot_ends_at: now,
            bucket_level: node.bucket.level,
            bucket_at: node.bucket.since,
        };
        let retires = node.status != NodeStatus::Retired && 2 * node.assets < node.total_shares;
        let retirement = if retires { self.retire(index, now) } else { Vec::new() };
        Ok(std::iter::once(executed).chain(retirement).collect())
    }

    fn pending_penalty(&self, wallet: Address, now: u64) -> Outcome<usize> {
        let pending = self.by_wallet.get(&wallet).copied().filter(|index| now < self.nodes[*index].penalty_until);
        pending.ok_or(Refusal::NoPenaltyPending { node: wallet })
    }

    /// Frees the slot, from now on.
    fn end_request(&mut self, index: usize, now: u64) -> u8 {
        let node = &mut self.nodes[index];
        node.penalty_until = 0;
        self.slots[usize::from(node.penalty_slot)] = now;
        node.penalty_slot
    }

    fn free_slot(&self, now: u64) -> Outcome<u8> {
        let free = (0u8..).zip(&self.slots).find(|(_, end)| **end <= now);
        let free_at = || self.slots.iter().copied().min().unwrap_or(now);
        free.map(|(slot, _)| slot).ok_or_else(|| Refusal::NoPenaltySlot { free_at: free_at() })
    }
}
