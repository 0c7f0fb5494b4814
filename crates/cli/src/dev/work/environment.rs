//! Where the work is: the chain, the nodes, and the consumer of an earlier run.

use std::{fs, path::PathBuf};

use anyhow::{Context, Result};
use linkpool_chain::Chain;
use linkpool_db::Database;
use linkpool_primitives::{Address, JUELS_PER_LINK, checksum};
use linkpool_testkit::fixture::{Accounts, Consumer, Contracts};

/// What the consumer has to spend: hours of requests.
const CONSUMER_JUELS: u128 = 100 * JUELS_PER_LINK;
const FILE: &str = "consumer";

/// What the work stands on.
pub struct WorkEnvironment {
    pub chain: Chain,
    pub database: Database,
    pub accounts: Accounts,
    pub contracts: Contracts,
    pub folder: PathBuf,
}

impl WorkEnvironment {
    /// The consumer of an earlier run if the chain still has it, else a new one with LINK.
    pub(super) async fn consumer(&self) -> Result<Consumer> {
        let file = self.folder.join(FILE);
        if let Some(address) = known(&file)
            && !self.chain.code(address).await?.is_empty()
        {
            return Ok(Consumer::at(&self.chain, &self.accounts, address));
        }
        let consumer = Consumer::deploy(&self.chain, &self.accounts, self.contracts.link, CONSUMER_JUELS).await?;
        fs::write(&file, checksum(&consumer.address)).with_context(|| format!("writing {}", file.display()))?;
        Ok(consumer)
    }
}

fn known(file: &std::path::Path) -> Option<Address> {
    linkpool_primitives::parse_address(fs::read_to_string(file).ok()?.trim()).ok()
}
