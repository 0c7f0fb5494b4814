//! How a role starts: in any order with the others. What is away is waited for, and said; only what waiting can't mend ends it.
//! One-off commands do not wait: they end with their exit codes.

use std::time::Duration;

use anyhow::{Context, Result};
use linkpool_api::operator::OperatorToken;
use linkpool_chain::Chain;
use linkpool_db::Database;
use linkpool_primitives::Address;
use tokio::{
    net::TcpListener,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

use super::connect;
use crate::{
    config::Config,
    failure::{self, Exit},
};

/// Between two tries.
const RETRY_DELAY: Duration = Duration::from_millis(500);
/// What is waited for is said at once, when it changes, and again after this long.
const REMINDER_INTERVAL: Duration = Duration::from_secs(10);

/// What a role that follows the chain works with.
pub struct Started {
    pub chain: Chain,
    pub database: Database,
    pub pool: Address,
}

/// Chain, database and contract, when all three are there; `None` if `shutdown` comes first.
///
/// # Errors
/// What no waiting mends: settings, another chain, no contract where its block is.
pub async fn role(config: &Config, name: &'static str, shutdown: &CancellationToken) -> Result<Option<Started>> {
    // Side by side: a database that is unreachable must not hide that the settings name another chain, nor the other way round.
    let chain = patiently("the chain", shutdown, async || connect::chain(config).await);
    let (Some(database), Some(chain)) = tokio::try_join!(database(config, name, shutdown), chain)? else { return Ok(None) };
    let pool = patiently("the database", shutdown, async || connect::pool(config, &database).await).await?;
    let Some(pool) = pool else { return Ok(None) };
    let there = patiently("the contract", shutdown, async || contract(config, (&chain, &database), pool).await).await?;
    Ok(there.map(|()| Started { chain, database, pool }))
}

/// The database, when it is there and has its migrations; `None` if `shutdown` comes first.
///
/// # Errors
/// What no waiting mends.
pub async fn database(config: &Config, name: &'static str, shutdown: &CancellationToken) -> Result<Option<Database>> {
    let found = patiently("the database", shutdown, async || connect::role_database(config, name, shutdown).await).await?;
    Ok(found.flatten())
}

/// That there is a contract is certain once the chain has its block; an endpoint that is still loading blocks has none yet.
async fn contract(config: &Config, (chain, database): (&Chain, &Database), pool: Address) -> Result<()> {
    let Err(error) = chain.require_code(pool).await else { return Ok(()) };
    let known = database.deployment().await?.map(|deployment| deployment.start.number + 1);
    let Some(block) = config.deploy_block().or(known) else { return Err(error.into()) };
    let head = chain.heads().await?.head.number;
    if head >= block {
        return Err(error.into());
    }
    let lacks = format!("{block}, in which the contract is made, but only {head}");
    Err(linkpool_chain::Error::Lagging { endpoint: chain.name().to_owned(), block: lacks }.into())
}

/// A port, taken before the work starts, or a sentence about who else has the port.
pub async fn listener(listen: std::net::SocketAddr) -> Result<TcpListener> {
    let taken = || {
        format!(
            "cannot listen on {listen}: stop what uses it, or pass another address with --listen (port 0 lets the system choose)"
        )
    };
    TcpListener::bind(listen).await.with_context(taken)
}

/// The operator's listener and its token, where a token file is configured.
pub async fn operator(config: &Config) -> Result<Option<(OperatorToken, TcpListener)>> {
    let Some(path) = &config.operator.token_file else { return Ok(None) };
    let token = OperatorToken::read(path)?;
    let taken =
        || format!("cannot listen on {}: stop what uses it, or set operator.listen to another address", config.operator.listen);
    let listener = TcpListener::bind(config.operator.listen).await.with_context(taken)?;
    tracing::info!("serving the operator's calls at http://{}/", listener.local_addr()?);
    Ok(Some((token, listener)))
}

/// Tries until it succeeds, fails for good, or `shutdown`.
pub async fn patiently<T>(
    what: &str,
    shutdown: &CancellationToken,
    mut attempt: impl AsyncFnMut() -> Result<T>,
) -> Result<Option<T>> {
    let mut said: Option<(String, Instant)> = None;
    loop {
        let tried = tokio::select! { () = shutdown.cancelled() => return Ok(None), tried = attempt() => tried };
        match tried {
            Ok(value) => {
                if said.is_some() {
                    tracing::info!("{what} is there");
                }
                return Ok(Some(value));
            }
            Err(error) if failure::exit(&error) == Exit::Unreachable => {
                let text = format!("{error:#}");
                if said.as_ref().is_none_or(|(last, at)| *last != text || at.elapsed() >= REMINDER_INTERVAL) {
                    tracing::info!(reason = text, "waiting for {what}");
                    said = Some((text, Instant::now()));
                }
            }
            Err(error) => return Err(error),
        }
        tokio::select! { () = shutdown.cancelled() => return Ok(None), () = sleep(RETRY_DELAY) => {} }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Failure;

    #[tokio::test]
    async fn what_is_away_is_tried_until_it_is_there_and_what_waiting_does_not_mend_ends_it() {
        let shutdown = CancellationToken::new();
        let mut left = 3;
        let found = patiently("the chain", &shutdown, async || {
            left -= 1;
            if left > 0 { Err(Failure::unreachable("away")) } else { Ok(7) }
        });
        assert_eq!(found.await.unwrap(), Some(7));
        let refused = patiently("the chain", &shutdown, async || Err::<(), _>(Failure::bad_input("another chain"))).await;
        assert_eq!(failure::exit(&refused.unwrap_err()), Exit::BadInput);
        shutdown.cancel();
        let stopped = patiently("the chain", &shutdown, async || Err::<(), _>(Failure::unreachable("away"))).await;
        assert_eq!(stopped.unwrap(), None);
    }
}
