//! Stands between a parent and its anvil, so that a parent that is killed leaves a chain whose state is whole.
//!
//! anvil writes its blocks and its accounts one after the other, and goes on mining in between: a transaction mined there
//! is in one and not in the other, and the chain contradicts its own logs for ever. The keeper gets the signal first, stops
//! the mining, and only then tells anvil to write.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use rustix::process::Signal;
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

use crate::{
    Error, Result,
    anvil::{DUMP_TIMEOUT, LOG, listening_port},
    http,
    process::{ChildOptions, ChildProcess},
};

/// Runs anvil in the current folder until a signal or its own end; its log is `anvil.log`.
pub async fn keep(anvil: &Path, arguments: &[String]) -> Result<()> {
    let [mut terminate, mut interrupt] = [signals(SignalKind::terminate())?, signals(SignalKind::interrupt())?];
    let mut command = Command::new(anvil);
    command.args(arguments);
    let options = ChildOptions { what: "anvil", stop_signal: Signal::TERM, log: PathBuf::from(LOG), lock: None };
    let process = ChildProcess::spawn(command, options)?;
    tokio::select! {
        _ = process.wait() => return Err(process.not_started("it ended")),
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    stop_mining().await;
    process.stop(DUMP_TIMEOUT).await;
    Ok(())
}

fn signals(kind: SignalKind) -> Result<tokio::signal::unix::Signal> {
    signal(kind).map_err(Error::io("listen for signals"))
}

/// If anvil does not answer, it does not mine either; then it is stopped as it is.
async fn stop_mining() {
    let port = std::fs::read_to_string(LOG).ok().as_deref().and_then(listening_port);
    let Some(port) = port else { return };
    for (method, parameters) in [("evm_setIntervalMining", json!([0])), ("evm_setAutomine", json!([false]))] {
        if let Err(error) = http::request(port, method, parameters).await {
            tracing::warn!(%error, method, "the chain goes on mining while its state is written");
        }
    }
}
