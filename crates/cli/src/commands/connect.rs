//! The two things every role needs: the chain and the database.

use std::time::Duration;

use anyhow::Result;
use linkpool_chain::Chain;
use linkpool_db::{Database, Error};
use linkpool_primitives::Address;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{config::Config, failure::Failure};

/// How often a role that waits for `linkpool migrate` looks, and how many looks it waits until it says so again.
const SCHEMA_POLL_INTERVAL: Duration = Duration::from_secs(1);
const LOOKS_UNTIL_SAID: u32 = 10;

pub async fn chain(config: &Config) -> Result<Chain> {
    Ok(Chain::connect_all(&config.endpoints()?, config.chain_id(), config.policy()?).await?)
}

/// For a command: refused unless the database's schema is one that this executable works on.
pub async fn database(config: &Config) -> Result<Database> {
    let database = Database::connect(&config.database()?).await?;
    database.schema().await?.check()?;
    Ok(database)
}

/// For a role: waits while the schema is older than this executable, because in a roll-out nobody says in which order
/// `linkpool migrate` and the roles start. `None` if it is told to stop meanwhile. A schema that is too new is an error at once:
/// no waiting helps.
pub async fn role_database(config: &Config, role: &str, shutdown: &CancellationToken) -> Result<Option<Database>> {
    let database = Database::connect(&config.database()?.role(role)).await?;
    let mut looks = 0;
    loop {
        match database.schema().await?.check() {
            Ok(()) if looks == 0 => return Ok(Some(database)),
            Ok(()) => {
                info!(role, "the database has its migrations");
                return Ok(Some(database));
            }
            Err(older @ Error::SchemaOlder { .. }) => {
                if looks % LOOKS_UNTIL_SAID == 0 {
                    warn!(role, "{older}; this role waits for it");
                }
            }
            Err(error) => return Err(error.into()),
        }
        looks += 1;
        if shutdown.run_until_cancelled(tokio::time::sleep(SCHEMA_POLL_INTERVAL)).await.is_none() {
            return Ok(None);
        }
    }
}

/// The pool for a command that may have no database: the configured one, else the one the database follows. Checked to be a
/// contract where there is a chain to ask.
pub async fn pool_on(config: &Config, chain: Option<&Chain>) -> Result<Address> {
    let pool = match config.pool()? {
        Some(pool) => pool,
        None if config.has_database() => pool(config, &database(config).await?).await?,
        None => return Err(no_pool()),
    };
    if let Some(chain) = chain {
        chain.require_code(pool).await?;
    }
    Ok(pool)
}

/// The configured pool, or the one the database follows.
pub async fn pool(config: &Config, database: &Database) -> Result<Address> {
    if let Some(pool) = config.pool()? {
        return Ok(pool);
    }
    let known = database.deployment().await?;
    known.map(|deployment| deployment.pool).ok_or_else(no_pool)
}

fn no_pool() -> anyhow::Error {
    Failure::bad_input("no contract is given: pass --pool ADDRESS, or set chain.pool in linkpool.toml")
}
