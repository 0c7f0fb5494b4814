//! Figures that need more than a few rows, kept for as long as the indexed block stands.

use std::{collections::HashMap, sync::Arc};

use linkpool_db::read::{Capacity, NodeRewards, NodeState, RewardWindow, Snapshot};
use linkpool_primitives::{Address, B256};
use moka::{future::Cache, policy::EvictionPolicy};

use crate::{
    as_of::AsOf,
    settled::{Settled, Sum},
};

/// Rates look back a week, which is how long a reward vests.
const WINDOW_SECONDS: u64 = 7 * 86_400;
/// Less history than a day says nothing about a year.
const SHORTEST_WINDOW_SECONDS: u64 = 86_400;
/// Blocks whose rewards are kept: the present one, and a few that are asked for by number.
const MAX_BLOCKS: u64 = 16;
/// Of what is asked for as of the present alone: the newest, and the one before for who still asks for it.
const MAX_PRESENTS: u64 = 2;

/// What was given to the stakers of each node, as of a block.
#[derive(Debug, Default)]
pub(crate) struct Rewards {
    window: Option<RewardWindow>,
    now: u64,
    by_node: ByNode,
    /// What vested within the window, fees taken off, by node.
    vested: HashMap<Address, u128>,
}

/// What was given, by node, since it is there.
#[derive(Debug, Clone, Default)]
struct ByNode(HashMap<Address, NodeRewards>);

/// How many events there are.
#[derive(Debug, Clone, Default)]
struct Events(u64);

impl Rewards {
    /// Of one node; zeros if nothing is known of it.
    pub fn of(&self, node: &Address) -> NodeRewards {
        self.by_node.0.get(node).copied().unwrap_or_default()
    }

    /// Of all nodes together.
    pub fn total(&self) -> NodeRewards {
        self.by_node.0.values().fold(NodeRewards::default(), both)
    }

    /// What vested within the window for all nodes together.
    pub fn vested_in_window(&self) -> u128 {
        self.vested.values().sum()
    }

    /// How long the window is for who is there since a time.
    pub fn window_seconds(&self, since: u64) -> u64 {
        self.window.map_or(0, |window| self.now.saturating_sub(window.from.max(window.first_event).max(since)))
    }

    /// Basis points a year; `None` where the window is shorter than a day, or nothing is staked.
    pub fn annual_bps(&self, vested: u128, since: u64, stake: u128) -> Option<u64> {
        let seconds = self.window_seconds(since);
        linkpool_accounting::annual_bps_down(vested, seconds, stake).filter(|_| seconds >= SHORTEST_WINDOW_SECONDS)
    }

    /// Of a node with so much active stake.
    pub fn annual_bps_of(&self, node: &NodeState) -> Option<u64> {
        let stake = linkpool_accounting::paid_down(node.active_shares, node.total_shares, node.assets);
        self.annual_bps(self.vested.get(&node.address).copied().unwrap_or_default(), node.registered_at, stake)
    }
}

fn both(sum: NodeRewards, one: &NodeRewards) -> NodeRewards {
    NodeRewards {
        node: one.node,
        deposited: sum.deposited + one.deposited,
        fees: sum.fees + one.fees,
        claimed: sum.claimed + one.claimed,
    }
}

impl Sum for ByNode {
    async fn add(&mut self, snapshot: &mut Snapshot, after: u64, through: u64) -> Result<(), linkpool_db::Error> {
        for one in snapshot.node_rewards(after, through).await? {
            let sum = self.0.entry(one.node).or_default();
            *sum = both(*sum, &one);
        }
        Ok(())
    }
}

impl Sum for Events {
    async fn add(&mut self, snapshot: &mut Snapshot, after: u64, through: u64) -> Result<(), linkpool_db::Error> {
        self.0 += snapshot.count_events(after, through).await?;
        Ok(())
    }
}

#[derive(Debug)]
pub(crate) struct Statistics {
    /// By block and revision: a crowd of requests in one block computes them once.
    rewards: Cache<(B256, u64), Arc<Rewards>>,
    /// The same of the caps, of all nodes.
    capacity: Cache<(B256, u64), Option<Capacity>>,
    /// The same of how many events are indexed.
    events: Cache<(B256, u64), u64>,
    all_rewards: Settled<ByNode>,
    all_events: Settled<Events>,
}

impl Default for Statistics {
    fn default() -> Self {
        Self {
            rewards: newest(MAX_BLOCKS),
            capacity: newest(MAX_PRESENTS),
            events: newest(MAX_PRESENTS),
            all_rewards: Settled::default(),
            all_events: Settled::default(),
        }
    }
}

/// However often a block was asked for, nobody asks for it once the next is there.
fn newest<T: Clone + Send + Sync + 'static>(blocks: u64) -> Cache<(B256, u64), T> {
    Cache::builder().max_capacity(blocks).eviction_policy(EvictionPolicy::lru()).build()
}

impl Statistics {
    pub async fn rewards(&self, snapshot: &mut Snapshot, as_of: &AsOf) -> Result<Arc<Rewards>, Arc<linkpool_db::Error>> {
        let key = (as_of.block.hash, as_of.revision);
        loop {
            let rewards = self.rewards.try_get_with(key, async { self.compute(snapshot, as_of).await.map(Arc::new) }).await;
            if !rewards.as_ref().is_err_and(|error| is_of_another(error, snapshot)) {
                return rewards;
            }
        }
    }

    /// What the nodes could take, or one of them; `None` where that changed too often to be followed.
    pub async fn capacity(
        &self,
        snapshot: &mut Snapshot,
        node: Option<&Address>,
        as_of: &AsOf,
    ) -> Result<Option<Capacity>, Arc<linkpool_db::Error>> {
        if node.is_some() {
            return Ok(snapshot.capacity(node).await?);
        }
        loop {
            let capacity = self.capacity.try_get_with((as_of.block.hash, as_of.revision), snapshot.capacity(None)).await;
            if !capacity.as_ref().is_err_and(|error| is_of_another(error, snapshot)) {
                return capacity;
            }
        }
    }

    /// How many events are indexed.
    pub async fn events(&self, snapshot: &mut Snapshot, as_of: &AsOf) -> Result<u64, Arc<linkpool_db::Error>> {
        loop {
            let count = async { self.all_events.through(snapshot, as_of).await.map(|Events(count)| count) };
            let events = self.events.try_get_with((as_of.block.hash, as_of.revision), count).await;
            if !events.as_ref().is_err_and(|error| is_of_another(error, snapshot)) {
                return events;
            }
        }
    }

    async fn compute(&self, snapshot: &mut Snapshot, as_of: &AsOf) -> Result<Rewards, linkpool_db::Error> {
        let now = as_of.now();
        let window = snapshot.reward_window(now.saturating_sub(WINDOW_SECONDS)).await?;
        let Some(window) = window else { return Ok(Rewards::default()) };
        let vested = snapshot.vested_since(&window).await?.into_iter().collect();
        Ok(Rewards { window: Some(window), now, by_node: self.all_rewards.through(snapshot, as_of).await?, vested })
    }

    /// Forgets what is added up: blocks thought to stand were replaced.
    pub async fn forget(&self) {
        self.all_rewards.forget().await;
        self.all_events.forget().await;
    }
}

/// Whether it was another request that found the cursor moved, while this one has the block in a transaction and waited for the other.
pub(crate) fn is_of_another(error: &linkpool_db::Error, snapshot: &Snapshot) -> bool {
    matches!(error, linkpool_db::Error::Moved) && !snapshot.is_standing()
}
