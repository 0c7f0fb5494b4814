//! Which contract the database follows, decided once at start.

use linkpool_chain::{Chain, Log};
use linkpool_contracts::{
    decode_parts,
    pool::{Event, termsCall},
};
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
    let known = match database.deployment().await? {
        Some(known) => known,
        None => {
            let deployment = deployment(chain, address, deploy_block).await?;
            // Of two that begin at once, one does so, and the other finds what it has begun.
            if database.follow_first(&deployment).await? {
                return Ok(Followed::Started);
            }
            database.deployment().await?.unwrap_or(deployment)
        }
    };
    if (known.pool, known.chain_id) != (address, chain.chain_id()) {
        return Err(Error::OtherDeployment {
            followed: checksum(&known.pool),
            followed_chain: known.chain_id,
            asked: checksum(&address),
            asked_chain: chain.chain_id(),
        });
    }
    // A database without a single event may have begun in a wrong block.
    if let Some(mut reader) = database.state_reader().await?
        && reader.pool().await?.is_none()
    {
        require_creation(chain, address, known.start.number + 1).await?;
    }
    Ok(Followed::Resumed)
}

/// Empties the indexed tables and starts again from the chain. For a chain that came back older than the database.
pub async fn restart(chain: &Chain, database: &Database, address: Address, deploy_block: u64) -> Result<()> {
    Ok(database.follow(&deployment(chain, address, deploy_block).await?).await?)
}

/// What the chain says about it.
async fn deployment(chain: &Chain, address: Address, deploy_block: u64) -> Result<Deployment> {
    chain.require_code(address).await?;
    let creation = require_creation(chain, address, deploy_block).await?;
    let terms = chain.call(address, &termsCall {}).await?;
    let number = deploy_block.saturating_sub(1);
    let before = chain
        .header(number)
        .await?
        .ok_or_else(|| linkpool_chain::Error::Lagging { endpoint: chain.name().to_owned(), block: number.to_string() })?;
    let start = BlockRef { number, ..before.block };
    Ok(Deployment {
        chain_id: chain.chain_id(),
        pool: address,
        token: terms.link,
        start,
        unbonding_seconds: terms.unbonding.to(),
        vest_seconds: terms.vest.to(),
        max_fee_bps: terms.maxFeeBps.into(),
        first_owner: first_owner(&creation),
    })
}

/// The owner that the pool's creation names. Should the endpoint have left that log out, or made it up, the set of followed contracts is
/// mended when the event is written.
fn first_owner(creation: &[Log]) -> Option<Address> {
    let owner = |log: &Log| {
        let Ok(Event::OwnershipTransferred(event)) = decode_parts(&log.topics, &log.data) else { return None };
        Some(event.newOwner)
    };
    creation.iter().find_map(owner)
}

/// The logs of the block. Fails unless the block holds the events of the pool's creation. An index that begins later has nothing to build on, and one
/// whose only endpoint keeps those logs back would stay empty; neither would ever look wrong.
///
/// # Errors
/// [`Error::NotCreatedThere`] where the block's own bloom has nothing of the pool, or the endpoint knows its code from before, or
/// has none of it even there;
/// [`linkpool_chain::Error::Inconsistent`] where the logs should be there and do not come, which another endpoint may mend.
async fn require_creation(chain: &Chain, address: Address, block: u64) -> Result<Vec<Log>> {
    let lagging = |number: u64| linkpool_chain::Error::Lagging { endpoint: chain.name().to_owned(), block: number.to_string() };
    let header = chain.header(block).await?.ok_or_else(|| lagging(block))?;
    let logs = chain.logs_of(address, std::slice::from_ref(&header)).await?;
    if !logs.is_empty() {
        return Ok(logs);
    }
    let has_code = async |number: u64| chain.code_at(address, number).await.map(|code| !code.is_empty()).ok();
    // Without the old state the bloom decides.
    let was_there = has_code(block.saturating_sub(1)).await.unwrap_or(false);
    let is_not_yet = has_code(block).await == Some(false);
    if was_there || is_not_yet || !header.may_hold(address) {
        return Err(Error::NotCreatedThere { block });
    }
    Err(linkpool_chain::Error::Inconsistent {
        endpoint: chain.name().to_owned(),
        what: format!("it gives no logs of block {block}, in which the pool was created: give another endpoint"),
    }
    .into())
}
