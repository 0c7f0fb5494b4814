//! How earnings are passed on.

use std::time::Duration;

use linkpool_primitives::{Address, JUELS_PER_LINK};
use linkpool_tx_manager::TransactionConfig;
use smart_default::SmartDefault;

const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;

/// Everything that is not a secret or a connection.
#[derive(Debug, Clone)]
pub struct EarningsConfig {
    /// The StakingPool contract.
    pub pool: Address,
    /// What makes each node's own contract.
    pub factory: Address,
    /// Feeds that may owe the nodes' wallets.
    pub feeds: Vec<Address>,
    pub price: Option<PriceSource>,
    /// What the Operators may cost that are made within 24 hours for nodes whose jobs wait for one; `None` makes none.
    pub operators_per_day_wei: Option<u128>,
    pub rules: Rules,
    pub transactions: TransactionConfig,
    /// Time between two looks at what waits.
    pub look_interval: Duration,
}

/// What one LINK is worth in ether.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PriceSource {
    /// A feed of Chainlink's for LINK in ether.
    Feed { feed: Address, max_age: Duration },
    /// A number that an operator set: wei for one LINK.
    Fixed { wei_per_link: u128 },
}

/// When what waits is passed on. Times are the chain's.
#[derive(Debug, Clone, PartialEq, Eq, SmartDefault)]
pub struct Rules {
    /// Juels; less stays where it is.
    #[default(JUELS_PER_LINK)]
    pub least_juels: u128,
    /// Between two of the same source, where its gas is worth it. Large and rare rewards favour who comes after them.
    #[default(Duration::from_secs(DAY))]
    pub interval: Duration,
    /// After so long it is passed on whatever gas costs.
    #[default(Duration::from_secs(7 * DAY))]
    pub latest: Duration,
    /// The same as `interval` for a node that is about to retire, and how long before a timelock can do it that begins.
    #[default(Duration::from_secs(HOUR))]
    pub leaving_interval: Duration,
    /// What gas may cost, in hundredths of what is passed on.
    #[default(1)]
    pub max_cost_percent: u64,
    /// How long requests may wait while the wallet sends nothing, before the node counts as silent.
    #[default(Duration::from_secs(6 * HOUR))]
    pub silent_after: Duration,
    /// How long what is to be passed on may wait before a person is told.
    #[default(Duration::from_secs(9 * DAY))]
    pub overdue_after: Duration,
}

impl EarningsConfig {
    pub fn new(pool: Address, factory: Address) -> Self {
        Self {
            pool,
            factory,
            feeds: Vec::new(),
            price: None,
            operators_per_day_wei: None,
            rules: Rules::default(),
            transactions: TransactionConfig::default(),
            look_interval: Duration::from_secs(300),
        }
    }
}
