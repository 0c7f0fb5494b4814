//! The contract's own sum: (nodes + 1) * 10,000 <= maxShareBps * min(reported, ceiling), and a report that is not too old.

use linkpool_chain::{Chain, Result};
use linkpool_contracts::pool::{registryCall, termsCall};
use linkpool_primitives::{Address, BlockRef};

/// What decides whether one more node may be registered. Times are Unix seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbers {
    pub live_nodes: u32,
    pub reported: u32,
    pub reported_at: u64,
    pub ceiling: u32,
    pub max_share_bps: u16,
    pub report_age: u64,
    /// The block's time.
    pub now: u64,
}

const BPS: u64 = 10_000;

impl Numbers {
    /// As the contract has them at `block`.
    pub async fn read(chain: &Chain, pool: Address, block: &BlockRef) -> Result<Self> {
        let registry = chain.call_at(pool, &registryCall {}, block.hash).await?;
        let terms = chain.call_at(pool, &termsCall {}, block.hash).await?;
        Ok(Self {
            live_nodes: registry.liveNodes,
            reported: registry.reported,
            reported_at: registry.reportedAt.to(),
            ceiling: registry.ceiling,
            max_share_bps: terms.maxShareBps,
            report_age: terms.reportAge.to(),
            now: block.timestamp,
        })
    }

    pub fn network(&self) -> u32 {
        self.reported.min(self.ceiling)
    }

    /// When the report stops to count.
    pub fn stale_at(&self) -> u64 {
        self.reported_at.saturating_add(self.report_age)
    }

    /// Seconds since the report.
    pub fn age(&self) -> u64 {
        self.now.saturating_sub(self.reported_at)
    }

    pub fn is_stale(&self) -> bool {
        self.now > self.stale_at()
    }

    /// (nodes + 1) * 10,000.
    pub fn left(&self) -> u64 {
        (u64::from(self.live_nodes) + 1) * BPS
    }

    /// maxShareBps * network.
    pub fn right(&self) -> u64 {
        u64::from(self.max_share_bps) * u64::from(self.network())
    }

    /// How many more nodes the share allows, were the report fresh.
    pub fn available(&self) -> u64 {
        (self.right() / BPS).saturating_sub(self.live_nodes.into())
    }

    pub fn is_open(&self) -> bool {
        !self.is_stale() && self.left() <= self.right()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBERS: Numbers = Numbers {
        live_nodes: 110,
        reported: 19_000,
        reported_at: 1_000,
        ceiling: 25_000,
        max_share_bps: 1_000,
        report_age: 604_800,
        now: 2_000,
    };

    #[test]
    fn the_share_allows_what_the_contract_allows() {
        assert_eq!((NUMBERS.left(), NUMBERS.right(), NUMBERS.available()), (1_110_000, 19_000_000, 1_790));
        assert!(NUMBERS.is_open());
        let full = Numbers { live_nodes: 1_900, ..NUMBERS };
        assert!(!full.is_open() && full.available() == 0);
        assert!(Numbers { live_nodes: 1_899, ..NUMBERS }.is_open());
    }

    #[test]
    fn the_ceiling_bounds_a_report_and_age_closes_the_guard() {
        assert_eq!(Numbers { reported: u32::MAX, ..NUMBERS }.network(), 25_000);
        assert!(Numbers { now: NUMBERS.stale_at(), ..NUMBERS }.is_open());
        assert!(!Numbers { now: NUMBERS.stale_at() + 1, ..NUMBERS }.is_open());
    }
}
