//! Database against chain, at one block hash: the state against the contract's views, what was announced against the timelocks, what
//! requests have paid against the Operators, the events against the logs.

mod contract;
mod events;
mod found;
mod locate;
mod operator;
mod schedule;
mod state;
mod timelock;

pub use found::{Difference, Scope, Subject, Verification};
pub use schedule::{VerificationSchedule, record, verify_periodically};

use std::time::Duration;

use linkpool_chain::Chain;
use linkpool_db::Database;
use linkpool_primitives::Address;

use crate::{Error, Result, driver::watched::Watched};
use contract::Contract;

/// A comparison that a reorg, or an endpoint that lags, cut short is begun again.
const ATTEMPTS: u32 = 3;
const RETRY_DELAY: Duration = Duration::from_secs(1);

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

pub async fn verify_within(chain: &Chain, database: &Database, pool: Address, scope: Scope) -> Result<Option<Verification>> {
    let mut attempt = 1;
    loop {
        match once(chain, database, pool, scope).await {
            Err(Error::Chain(linkpool_chain::Error::Lagging { .. })) if attempt < ATTEMPTS => attempt += 1,
            outcome => return outcome,
        }
        tokio::time::sleep(RETRY_DELAY).await;
    }
}

async fn once(chain: &Chain, database: &Database, pool: Address, scope: Scope) -> Result<Option<Verification>> {
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
    timelock::compare(&mut reader, &contract, &mut found).await?;
    operator::compare(&mut reader, &contract, (deployment.token, start), &mut found).await?;
    let since = match scope {
        Scope::All => start,
        Scope::Sample { since, .. } => since.clamp(start, block.number),
    };
    let watched = Watched::new(pool, &reader.followed().await?);
    events::compare(&mut reader, chain, &watched, since, &mut found).await?;
    if !found.is_equal() {
        // Logs are asked for by number: what looks like a difference may be another branch.
        let now = chain.header(block.number).await?;
        if now.is_none_or(|now| now.block.hash != block.hash) {
            let (endpoint, block) = (found.endpoint, block.number.to_string());
            return Err(linkpool_chain::Error::Lagging { endpoint, block }.into());
        }
        locate::locate(&mut reader, &contract, (deployment.token, start), &mut found).await?;
    }
    Ok(Some(found))
}
