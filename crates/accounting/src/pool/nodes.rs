//! Nodes come, close, open again and retire.

use linkpool_primitives::{Address, NodeStatus};

use super::{Event, Node, Outcome, Pool, Refusal};
use crate::{BPS, Bucket, Stream, bounds::REPORT_AGE_SECONDS};

impl Pool {
    /// Registers a wallet that has proven by its signature, or not, that it wants to be.
    pub fn register_node(&mut self, wallet: Address, signed: bool, now: u64) -> Outcome<Event> {
        self.require_not_paused(now)?;
        if self.by_wallet.contains_key(&wallet) {
            return Err(Refusal::AlreadyRegistered { wallet });
        }
        self.require_share(now)?;
        let bucket = self.registry.bucket.leaked(self.registration_leak_seconds, now);
        if bucket.level >= self.registration_burst {
            return Err(Refusal::RegistrationLimit { next_at: bucket.since + self.registration_leak_seconds });
        }
        if !signed && !self.registry.proofless_allowed {
            return Err(Refusal::ProofRequired);
        }
        self.registry.bucket = Bucket { level: bucket.level + 1, ..bucket };
        self.registry.live_nodes += 1;
        let index = self.nodes.len();
        self.by_wallet.insert(wallet, index);
        self.nodes.push(new_node(wallet, self.registry.default_cap_link, now));
        Ok(Event::NodeRegistered {
            node: wallet,
            index: index as u64,
            signed,
            cap_link: self.registry.default_cap_link,
            registered_at: now,
            live_nodes: self.registry.live_nodes,
            bucket_level: bucket.level + 1,
            bucket_at: bucket.since,
        })
    }

    /// Closes a node to new stake.
    pub fn close_node(&mut self, by: Address, wallet: Address) -> Outcome<Event> {
        let refusal = Refusal::NodeNotOpen { node: wallet };
        self.change_status(wallet, NodeStatus::Active, NodeStatus::Closed, refusal)?;
        Ok(Event::NodeClosed { node: wallet, by })
    }

    pub fn reopen_node(&mut self, by: Address, wallet: Address) -> Outcome<Event> {
        let refusal = Refusal::NodeNotClosed { node: wallet };
        self.change_status(wallet, NodeStatus::Closed, NodeStatus::Active, refusal)?;
        Ok(Event::NodeReopened { node: wallet, by })
    }

    /// Retires a node for good.
    pub fn retire_node(&mut self, wallet: Address, now: u64) -> Outcome<Vec<Event>> {
        let index = self.known(wallet)?;
        if self.nodes[index].status == NodeStatus::Retired {
            return Err(Refusal::NodeHasRetired { node: wallet });
        }
        Ok(self.retire(index, now))
    }

    /// Changes a node's cap, in whole LINK.
    pub fn set_cap(&mut self, wallet: Address, cap_link: u32) -> Outcome<Event> {
        let index = self.known(wallet)?;
        let old_cap_link = std::mem::replace(&mut self.nodes[index].cap_link, cap_link);
        Ok(Event::CapChanged { node: wallet, old_cap_link, cap_link })
    }

    /// How many more nodes the pool's share of the network allows.
    pub fn guard_headroom(&self, now: u64) -> u128 {
        let registry = &self.registry;
        if now > registry.reported_at + REPORT_AGE_SECONDS {
            return 0;
        }
        let allowed = u128::from(self.network()) * u128::from(self.max_share_bps) / u128::from(BPS);
        allowed.saturating_sub(u128::from(registry.live_nodes))
    }

    pub(super) fn retire(&mut self, index: usize, now: u64) -> Vec<Event> {
        let node = &mut self.nodes[index];
        node.status = NodeStatus::Retired;
        node.retired_at = now;
        self.registry.live_nodes -= 1;
        let retired = Event::NodeRetired { node: node.wallet, retired_at: now, live_nodes: self.registry.live_nodes };
        let swept = if node.active_shares == 0 { self.sweep(index) } else { None };
        std::iter::once(retired).chain(swept).collect()
    }

    fn change_status(&mut self, wallet: Address, from: NodeStatus, to: NodeStatus, refusal: Refusal) -> Outcome<()> {
        let node = self.by_wallet.get(&wallet).map(|index| &mut self.nodes[*index]).filter(|node| node.status == from);
        node.ok_or(refusal)?.status = to;
        Ok(())
    }

    fn require_share(&self, now: u64) -> Outcome<()> {
        let registry = &self.registry;
        if now > registry.reported_at + REPORT_AGE_SECONDS {
            return Err(Refusal::ReportTooOld { reported_at: registry.reported_at });
        }
        let (nodes, network) = (registry.live_nodes + 1, self.network());
        let fits = u64::from(nodes) * u64::from(BPS) <= u64::from(self.max_share_bps) * u64::from(network);
        if fits { Ok(()) } else { Err(Refusal::ShareExceeded { nodes, network }) }
    }

    fn network(&self) -> u32 {
        self.registry.reported.min(self.registry.ceiling)
    }
}

fn new_node(wallet: Address, cap_link: u32, now: u64) -> Node {
    Node {
        wallet,
        registered_at: now,
        total_shares: 0,
        assets: 0,
        active_shares: 0,
        retired_at: 0,
        stream: Stream::default(),
        cap_link,
        status: NodeStatus::Active,
        penalty_until: 0,
        penalty_bps: 0,
        penalty_slot: 0,
        bucket: Bucket::default(),
    }
}
