//! `linkpool tx`: what was sent, how far it is, and what a person wants done about it.

mod act;
mod find;
mod print;

use anyhow::Result;
use clap::{Args, Subcommand};
use linkpool_db::{
    Database,
    tx::{Account, NonceAction, TransactionFilter},
};
use linkpool_primitives::Address;
use serde_json::Value;

use self::{act::Act, find::find};
use super::connect;
use crate::{
    config::Config,
    failure::Failure,
    flags::{Json, address},
    output::answer,
};

#[derive(Debug, Subcommand)]
pub enum Tx {
    /// List transactions, newest first; those under way, unless --all
    List(List),
    /// Show one: state, nonce, everything that was signed for it
    Show(Show),
    /// Replace its last bytes by some that pay more, now
    Bump(Act),
    /// Use its nonce up for nothing, if it is not mined first
    Cancel(Act),
    /// Send its last bytes again, now
    Resend(Act),
}

#[derive(Debug, Args)]
pub struct List {
    /// Settled ones, too
    #[arg(long)]
    all: bool,
    /// Only those of this account
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    signer: Option<Address>,
    /// Only those for this node
    #[arg(long, value_name = "NODE")]
    node: Option<String>,
    /// Most that are listed, up to 1000
    #[arg(long, default_value_t = 50, value_name = "N")]
    limit: u16,
    #[command(flatten)]
    json: Json,
}

#[derive(Debug, Args)]
pub struct Show {
    /// Its number, a transaction hash, or its idempotency key
    transaction: String,
    #[command(flatten)]
    json: Json,
}

pub async fn run(config: &Config, command: &Tx) -> Result<()> {
    match command {
        Tx::List(options) => list(config, options).await,
        Tx::Show(options) => show(config, options).await,
        Tx::Bump(options) => act::run(config, options, NonceAction::Bump).await,
        Tx::Cancel(options) => act::run(config, options, NonceAction::Cancel).await,
        Tx::Resend(options) => act::run(config, options, NonceAction::Resend).await,
    }
}

async fn list(config: &Config, options: &List) -> Result<()> {
    let database = connect::database(config).await?;
    let account = match options.signer {
        None => None,
        Some(address) => Some(Account { chain_id: chain_id(config, &database).await?, address }),
    };
    let filter = TransactionFilter { account, open: !options.all, node_id: options.node.clone(), limit: options.limit };
    let transactions = database.transactions(&filter).await?;
    if options.json.json {
        answer!("{}", Value::from(transactions.iter().map(print::json).collect::<Vec<_>>()));
    } else if transactions.is_empty() {
        answer!("no transactions{}", if options.all { "" } else { " are under way; --all shows the settled ones" });
    } else {
        print::table(&transactions);
    }
    Ok(())
}

async fn show(config: &Config, options: &Show) -> Result<()> {
    let database = connect::database(config).await?;
    let transaction = find(&database, &options.transaction).await?;
    let attempts = database.attempts_of(transaction.id).await?;
    let requests = database.nonce_requests_of(transaction.id).await?;
    if options.json.json {
        answer!("{}", print::details_json(&transaction, &attempts, &requests));
    } else {
        print::details(&transaction, config.currency()?, &attempts, &requests);
    }
    Ok(())
}

/// The configured chain, or the one that the database follows.
async fn chain_id(config: &Config, database: &Database) -> Result<u64> {
    if let Some(id) = config.chain_id() {
        return Ok(id);
    }
    let known = database.deployment().await?.map(|deployment| deployment.chain_id);
    known.ok_or_else(|| Failure::bad_input("which chain? pass --chain-id ID, or set chain.chain_id in linkpool.toml"))
}
