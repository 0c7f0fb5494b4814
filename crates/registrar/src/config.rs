//! How the registrar behaves.

use std::time::Duration;

use linkpool_primitives::Address;

/// One wei is 10^-18 ether, one gwei 10^9 wei.
const GWEI: u128 = 1_000_000_000;
const ETHER: u128 = 1_000_000_000 * GWEI;

/// Everything that is not a secret or a connection.
#[derive(Debug, Clone)]
pub struct RegistrarConfig {
    /// The StakingPool contract.
    pub pool: Address,
    pub funding: Funding,
    pub fees: FeeCaps,
    /// Most transactions that are sent and not mined. 16 is what a geth node is sure to keep of one account.
    pub max_in_flight: u16,
    /// Blocks from a transaction's own to the head, both counted, after which its node may open.
    pub confirmations: u64,
    /// Blocks after which a transaction that is next in turn is replaced by one that pays more.
    pub replace_after_blocks: u64,
    /// How long a wallet's consent is good for, from the head's time.
    pub proof_validity: Duration,
    /// Time between two reads that must agree before a known node's wallet counts as changed.
    pub wallet_reread: Duration,
    /// Whether a node opens only once the indexer of the same database shows it. Without, the contract alone decides.
    pub require_indexed: bool,
    /// Whether only the holder of the lease works. Without it several may work at once, which is safe and does the work twice.
    pub use_lease: bool,
    pub lease_term: Duration,
    /// Time between two looks at the chain.
    pub poll_interval: Duration,
}

/// Ether for the wallets of new nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Funding {
    /// What a brand-new wallet gets.
    pub initial_wei: u128,
    /// Most that all wallets together get within 24 hours.
    pub daily_cap_wei: u128,
}

/// The most that is paid for gas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeeCaps {
    /// Wei per gas, base fee and tip together.
    pub max_fee_wei: u128,
    /// Wei per gas.
    pub max_tip_wei: u128,
}

impl RegistrarConfig {
    /// The defaults for a pool.
    pub fn new(pool: Address) -> Self {
        Self {
            pool,
            funding: Funding { initial_wei: ETHER / 20, daily_cap_wei: 5 * ETHER / 2 },
            fees: FeeCaps { max_fee_wei: 500 * GWEI, max_tip_wei: 20 * GWEI },
            max_in_flight: 16,
            confirmations: 1,
            replace_after_blocks: 5,
            proof_validity: Duration::from_secs(3600),
            wallet_reread: Duration::from_secs(5),
            require_indexed: true,
            use_lease: true,
            lease_term: Duration::from_secs(5),
            poll_interval: Duration::from_millis(500),
        }
    }
}
