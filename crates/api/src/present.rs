//! The pool and all of its nodes as of the present block, read once for everybody who asks for it or for one of them.

use std::{collections::HashMap, sync::Arc, time::Duration};

use linkpool_db::read::{NodeFilter, NodeRecord, NodeSort, PoolRecord, Snapshot};
use linkpool_primitives::{Address, B256};
use moka::{future::Cache, policy::EvictionPolicy};

use crate::{
    as_of::AsOf,
    statistics::{Rewards, Statistics, is_of_another},
    view::available,
};

/// The newest, and the one before for who still asks for it.
const MAX_BLOCKS: u64 = 2;
/// What operators call a node, and how long it ran, change while the block stands.
const MAX_AGE: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(crate) struct Present {
    /// Not there before its first event.
    pub pool: Option<PoolRecord>,
    pub stakers: u64,
    /// In the order of their registration.
    pub nodes: Vec<NodeRecord>,
    places: HashMap<Address, usize>,
    pub rewards: Arc<Rewards>,
    /// From asking to leave to being able to.
    pub unbonding_seconds: u64,
}

/// By block and revision.
#[derive(Debug)]
pub(crate) struct Presents(Cache<(B256, u64), Arc<Present>>);

impl Default for Presents {
    fn default() -> Self {
        // However often a block was asked for, nobody asks for it once the next is there.
        let newest = Cache::builder().max_capacity(MAX_BLOCKS).eviction_policy(EvictionPolicy::lru());
        Self(newest.time_to_live(MAX_AGE).build())
    }
}

impl Presents {
    /// As of the present that the snapshot reads.
    pub async fn get(
        &self,
        snapshot: &mut Snapshot,
        statistics: &Statistics,
        as_of: &AsOf,
    ) -> Result<Arc<Present>, Arc<linkpool_db::Error>> {
        loop {
            let read = async { Present::read(snapshot, statistics, as_of).await.map(Arc::new) };
            let present = self.0.try_get_with((as_of.block.hash, as_of.revision), read).await;
            if !present.as_ref().is_err_and(|error| is_of_another(error, snapshot)) {
                return present.map_err(Arc::unwrap_or_clone);
            }
        }
    }
}

impl Present {
    async fn read(snapshot: &mut Snapshot, statistics: &Statistics, as_of: &AsOf) -> Result<Self, Arc<linkpool_db::Error>> {
        let all = NodeFilter {
            status: None,
            range: None,
            sort: NodeSort::Created,
            descending: false,
            after: None,
            // The contract bounds their share of the network.
            limit: u32::MAX,
        };
        let pool = snapshot.pool().await?;
        let (stakers, _) = snapshot.pool_statistics().await?;
        let nodes = snapshot.nodes(&all).await?;
        let rewards = statistics.rewards(snapshot, as_of).await?;
        let unbonding_seconds = snapshot.deployment().await?.map_or(0, |deployment| deployment.unbonding_seconds);
        let places = nodes.iter().enumerate().map(|(place, node)| (node.state.address, place)).collect();
        Ok(Self { pool, stakers, nodes, places, rewards, unbonding_seconds })
    }

    pub fn node(&self, address: &Address) -> Option<&NodeRecord> {
        self.nodes.get(*self.places.get(address)?)
    }

    /// A page of the nodes, each with what it was sorted by, as [`Snapshot::nodes`] gives it.
    pub fn page(&self, filter: &NodeFilter, as_of: &AsOf) -> Vec<((u128, Address), &NodeRecord)> {
        let key = |node: &NodeRecord| match filter.sort {
            NodeSort::Stake => node.state.assets,
            NodeSort::Created => node.state.index.into(),
            NodeSort::Available => available(&node.state, as_of.now()),
        };
        let is_listed = |node: &&NodeRecord| {
            let address = node.state.address;
            filter.status.is_none_or(|status| node.state.status == status)
                && filter.range.is_none_or(|(low, high)| low <= address && address <= high)
        };
        let is_ahead = |(place, _): &((u128, Address), &NodeRecord)| {
            filter.after.is_none_or(|after| if filter.descending { *place < after } else { *place > after })
        };
        let placed = self.nodes.iter().filter(is_listed).map(|node| ((key(node), node.state.address), node));
        let mut page: Vec<_> = placed.filter(is_ahead).collect();
        page.sort_unstable_by_key(|(place, _)| *place);
        if filter.descending {
            page.reverse();
        }
        page.truncate(filter.limit as usize);
        page
    }
}
