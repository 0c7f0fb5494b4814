//! The staking pool as a whole, in memory: `contracts/StakingPool.sol` without its keys.
//!
//! Who may call what is the contract's business; here every caller is the right one. What an action does to the numbers,
//! which events it leaves, and when it is refused, with which figures, is the contract's to the juel:
//! `tests/it/pool_model.rs` compares the two over random histories on a real chain.

mod event;
mod nodes;
mod penalties;
mod refusal;
mod rewards;
mod settings;
mod staking;
mod state;
mod ways_out;

use std::collections::{BTreeMap, HashMap};

use linkpool_primitives::Address;

pub use event::Event;
pub use refusal::Refusal;
pub use settings::Setup;
pub use state::{Node, Position, Registry, Ticket, Totals};

use crate::bounds::PENALTY_SLOTS;

/// What an action did: the events in the order in which the contract emits them. A refused action changed nothing.
pub type Outcome<T> = Result<T, Refusal>;

/// Nodes, positions, tickets and totals of one pool.
///
/// Times are Unix seconds, which a caller never lets fall. Amounts are juels; no more come in than there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pool {
    nodes: Vec<Node>,
    by_wallet: HashMap<Address, usize>,
    /// By node, then staker.
    positions: BTreeMap<(Address, Address), Position>,
    totals: Totals,
    registry: Registry,
    slots: [u64; PENALTY_SLOTS],
    max_share_bps: u16,
    registration_burst: u32,
    registration_leak_seconds: u64,
}

impl Pool {
    /// Every node ever registered, in the order of registration.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    pub fn node(&self, wallet: Address) -> Option<&Node> {
        self.by_wallet.get(&wallet).and_then(|index| self.nodes.get(*index))
    }

    /// Every position ever made, by node and staker, empty ones included, in the order of the keys.
    pub fn positions(&self) -> impl Iterator<Item = (Address, Address, &Position)> {
        self.positions.iter().map(|((node, staker), position)| (*node, *staker, position))
    }

    pub fn position(&self, node: Address, staker: Address) -> Option<&Position> {
        self.positions.get(&(node, staker))
    }

    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// When each of the pool's places for a pending penalty becomes free.
    pub fn penalty_slots(&self) -> &[u64; PENALTY_SLOTS] {
        &self.slots
    }

    fn known(&self, wallet: Address) -> Outcome<usize> {
        self.by_wallet.get(&wallet).copied().ok_or(Refusal::UnknownNode { node: wallet })
    }

    fn require_not_paused(&self, now: u64) -> Outcome<()> {
        let paused_until = self.totals.paused_until;
        if now < paused_until { Err(Refusal::InflowsPaused { paused_until }) } else { Ok(()) }
    }
}
