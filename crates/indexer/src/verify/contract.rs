//! The contract's views at one block hash, as the fields that the database keeps.

use alloy::primitives::U256;
use linkpool_chain::Chain;
use linkpool_contracts::pool::{
    Node, nodeAtCall, nodeCountCall, nodeOfCall, offerEndsAtCall, ownerCall, penaltySlotsCall, pendingOwnerCall, positionOfCall,
    registryCall, rolesOfCall, ticketOfCall, totalsCall,
};
use linkpool_db::columns::{NodeFields, PoolFields, PositionFields, TicketFields};
use linkpool_primitives::{Address, B256, NodeStatus};

use crate::{Result, columns::take};

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
        let mut fields = PoolFields {
            owner: Some(self.chain.call_at(self.pool, &ownerCall {}, self.at).await?),
            pending_owner: Some(self.chain.call_at(self.pool, &pendingOwnerCall {}, self.at).await?),
            offer_ends_at: Some(self.chain.call_at(self.pool, &offerEndsAtCall {}, self.at).await?.to()),
            ..PoolFields::default()
        };
        take!(totals => fields; accounted, fees_owed, sink_owed, fee_bps, fee_recipient, paused_until);
        take!(registry => fields; default_cap_link, live_nodes, registration_level = bucketLevel, registration_at = bucketAt);
        take!(registry => fields; network_reported = reported, network_reported_at = reportedAt, network_ceiling = ceiling);
        take!(registry => fields; proofless_allowed);
        Ok(fields)
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
            let mut fields = NodeFields { status: NodeStatus::of_wallet(node.status)?, ..NodeFields::default() };
            take!(node => fields; cap_link, penalty_until, retired_at, total_shares, assets, active_shares, acc_per_share, unvested);
            take!(node => fields; vest_end, last_update, penalty_bps, penalty_slot, bucket_level, bucket_at);
            Ok(fields)
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
