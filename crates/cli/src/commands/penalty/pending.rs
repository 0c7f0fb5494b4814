//! The penalties that are pending in a pool, as the chain has them at one block.

use alloy::primitives::{B256, U256};
use anyhow::Result;
use linkpool_chain::Chain;
use linkpool_contracts::pool;
use linkpool_db::{Database, read::EventFilter};
use linkpool_primitives::{Address, BlockRef, EventKind};

/// A request that has been neither vetoed nor executed, and has not lapsed. Times are Unix seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    pub node: Address,
    pub bps: u16,
    pub requested_at: u64,
    /// From here on it may be executed. It may be vetoed until it is, or lapses.
    pub executable_at: u64,
    pub lapses_at: u64,
    /// What would be taken now.
    pub amount_juels: u128,
    /// From the indexed event, where there is an index.
    pub evidence: Option<B256>,
    pub fault_at: Option<u64>,
}

/// What may be done with a request at a moment: a veto only, or an execution too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    Veto,
    Execution,
}

impl Pending {
    pub fn window(&self, now: u64) -> Window {
        if now < self.executable_at { Window::Veto } else { Window::Execution }
    }
}

/// All of them, soonest to lapse first, with the block they are the state of. A pool has at most six.
pub async fn read(chain: &Chain, pool: Address) -> Result<(BlockRef, Vec<Pending>)> {
    let head = chain.heads().await?.head;
    let terms = chain.call_at(pool, &pool::termsCall {}, head.hash).await?;
    let (veto, execution) = (terms.veto.to::<u64>(), terms.execution.to::<u64>());
    let count = chain.call_at(pool, &pool::nodeCountCall {}, head.hash).await?.saturating_to::<u64>();
    let entries: Vec<_> = (0..count).map(|index| pool::nodeAtCall { index: U256::from(index) }).collect();
    let entries = chain.call_many_at(pool, &entries, head.hash).await?;
    let nodes: Vec<_> = entries.iter().map(|entry| pool::nodeOfCall { node: entry.wallet }).collect();
    let states = chain.call_many_at(pool, &nodes, head.hash).await?;
    let mut pending: Vec<Pending> = entries
        .iter()
        .zip(&states)
        .filter(|(_, state)| state.penaltyUntil.to::<u64>() > head.timestamp)
        .map(|(entry, state)| {
            let lapses_at = state.penaltyUntil.to::<u64>();
            let taken = state.assets.to::<u128>().saturating_mul(state.penaltyBps.into()) / 10_000;
            Pending {
                node: entry.wallet,
                bps: state.penaltyBps,
                requested_at: lapses_at.saturating_sub(veto + execution),
                executable_at: lapses_at.saturating_sub(execution),
                lapses_at,
                amount_juels: taken,
                evidence: None,
                fault_at: None,
            }
        })
        .collect();
    pending.sort_by_key(|pending| (pending.lapses_at, pending.node));
    Ok((head, pending))
}

/// Adds what only the events tell, as far as the database has followed them.
pub async fn explain(database: &Database, pending: &mut [Pending]) -> Result<()> {
    let Some(mut snapshot) = database.snapshot().await? else { return Ok(()) };
    for request in pending {
        let filter =
            EventFilter { kind: Some(EventKind::PenaltyRequested), node: Some(request.node), limit: 1, ..EventFilter::default() };
        let Some(event) = snapshot.events(&filter).await?.pop() else { continue };
        let Some(detail) = event.detail.filter(|detail| detail["requested_at"] == request.requested_at) else { continue };
        request.evidence = detail["evidence"].as_str().and_then(|text| text.parse().ok());
        request.fault_at = detail["fault_at"].as_u64();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_can_be_executed_from_the_second_that_it_names() {
        let pending = Pending {
            node: Address::ZERO,
            bps: 1,
            requested_at: 0,
            executable_at: 10,
            lapses_at: 20,
            amount_juels: 0,
            evidence: None,
            fault_at: None,
        };
        assert_eq!([pending.window(9), pending.window(10)], [Window::Veto, Window::Execution]);
    }
}
