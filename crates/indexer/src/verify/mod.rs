//! Database against chain, at one block hash: the state against the contract's views, the events against its logs.

mod contract;
mod events;
mod found;
mod locate;
mod state;
mod watch;

pub use found::{Difference, Scope, Subject, Verification};
pub use watch::{Watch, record, watch};

use linkpool_chain::Chain;
use linkpool_db::Database;
use linkpool_primitives::Address;

use crate::Result;
use contract::Contract;

/// Compares every row and every event; `None` before anything is followed.
///
/// Reads page by page in one snapshot of the database. Needs an endpoint that still has the contract's state at the
/// cursor's block, and an archive endpoint to find where a difference in the state began.
///
/// # Errors
/// Those of the chain and the database; [`linkpool_chain::Error::Lagging`] also when a reorg removed the cursor's block.
pub async fn verify(chain: &Chain, database: &Database, pool: Address) -> Result<Option<Verification>> {
    verify_within(chain, database, pool, Scope::All).await
}

/// As [`verify`], within `scope`.
pub async fn verify_within(chain: &Chain, database: &Database, pool: Address, scope: Scope) -> Result<Option<Verification>> {
    let Some(deployment) = database.deployment().await? else { return Ok(None) };
    let Some(mut reader) = database.state_reader().await? else { return Ok(None) };
    let block = reader.block();
    let mut found = Verification::new(block, scope, chain.name());
    let start = deployment.start.number;
    if block.number == start {
        return Ok(Some(found));
    }
    let contract = Contract { chain, pool, at: block.hash };
    state::compare(&mut reader, &contract, &mut found).await?;
    let since = match scope {
        Scope::All => start,
        Scope::Sample { since, .. } => since.clamp(start, block.number),
    };
    events::compare(&mut reader, chain, pool, since, &mut found).await?;
    if !found.is_equal() {
        locate::locate(&mut reader, &contract, start, &mut found).await?;
    }
    Ok(Some(found))
}
