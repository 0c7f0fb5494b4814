//! How transactions are sent, whoever sends them.

use std::time::Duration;

use linkpool_chain::Heads;
use linkpool_db::tx::Limits;
use smart_default::SmartDefault;

const GWEI: u128 = 1_000_000_000;

/// The same for every signer: what it may spend, and when patience ends. The default is safe for mainnet.
#[derive(Debug, Clone, PartialEq, Eq, SmartDefault)]
pub struct TransactionConfig {
    #[default(FeeCaps { max_fee_wei: 500 * GWEI, max_tip_wei: 20 * GWEI })]
    pub fees: FeeCaps,
    /// Offered where no endpoint tells a tip.
    pub usual_tip_wei: Option<u128>,
    pub limits: Limits,
    /// Blocks after which a transaction that is next in turn is replaced by one that pays more.
    #[default(5)]
    pub replace_after_blocks: u64,
    /// How often one nonce is signed again by itself. After that its last bytes are sent again and again, and it shows that it is
    /// stuck; a person may still ask for more (`linkpool tx bump`).
    #[default(10)]
    pub max_replacements: u32,
    /// Blocks after which one counts as final on a chain that knows no finality.
    #[default(128)]
    pub final_depth: u64,
    /// How long a nonce must have looked like somebody else's before it is given up.
    #[default(Duration::from_secs(15))]
    pub used_elsewhere_patience: Duration,
    /// Whether only the holder of the signer's lease works. Without it several may work at once, which is safe and does the work
    /// twice.
    #[default(true)]
    pub use_lease: bool,
    /// How long a dead holder's lease lasts.
    #[default(Duration::from_secs(5))]
    pub lease_term: Duration,
    /// Time between two looks at the chain.
    #[default(Duration::from_millis(500))]
    pub poll_interval: Duration,
    /// How long the head is not looked at while nothing is to be done; where it is not said, until the next block. What is handed in
    /// is told by the database and does not wait for it.
    pub idle_interval: Option<Duration>,
}

/// The most that is paid for gas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeeCaps {
    /// Wei per gas, base fee and tip together.
    pub max_fee_wei: u128,
    /// Wei per gas.
    pub max_tip_wei: u128,
}

impl TransactionConfig {
    /// The final block. A chain that knows no finality never has one; there, depth decides. A young chain that does know it has
    /// none yet either, which is why the depth must be larger than any chain's finality.
    pub fn final_block(&self, heads: &Heads) -> u64 {
        if heads.finalized > 0 { heads.finalized } else { heads.head.number.saturating_sub(self.final_depth) }
    }
}

#[cfg(test)]
mod tests {
    use linkpool_primitives::{B256, BlockRef};

    use super::*;

    #[test]
    fn where_nothing_is_ever_called_final_depth_decides() {
        let heads = |number, finalized| Heads { head: BlockRef { number, hash: B256::ZERO, timestamp: 0 }, safe: 0, finalized };
        let config = TransactionConfig::default();
        assert_eq!([heads(1_000, 940), heads(1_000, 0), heads(100, 0)].map(|heads| config.final_block(&heads)), [940, 872, 0]);
    }
}
