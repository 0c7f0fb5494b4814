//! What is stored: the contract's structs, with the juels in 128 bits and the times in 64.

use linkpool_primitives::{Address, JUELS_PER_LINK, NodeStatus};

use crate::{Bucket, Stream, available, claimable, paid_down};

/// One oracle node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Node {
    pub wallet: Address,
    pub registered_at: u64,
    pub total_shares: u128,
    pub assets: u128,
    pub active_shares: u128,
    /// 0 until it retires.
    pub retired_at: u64,
    pub stream: Stream,
    /// The most active stake, in whole LINK.
    pub cap_link: u32,
    pub status: NodeStatus,
    /// The end of the last penalty request's window; 0 once that was vetoed or executed.
    pub penalty_until: u64,
    pub penalty_bps: u16,
    pub penalty_slot: u8,
    /// Basis points of penalties executed and not yet leaked.
    pub bucket: Bucket,
}

impl Node {
    /// The cap in juels.
    pub fn cap(&self) -> u128 {
        u128::from(self.cap_link) * JUELS_PER_LINK
    }

    /// How much may still be staked under the cap.
    pub fn available(&self) -> u128 {
        available(self.cap(), self.active_shares, self.total_shares, self.assets)
    }

    /// The reward stream as of `now`.
    pub fn accrued_to(&self, now: u64) -> Stream {
        self.stream.accrued_to(self.active_shares, now)
    }

    /// What so many of its shares would be paid.
    pub fn worth_down(&self, shares: u128) -> u128 {
        paid_down(shares, self.total_shares, self.assets)
    }
}

/// One unbonding ticket. `shares` is 0 once it has left or was cancelled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ticket {
    pub shares: u128,
    pub ready_at: u64,
}

/// One staker's part of one node.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Position {
    pub shares: u128,
    pub debt: i128,
    /// Every ticket ever made; its place is its number.
    pub tickets: Vec<Ticket>,
}

impl Position {
    /// What it may claim from an accrued stream.
    pub fn claimable(&self, stream: &Stream) -> u128 {
        claimable(self.shares, self.debt, stream.acc_per_share)
    }
}

/// The pool's own account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// LINK in, less LINK out.
    pub accounted: u128,
    pub fees_owed: u128,
    pub sink_owed: u128,
    pub fee_bps: u16,
    pub fee_recipient: Address,
    pub paused_until: u64,
}

/// What limits registrations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Registry {
    /// Nodes registered and not retired.
    pub live_nodes: u32,
    pub bucket: Bucket,
    pub default_cap_link: u32,
    pub reported: u32,
    pub reported_at: u64,
    pub ceiling: u32,
    pub proofless_allowed: bool,
}
