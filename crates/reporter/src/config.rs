//! How the reporter behaves.

use std::time::Duration;

use linkpool_primitives::Address;

use crate::Source;

/// Everything that is not a secret or a connection.
#[derive(Debug, Clone)]
pub struct ReporterConfig {
    /// The StakingPool contract.
    pub pool: Address,
    pub source: Source,
    /// A report older than this is followed by another. The contract counts one for 7 days; what lies between is the time
    /// that people have to mend a source.
    pub report_after: Duration,
    /// A network that became smaller is reported at once, but not more often than this.
    pub least_interval: Duration,
    /// Time between two looks at the chain.
    pub poll_interval: Duration,
}

impl ReporterConfig {
    pub fn new(pool: Address, source: Source) -> Self {
        Self {
            pool,
            source,
            report_after: Duration::from_secs(3 * 86_400),
            least_interval: Duration::from_secs(3_600),
            poll_interval: Duration::from_secs(30),
        }
    }
}
