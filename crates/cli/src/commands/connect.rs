//! The two things every role needs: the chain and the database.

use anyhow::{Context, Result};
use linkpool_chain::Chain;
use linkpool_db::Database;
use linkpool_primitives::Address;

use crate::{config::Config, failure::Failure};

pub async fn chain(config: &Config) -> Result<Chain> {
    Ok(Chain::connect_all(&config.endpoints()?, config.chain_id(), config.policy()?).await?)
}

/// Connected and migrated.
pub async fn database(config: &Config) -> Result<Database> {
    let database = Database::connect(&config.database()?).await?;
    database.migrate().await.context("applying migrations")?;
    Ok(database)
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
