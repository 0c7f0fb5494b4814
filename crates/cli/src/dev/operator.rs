//! The operator's listener of a development stack, with the operators' page: `linkpool scale up 1 --wait` in the same folder finds it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use linkpool_api::operator::{FleetRules, OperatorToken, serve};
use linkpool_db::Database;
use tokio::{net::TcpListener, task::JoinSet};
use tokio_util::sync::CancellationToken;

use super::arguments::Arguments;
use crate::config::Config;

/// Starts the listener and returns its address and its token, which lies in `folder`.
pub async fn spawn(
    roles: &mut JoinSet<Result<()>>,
    (arguments, config): (&Arguments, &Config),
    database: &Database,
    folder: &Path,
    shutdown: &CancellationToken,
) -> Result<(String, OperatorToken)> {
    let token = OperatorToken::read_or_create(&token_file(folder))?;
    let any = ("127.0.0.1", 0);
    // Stacks that go away again leave the usual port to the one that stays; whoever comes second takes any.
    let listener =
        if arguments.ephemeral { TcpListener::bind(any).await } else { TcpListener::bind(config.operator.listen).await };
    let listener = match listener {
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => TcpListener::bind(any).await,
        listener => listener,
    };
    let listener = listener.context("listening for the operator's calls")?;
    let url = format!("http://{}", listener.local_addr()?);
    let (rollout, scales_by_itself) = (config.rollout.rules(None), config.autoscale.enabled);
    let rules = FleetRules { rollout, scales_by_itself, ..FleetRules::new(arguments.proof_mode()) };
    let (shown, database, shutdown) = (token.clone(), database.clone(), shutdown.clone());
    roles.spawn(async move { serve((token, rules), database, listener, shutdown).await.context("serving the operator's calls") });
    Ok((url, shown))
}

/// Where the token of a stack with this folder lies.
pub fn token_file(folder: &Path) -> PathBuf {
    folder.join("operator-token")
}
