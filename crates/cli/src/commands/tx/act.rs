//! `linkpool tx bump|cancel|resend`: asks whoever drives the signer, or drives it where nobody does.

use std::time::Duration;

use anyhow::Result;
use clap::Args;
use linkpool_db::{
    Database,
    tx::{NonceAction, RequestState, RequestStatus, TransactionView},
};
use linkpool_primitives::checksum;
use linkpool_tx_manager::{Sender, Until};
use serde_json::json;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::find::find;
use crate::{
    commands::{
        connect,
        signing::{By, SignerArguments},
    },
    config::Config,
    failure::Failure,
    flags::Json,
    output::answer,
    shutdown,
};

const POLL_INTERVAL: Duration = Duration::from_millis(200);

#[derive(Debug, Args)]
pub struct Act {
    /// Its number, a transaction hash, or its idempotency key
    transaction: String,
    #[command(flatten)]
    signer: SignerArguments,
    /// Say what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Longest wait, in seconds; what was asked for stays asked for
    #[arg(long, default_value_t = 120, value_name = "SECONDS")]
    timeout: u64,
    #[command(flatten)]
    json: Json,
}

pub async fn run(config: &Config, options: &Act, action: NonceAction) -> Result<()> {
    let database = connect::database(config).await?;
    let transaction = find(&database, &options.transaction).await?;
    let planned = transaction.plan(action).map_err(Failure::refused)?;
    if options.dry_run {
        return say(options, &transaction, action, &format!("would {planned}"));
    }
    let stop = shutdown::token_within(options.timeout)?;
    let actor = actor();
    if transaction.nonce.is_none() && database.cancel_queued(transaction.id, &actor).await? {
        return say(options, &transaction, action, "cancelled before it had a nonce: nothing was sent");
    }
    // It may have got a nonce between the two looks.
    let transaction = find(&database, &transaction.id.to_string()).await?;
    let Some(nonce) = transaction.nonce else { return Err(Failure::refused(transaction.too_late())) };
    let answer = match own_sender(config, options, &database, &transaction).await? {
        Some(sender) => sender.request_nonce_action(nonce, action, &actor, &stop).await?,
        None => ask(&database, &transaction, nonce, action, &actor, &stop).await?,
    };
    let answer = answer.ok_or_else(|| {
        Failure::timed_out("it was not done in time; it stays asked for: `linkpool tx show` tells when it is done")
    })?;
    if !is_done(action, &answer) {
        return Err(Failure::refused(format!("{} was not done: {answer}", action.as_str())));
    }
    if action == NonceAction::Cancel {
        return cancelled(config, options, &database, &transaction, &stop).await;
    }
    say(options, &transaction, action, &answer)
}

/// Whether the answer says that it was done; every other answer says why not. Where the nonce is mined before it can be
/// cancelled, what mined it is looked at next.
fn is_done(action: NonceAction, answer: &str) -> bool {
    let signed = answer.starts_with("signed as attempt");
    match action {
        NonceAction::Bump => signed,
        NonceAction::Cancel => signed || answer.starts_with("one that uses the nonce up") || answer.starts_with("too late"),
        NonceAction::Resend => answer == "sent again",
    }
}

/// A sender with the transaction's own key, if that is the key that was given.
async fn own_sender(
    config: &Config,
    options: &Act,
    database: &Database,
    transaction: &TransactionView,
) -> Result<Option<Sender>> {
    if !options.signer.is_given(config) {
        return Ok(None);
    }
    let signer = options.signer.signer(config, By::Registrar).await?;
    if signer.address() != transaction.account.address {
        return Ok(None);
    }
    let chain = connect::chain(config).await?;
    Ok(Some(Sender::new(config.transactions.settings()?, database.clone(), chain, signer)))
}

/// Without the key: the role that drives the signer does it.
async fn ask(
    database: &Database,
    transaction: &TransactionView,
    nonce: u64,
    action: NonceAction,
    actor: &str,
    stop: &CancellationToken,
) -> Result<Option<String>> {
    let account = transaction.account;
    let is_driven = async || Ok::<bool, anyhow::Error>(database.signer_state(&account).await?.is_some_and(|state| state.driven));
    let nobody = || {
        Failure::refused(format!(
            "no role drives {} at the moment, and its key was not given: start the role, or pass --keystore and --password-file",
            checksum(&account.address)
        ))
    };
    if !is_driven().await? {
        return Err(nobody());
    }
    let request = database
        .request_nonce_action(&account, nonce, action, actor)
        .await?
        .ok_or_else(|| Failure::refused(transaction.too_late()))?;
    while !stop.is_cancelled() {
        // In this order: whoever answers last may end right after. One that was killed keeps its lease for some seconds.
        let is_driven = is_driven().await?;
        if let Some(answer) = database.nonce_request_answer(request).await? {
            return Ok(Some(answer));
        }
        if !is_driven {
            // Whoever comes next must not be surprised by it.
            database.answer_nonce_request(request, "withdrawn: no role drove the signer").await?;
            return Err(nobody());
        }
        sleep(POLL_INTERVAL).await;
    }
    Ok(None)
}

/// Waits for the block that decides the race.
async fn cancelled(
    config: &Config,
    options: &Act,
    database: &Database,
    transaction: &TransactionView,
    stop: &CancellationToken,
) -> Result<()> {
    match own_sender(config, options, database, transaction).await? {
        Some(sender) => {
            sender.drive(transaction.id, Until::Mined, stop).await?;
        }
        None => {
            while !stop.is_cancelled() && status(database, transaction).await?.state == RequestState::Assigned {
                sleep(POLL_INTERVAL).await;
            }
        }
    }
    let status = status(database, transaction).await?;
    match (status.state, status.receipt) {
        (RequestState::Cancelled, _) => {
            say(options, transaction, NonceAction::Cancel, "cancelled: its nonce was used up for nothing")
        }
        (RequestState::Assigned, _) => {
            Err(Failure::timed_out("one that cancels it is on its way; `linkpool tx show` tells which of them is mined"))
        }
        (RequestState::Queued, _) => {
            Err(Failure::refused("something else used its nonce, and it waits for another: the same command takes it out"))
        }
        (_, Some(_)) => Err(Failure::refused("too late: the transaction itself was mined first")),
        (_, None) => Err(Failure::refused(status.last_error.unwrap_or_else(|| "no reason was recorded".into()))),
    }
}

async fn status(database: &Database, transaction: &TransactionView) -> Result<RequestStatus> {
    let status = database.request_status(transaction.id).await?;
    status.ok_or_else(|| Failure::refused("the transaction is not in the database any more"))
}

fn say(options: &Act, transaction: &TransactionView, action: NonceAction, answer: &str) -> Result<()> {
    if options.json.json {
        let dry_run = options.dry_run;
        answer!("{}", json!({ "id": transaction.id, "action": action.as_str(), "dry_run": dry_run, "answer": answer }));
    } else {
        answer!("transaction {}: {answer}", transaction.id);
    }
    Ok(())
}

/// Who asked, for the record.
fn actor() -> String {
    let user = std::env::var("USER").ok().filter(|user| !user.is_empty());
    format!("{} (linkpool tx)", user.unwrap_or_else(|| "somebody".into()))
}
