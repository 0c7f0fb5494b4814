//! Figures that need more than a few rows, kept for as long as the indexed block stands.

use std::{collections::HashMap, sync::Arc};

use linkpool_db::{
    deployment::Deployment,
    read::{Capacity, NodeRewards, NodeState, RewardWindow, Snapshot},
};
use linkpool_primitives::{Address, B256};
use moka::{future::Cache, policy::EvictionPolicy};
use tokio::sync::Mutex;

use crate::as_of::AsOf;

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
    of: HashMap<Address, NodeRewards>,
}

impl Rewards {
    /// Of one node; zeros if nothing is known of it.
    pub fn of(&self, node: &Address) -> NodeRewards {
        self.of.get(node).copied().unwrap_or_default()
    }

    /// Of all nodes together.
    pub fn total(&self) -> NodeRewards {
        self.of.values().fold(NodeRewards::default(), |sum, one| NodeRewards {
            node: Address::ZERO,
            deposited: sum.deposited + one.deposited,
            fees: sum.fees + one.fees,
            claimed: sum.claimed + one.claimed,
            vested_in_window: sum.vested_in_window + one.vested_in_window,
        })
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
        self.annual_bps(self.of(&node.address).vested_in_window, node.registered_at, stake)
    }
}

/// Counts of all events up to a final block, so that each request counts only the few behind it.
#[derive(Debug, Clone, Copy, Default)]
struct Final {
    through: u64,
    events: u64,
    /// A correction replaces rows of final blocks too.
    revision: u64,
}

#[derive(Debug)]
pub(crate) struct Statistics {
    /// By block and revision: a crowd of requests in one block computes them once.
    rewards: Cache<(B256, u64), Arc<Rewards>>,
    /// The same of the caps, of all nodes.
    capacity: Cache<(B256, u64), Option<Capacity>>,
    /// The same of how many events are indexed.
    events: Cache<(B256, u64), u64>,
    settled: Mutex<Option<Final>>,
}

impl Default for Statistics {
    fn default() -> Self {
        Self {
            rewards: newest(MAX_BLOCKS),
            capacity: newest(MAX_PRESENTS),
            events: newest(MAX_PRESENTS),
            settled: Mutex::default(),
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
            let rewards = self.rewards.try_get_with(key, async { compute(snapshot, as_of).await.map(Arc::new) }).await;
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
    pub async fn events(
        &self,
        snapshot: &mut Snapshot,
        deployment: &Deployment,
        as_of: &AsOf,
    ) -> Result<u64, Arc<linkpool_db::Error>> {
        loop {
            let count = self.count(snapshot, deployment, as_of);
            let events = self.events.try_get_with((as_of.block.hash, as_of.revision), count).await;
            if !events.as_ref().is_err_and(|error| is_of_another(error, snapshot)) {
                return events;
            }
        }
    }

    /// The lock is held meanwhile, so that what is final is counted once.
    async fn count(&self, snapshot: &mut Snapshot, deployment: &Deployment, as_of: &AsOf) -> Result<u64, linkpool_db::Error> {
        let mut settled = self.settled.lock().await;
        let number = as_of.block.number;
        let before = Final { through: deployment.start.number, revision: as_of.revision, ..Final::default() };
        // A snapshot older than what is settled, or of other rows, counts from the start.
        let is_of_it = |settled: &Final| settled.through <= number && settled.revision == as_of.revision;
        let known = settled.filter(is_of_it).unwrap_or(before);
        let known = extend(known, snapshot, as_of.finalized_block.min(number)).await?;
        *settled = Some(known);
        Ok(extend(known, snapshot, number).await?.events)
    }

    /// Forgets the count: blocks thought to stand were replaced.
    pub async fn forget(&self) {
        *self.settled.lock().await = None;
    }
}

/// Whether it was another request that found the cursor moved, while this one has the block in a transaction and waited for the other.
pub(crate) fn is_of_another(error: &linkpool_db::Error, snapshot: &Snapshot) -> bool {
    matches!(error, linkpool_db::Error::Moved) && !snapshot.is_standing()
}

async fn compute(snapshot: &mut Snapshot, as_of: &AsOf) -> Result<Rewards, linkpool_db::Error> {
    let now = as_of.now();
    let Some(window) = snapshot.reward_window(now.saturating_sub(WINDOW_SECONDS)).await? else { return Ok(Rewards::default()) };
    let rewards = snapshot.node_rewards(&window).await?;
    Ok(Rewards { window: Some(window), now, of: rewards.into_iter().map(|rewards| (rewards.node, rewards)).collect() })
}

async fn extend(known: Final, snapshot: &mut Snapshot, through: u64) -> Result<Final, linkpool_db::Error> {
    if through <= known.through {
        return Ok(known);
    }
    let events = snapshot.count_events(known.through, through).await?;
    Ok(Final { through, events: known.events + events, ..known })
}
