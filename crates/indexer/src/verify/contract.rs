//! The contract's views at one block hash, as the fields that the database keeps.

use alloy::primitives::U256;
use linkpool_chain::Chain;
use linkpool_contracts::pool::{
    Node, nodeAtCall, nodeCountCall, nodeOfCall, offerEndsAtCall, ownerCall, penaltySlotsCall, pendingOwnerCall, positionOfCall,
    registryCall, rolesOfCall, ticketOfCall, totalsCall,
};
use linkpool_db::columns::{NodeFields, PoolFields, PositionFields, TicketFields};
use linkpool_primitives::{Address, B256, NodeStatus};

use crate::Result;

/// The contract at the end of one block.
#[derive(Debug, Clone, Copy)]
pub(super) struct Contract<'a> {
    pub chain: &'a Chain,
    pub pool: Address,
    pub at: B256,
}

impl Contract<'_> {
    pub async fn pool(&self) -> Result<PoolFields> {
        let totals = self.chain.call_at(self.pool, &totalsCall {}, self.at).await?;
        let registry = self.chain.call_at(self.pool, &registryCall {}, self.at).await?;
        Ok(PoolFields {
            accounted: Some(totals.accounted.to()),
            fees_owed: Some(totals.feesOwed.to()),
            sink_owed: Some(totals.sinkOwed.to()),
            fee_bps: Some(totals.feeBps.into()),
            fee_recipient: Some(totals.feeRecipient),
            default_cap_link: Some(registry.defaultCapLink.into()),
            paused_until: Some(totals.pausedUntil.to()),
            live_nodes: Some(registry.liveNodes.into()),
            registration_level: Some(registry.bucketLevel.into()),
            registration_at: Some(registry.bucketAt.to()),
            network_reported: Some(registry.reported.into()),
            network_reported_at: Some(registry.reportedAt.to()),
            network_ceiling: Some(registry.ceiling.into()),
            proofless_allowed: Some(registry.prooflessAllowed),
            owner: Some(self.chain.call_at(self.pool, &ownerCall {}, self.at).await?),
            pending_owner: Some(self.chain.call_at(self.pool, &pendingOwnerCall {}, self.at).await?),
            offer_ends_at: Some(self.chain.call_at(self.pool, &offerEndsAtCall {}, self.at).await?.to()),
        })
    }

    /// The list of nodes: wallet and time of registration, by index.
    pub async fn list(&self) -> Result<Vec<(Address, i64)>> {
        let count: u64 = self.chain.call_at(self.pool, &nodeCountCall {}, self.at).await?.saturating_to();
        let calls: Vec<_> = (0..count).map(|index| nodeAtCall { index: U256::from(index) }).collect();
        let entries = self.chain.call_many_at(self.pool, &calls, self.at).await?;
        Ok(entries.into_iter().map(|entry| (entry.wallet, entry.registeredAt.to())).collect())
    }

    /// Nodes without what their views do not hold: place in the list, time of registration, kind of proof.
    pub async fn nodes(&self, nodes: &[Address]) -> Result<Vec<NodeFields>> {
        let calls: Vec<_> = nodes.iter().map(|node| nodeOfCall { node: *node }).collect();
        let answers = self.chain.call_many_at(self.pool, &calls, self.at).await?;
        let fields = |node: Node| {
            Ok(NodeFields {
                node_index: None,
                proof: None,
                registered_at: None,
                status: NodeStatus::of_wallet(node.status)?,
                cap_link: Some(node.capLink.into()),
                penalty_until: Some(node.penaltyUntil.to()),
                retired_at: Some(node.retiredAt.to()),
                total_shares: Some(node.totalShares.to()),
                assets: Some(node.assets.to()),
                active_shares: Some(node.activeShares.to()),
                acc_per_share: Some(node.accPerShare),
                unvested: Some(node.unvested.to()),
                vest_end: Some(node.vestEnd.to()),
                last_update: Some(node.lastUpdate.to()),
                penalty_bps: Some(node.penaltyBps.into()),
                penalty_slot: Some(node.penaltySlot.into()),
                bucket_level: Some(node.bucketLevel.into()),
                bucket_at: Some(node.bucketAt.to()),
            })
        };
        answers.into_iter().map(fields).collect()
    }

    /// Positions, each with the number of tickets it ever had.
    pub async fn positions(&self, keys: &[(Address, Address)]) -> Result<Vec<(PositionFields, i64)>> {
        let calls: Vec<_> = keys.iter().map(|(node, staker)| positionOfCall { node: *node, staker: *staker }).collect();
        let answers = self.chain.call_many_at(self.pool, &calls, self.at).await?;
        let fields = |shares, debt| PositionFields { position_shares: Some(shares), position_debt: Some(debt) };
        Ok(answers.into_iter().map(|found| (fields(found.shares.to(), found.debt), found.tickets.into())).collect())
    }

    pub async fn tickets(&self, keys: &[(Address, Address, i64)]) -> Result<Vec<TicketFields>> {
        // The contract counts tickets in 32 bits; an index beyond has no ticket, and neither has the last one in practice.
        let index = |ticket: i64| u32::try_from(ticket).unwrap_or(u32::MAX);
        let calls: Vec<_> = keys
            .iter()
            .map(|(node, staker, ticket)| ticketOfCall { node: *node, staker: *staker, ticket: index(*ticket) })
            .collect();
        let answers = self.chain.call_many_at(self.pool, &calls, self.at).await?;
        let fields = |shares, ready_at| TicketFields { ticket_shares: Some(shares), ready_at: Some(ready_at) };
        Ok(answers.into_iter().map(|ticket| fields(ticket.shares.to(), ticket.readyAt.to())).collect())
    }

    pub async fn roles(&self, accounts: &[Address]) -> Result<Vec<i16>> {
        let calls: Vec<_> = accounts.iter().map(|account| rolesOfCall { account: *account }).collect();
        let answers = self.chain.call_many_at(self.pool, &calls, self.at).await?;
        Ok(answers.into_iter().map(i16::from).collect())
    }

    /// When each penalty slot is free.
    pub async fn penalty_slots(&self) -> Result<Vec<i64>> {
        let slots = self.chain.call_at(self.pool, &penaltySlotsCall {}, self.at).await?;
        Ok(slots.into_iter().map(|ends_at| ends_at.to()).collect())
    }
}
