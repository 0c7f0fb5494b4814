//! Database against contract, at one block hash: every node, position, ticket and the pool itself.

use linkpool_chain::Chain;
use linkpool_contracts::pool::{nodeCountCall, nodeOfCall, positionOfCall, registryCall, ticketOfCall, totalsCall};
use linkpool_db::{
    Database,
    columns::{NodeFields, PoolFields, PositionFields, TicketFields},
    state::State,
};
use linkpool_primitives::{Address, BlockRef, checksum};

use crate::Result;

/// What a comparison found.
#[derive(Debug)]
pub struct Verification {
    /// The block at which both were read.
    pub block: BlockRef,
    pub nodes: usize,
    pub positions: usize,
    pub tickets: usize,
    /// Empty: they are equal.
    pub differences: Vec<Difference>,
}

/// One place where the two disagree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Which row, by its key.
    pub place: String,
    pub database: String,
    pub contract: String,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: the database has {}, the contract {}", self.place, self.database, self.contract)
    }
}

/// Compares the state at the cursor with the contract's views at the cursor's block; `None` before anything is followed.
/// Needs an endpoint that still has the state of that block.
pub async fn verify(chain: &Chain, database: &Database, pool: Address) -> Result<Option<Verification>> {
    let Some(state) = database.state().await? else { return Ok(None) };
    let mut differences = compare_pool(chain, &state, pool).await?;
    differences.extend(compare_nodes(chain, &state, pool).await?);
    differences.extend(compare_positions(chain, &state, pool).await?);
    differences.extend(compare_tickets(chain, &state, pool).await?);
    Ok(Some(Verification {
        block: state.block,
        nodes: state.nodes.len(),
        positions: state.positions.len(),
        tickets: state.tickets.len(),
        differences,
    }))
}

fn compare<T: PartialEq + std::fmt::Debug>(place: String, database: &T, contract: &T) -> Option<Difference> {
    (database != contract).then(|| Difference { place, database: format!("{database:?}"), contract: format!("{contract:?}") })
}

async fn compare_pool(chain: &Chain, state: &State, pool: Address) -> Result<Vec<Difference>> {
    let at = state.block.hash;
    let totals = chain.call_at(pool, &totalsCall {}, at).await?;
    let registry = chain.call_at(pool, &registryCall {}, at).await?;
    let count: u128 = chain.call_at(pool, &nodeCountCall {}, at).await?.saturating_to();
    let contract = PoolFields {
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
    };
    let pool = compare("pool".into(), &state.pool, &Some(contract));
    let nodes = compare("number of nodes".into(), &(state.nodes.len() as u128), &count);
    Ok(pool.into_iter().chain(nodes).collect())
}

async fn compare_nodes(chain: &Chain, state: &State, pool: Address) -> Result<Vec<Difference>> {
    let calls: Vec<_> = state.nodes.iter().map(|(node, _)| nodeOfCall { node: *node }).collect();
    let answers = chain.call_many_at(pool, &calls, state.block.hash).await?;
    let pairs = state.nodes.iter().zip(answers);
    Ok(pairs
        .filter_map(|((address, database), node)| {
            let contract = NodeFields {
                // The view does not hold these three: they are compared as the event gave them, by the list of nodes.
                node_index: database.node_index,
                proof: database.proof,
                registered_at: database.registered_at,
                status: Some(i16::from(node.status)),
                cap_link: Some(node.capLink.into()),
                closed_until: Some(node.closedUntil.to()),
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
            };
            compare(format!("node {}", checksum(address)), database, &contract)
        })
        .collect())
}

async fn compare_positions(chain: &Chain, state: &State, pool: Address) -> Result<Vec<Difference>> {
    let calls: Vec<_> = state.positions.iter().map(|(node, staker, _)| positionOfCall { node: *node, staker: *staker }).collect();
    let answers = chain.call_many_at(pool, &calls, state.block.hash).await?;
    let pairs = state.positions.iter().zip(answers);
    Ok(pairs
        .filter_map(|((node, staker, database), position)| {
            let contract = PositionFields { position_shares: Some(position.shares.to()), position_debt: Some(position.debt) };
            compare(format!("position of {} on {}", checksum(staker), checksum(node)), database, &contract)
        })
        .collect())
}

async fn compare_tickets(chain: &Chain, state: &State, pool: Address) -> Result<Vec<Difference>> {
    let call = |(node, staker, ticket, _): &(Address, Address, i64, TicketFields)| ticketOfCall {
        node: *node,
        staker: *staker,
        ticket: u32::try_from(*ticket).unwrap_or(u32::MAX),
    };
    let calls: Vec<_> = state.tickets.iter().map(call).collect();
    let answers = chain.call_many_at(pool, &calls, state.block.hash).await?;
    let pairs = state.tickets.iter().zip(answers);
    Ok(pairs
        .filter_map(|((node, staker, ticket, database), answer)| {
            let contract = TicketFields { ticket_shares: Some(answer.shares.to()), ready_at: Some(answer.readyAt.to()) };
            compare(format!("ticket {ticket} of {} on {}", checksum(staker), checksum(node)), database, &contract)
        })
        .collect())
}
