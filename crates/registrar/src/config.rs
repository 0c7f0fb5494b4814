//! How the registrar behaves.

use std::time::Duration;

use linkpool_chainlink::SealKey;
use linkpool_db::fleet::{FundingBounds, FundingPerDay};
use linkpool_health::Heartbeat;
use linkpool_primitives::Address;
use linkpool_tx_manager::TransactionConfig;

use crate::Listing;

/// One ether is 10^18 wei.
const ETHER: u128 = 1_000_000_000_000_000_000;

/// Everything that is not a secret or a connection.
#[derive(Debug, Clone)]
pub struct RegistrarConfig {
    /// The StakingPool contract.
    pub pool: Address,
    /// Opens the logins of the nodes that fleets run; without it only listed nodes can be asked anything.
    pub seal_key: Option<SealKey>,
    pub funding: Funding,
    /// How its transactions are sent, and what they may cost.
    pub transactions: TransactionConfig,
    /// Blocks from a transaction's own to the head, both counted, after which its node may open.
    pub confirmations: u64,
    /// How long a wallet's consent is good for, from the head's time.
    pub proof_validity: Duration,
    /// Time between two reads that must agree before a known node's wallet counts as changed.
    pub wallet_reread: Duration,
    /// Whether a node opens only once the indexer of the same database shows it. Without, the contract alone decides.
    pub require_indexed: bool,
    /// The nodes that somebody else runs.
    pub listing: Listing,
    /// Time between two looks at the wallets' balances.
    pub funding_interval: Duration,
    /// Time between two comparisons of all nodes with the contract, and between two looks at a known node's wallet.
    pub audit_interval: Duration,
    /// Told at every pass.
    pub heartbeat: Heartbeat,
}

/// Ether for the nodes' wallets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Funding {
    /// What a brand-new wallet is filled up to. One that has half of it already gets nothing.
    pub initial_wei: u128,
    /// Most that all wallets together get within 24 hours, new ones and low ones. Without a number: all the new wallets that a day
    /// allows, and one filling for each open node.
    pub daily_cap_wei: Option<u128>,
    /// The wallet of an open node that has less than this is filled up; 0: none ever is.
    pub top_up_below_wei: u128,
    /// What it is filled up to.
    pub top_up_to_wei: u128,
    /// Most payments to one wallet within 24 hours.
    pub wallet_payments_per_day: u32,
    /// Least time between two payments to one wallet.
    pub pause: Duration,
}

impl Default for Funding {
    fn default() -> Self {
        Self {
            initial_wei: ETHER / 20,
            daily_cap_wei: None,
            top_up_below_wei: ETHER / 50,
            top_up_to_wei: ETHER / 20,
            wallet_payments_per_day: 4,
            pause: Duration::from_secs(300),
        }
    }
}

impl RegistrarConfig {
    /// The bounds of every payment to a wallet.
    pub fn funding_bounds(&self) -> FundingBounds {
        let (funding, new_wallets) = (self.funding, self.transactions.limits.registrations_per_day);
        let work = FundingPerDay::Work {
            new_wallets_wei: funding.initial_wei.saturating_mul(new_wallets.into()),
            open_wallet_wei: funding.top_up_to_wei,
        };
        FundingBounds {
            per_day: funding.daily_cap_wei.map_or(work, FundingPerDay::Most),
            wallet_payments_per_day: funding.wallet_payments_per_day,
            pause: funding.pause,
        }
    }

    /// The defaults for a pool.
    pub fn new(pool: Address) -> Self {
        Self {
            pool,
            seal_key: None,
            funding: Funding::default(),
            transactions: TransactionConfig::default(),
            confirmations: 1,
            proof_validity: Duration::from_secs(3600),
            wallet_reread: Duration::from_secs(5),
            require_indexed: true,
            listing: Listing::default(),
            funding_interval: Duration::from_secs(120),
            audit_interval: Duration::from_secs(300),
            heartbeat: Heartbeat::default(),
        }
    }
}
