//! Which contract the database follows, decided once at start.

use linkpool_chain::Chain;
use linkpool_contracts::pool::termsCall;
use linkpool_db::{Database, deployment::Deployment};
use linkpool_primitives::{Address, BlockRef, checksum};

use crate::{Error, Result};

/// How [`follow`] left the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Followed {
    /// New here: everything is still to be read from the chain.
    Started,
    /// The same contract as before: the cursor stands where it stood.
    Resumed,
}

/// Makes the database follow the pool at `address`, whose first event is in `deploy_block`.
///
/// # Errors
/// [`Error::OtherDeployment`] if it already follows another pool: one database, one contract.
pub async fn follow(chain: &Chain, database: &Database, address: Address, deploy_block: u64) -> Result<Followed> {
    if let Some(known) = database.deployment().await? {
        if (known.pool, known.chain_id) == (address, chain.chain_id()) {
            return Ok(Followed::Resumed);
        }
        return Err(Error::OtherDeployment {
            followed: checksum(&known.pool),
            followed_chain: known.chain_id,
            asked: checksum(&address),
            asked_chain: chain.chain_id(),
        });
    }
    restart(chain, database, address, deploy_block).await?;
    Ok(Followed::Started)
}

/// Empties the indexed tables and starts again from the chain. For a chain that came back older than the database.
pub async fn restart(chain: &Chain, database: &Database, address: Address, deploy_block: u64) -> Result<()> {
    chain.require_code(address).await?;
    let terms = chain.call(address, &termsCall {}).await?;
    let number = deploy_block.saturating_sub(1);
    let before = chain
        .header(number)
        .await?
        .ok_or_else(|| linkpool_chain::Error::Lagging { endpoint: chain.name().to_owned(), block: number.to_string() })?;
    let start = BlockRef { number, ..before.block };
    let deployment = Deployment {
        chain_id: chain.chain_id(),
        pool: address,
        token: terms.link,
        start,
        unbonding_seconds: terms.unbonding.to(),
        vest_seconds: terms.vest.to(),
        max_fee_bps: terms.maxFeeBps.into(),
    };
    database.follow(&deployment).await?;
    Ok(())
}
