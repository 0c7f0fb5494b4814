//! `linkpool signer`: the account that sends, and the database's idea of it.

use alloy::primitives::utils::format_ether;
use anyhow::Result;
use clap::{Args, Subcommand};
use linkpool_chain::Chain;
use linkpool_db::{
    Database,
    tx::{Account, SignerState},
};
use linkpool_primitives::{Address, checksum};
use linkpool_tx_manager::TransactionConfig;
use serde_json::json;

use super::{
    connect,
    signing::{By, SignerArguments},
};
use crate::{
    config::Config,
    failure::Failure,
    flags::{Json, address},
    output::answer,
};

#[derive(Debug, Subcommand)]
pub enum Signer {
    /// Print the account's address
    Address(Which),
    /// Print its balance
    Balance(Which),
    /// Compare the database's nonces with the chain's; exit 3 if nothing can be sent
    Status(Which),
    /// Go on after a restored database: take the chain's nonce for the next one
    Resync(Resync),
}

#[derive(Debug, Args)]
pub struct Which {
    /// The account, where its key is not at hand
    #[arg(long, value_name = "ADDRESS", value_parser = address, conflicts_with_all = ["keystore", "aws_kms"])]
    address: Option<Address>,
    #[command(flatten)]
    signer: SignerArguments,
    #[command(flatten)]
    json: Json,
}

#[derive(Debug, Args)]
pub struct Resync {
    #[command(flatten)]
    which: Which,
    /// Say what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
}

impl Which {
    async fn account(&self, config: &Config) -> Result<Address> {
        match self.address {
            Some(address) => Ok(address),
            None => Ok(self.signer.signer(config, By::Registrar).await?.address()),
        }
    }
}

pub async fn run(config: &Config, command: &Signer) -> Result<()> {
    match command {
        Signer::Address(which) => {
            let shown = checksum(&which.account(config).await?);
            if which.json.json {
                answer!("{}", json!({ "address": shown }))
            } else {
                answer!("{shown}")
            }
            Ok(())
        }
        Signer::Balance(which) => balance(config, which).await,
        Signer::Status(which) => status(config, which).await,
        Signer::Resync(options) => resync(config, options).await,
    }
}

async fn balance(config: &Config, which: &Which) -> Result<()> {
    let address = which.account(config).await?;
    let wei = connect::chain(config).await?.balance(address).await?;
    if which.json.json {
        answer!("{}", json!({ "address": checksum(&address), "balance_wei": wei.to_string() }));
    } else {
        answer!("{} {}", format_ether(wei), config.currency()?);
    }
    Ok(())
}

async fn status(config: &Config, which: &Which) -> Result<()> {
    let address = which.account(config).await?;
    let (chain, database) = (connect::chain(config).await?, connect::database(config).await?);
    let (account, nonce, state) = known(&chain, &database, address).await?;
    let balance_wei = chain.balance(address).await?;
    if which.json.json {
        answer!(
            "{}",
            json!({
                "address": checksum(&address), "chain_id": account.chain_id, "balance_wei": balance_wei.to_string(), "chain_nonce": nonce,
                "next_nonce": state.next_nonce, "queued": state.queued, "in_flight": state.in_flight, "not_final": state.unfinal,
                "used_elsewhere": state.used_elsewhere, "driven": state.driven, "fees_24h_wei": state.fees_today_wei.to_string(), "halted": state.halted,
            })
        );
    } else {
        let (line, currency) = (|name: &str, value: String| answer!("{name:<12} {value}"), config.currency()?);
        line("address", checksum(&address));
        line("balance", format!("{} {currency}", format_ether(balance_wei)));
        line("nonce", format!("{nonce} on chain, {} is the next in the database", state.next_nonce));
        line("waiting", format!("{} for a nonce, {} for a block, {} for finality", state.queued, state.in_flight, state.unfinal));
        line("used_elsewhere", format!("{} nonces that somebody else used", state.used_elsewhere));
        line("fees", format!("at most {} {currency} within 24 hours", format_ether(state.fees_today_wei)));
        line("driven", if state.driven { "by a role or command that runs".into() } else { "by nobody at the moment".into() });
    }
    match behind(&account, nonce, &state) {
        Some(sentence) => Err(Failure::refused(sentence)),
        None => Ok(()),
    }
}

async fn resync(config: &Config, options: &Resync) -> Result<()> {
    let address = options.which.account(config).await?;
    let (chain, database) = (connect::chain(config).await?, connect::database(config).await?);
    let (account, nonce, state) = known(&chain, &database, address).await?;
    if behind(&account, nonce, &state).is_none() {
        return Err(Failure::refused(format!(
            "nothing to do: the chain is at nonce {nonce}, and the database, at {}, is not behind it",
            state.next_nonce
        )));
    }
    require_final(&chain, address, nonce).await?;
    let (from, to, cancelled) = if options.dry_run {
        (state.next_nonce, nonce, database.unrepeatable_requests(&account).await?)
    } else {
        let done = database.resync_signer(&account, nonce, "linkpool signer resync").await?;
        let done = done.ok_or_else(|| Failure::refused("somebody else has resynced the account meanwhile"))?;
        (done.from_nonce, done.to_nonce, done.cancelled)
    };
    if options.which.json.json {
        answer!(
            "{}",
            json!({
                "address": checksum(&address), "dry_run": options.dry_run, "from_nonce": from, "to_nonce": to,
                "cancelled": cancelled,
            })
        );
        return Ok(());
    }
    let would = if options.dry_run { "would be" } else { "is" };
    answer!("the next nonce {would} {to} instead of {from}");
    if !cancelled.is_empty() {
        let numbers = cancelled.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
        answer!(
            "cancelled{}, because they may have happened already: {numbers}. Look at the chain, then hand in anew what has not.",
            if options.dry_run { " would be" } else { "" }
        );
    }
    Ok(())
}

async fn known(chain: &Chain, database: &Database, address: Address) -> Result<(Account, u64, SignerState)> {
    let account = Account { chain_id: chain.chain_id(), address };
    let nonce = chain.nonce(address).await?;
    let state = database
        .signer_state(&account)
        .await?
        .ok_or_else(|| Failure::bad_input(format!("nothing was ever sent from {} with this database", checksum(&address))))?;
    Ok((account, nonce, state))
}

/// The nonce of the newest block is the highest that any endpoint tells, and the next nonce is never lowered again: were it too
/// high, by a wrong endpoint or a reorg, nothing behind the gap would ever be mined.
async fn require_final(chain: &Chain, address: Address, nonce: u64) -> Result<()> {
    let block = TransactionConfig::default().final_block(&chain.heads().await?);
    let final_nonce = chain.nonce_at(address, block).await?;
    if final_nonce == nonce {
        return Ok(());
    }
    Err(Failure::refused(format!(
        "the chain is at nonce {nonce}, but at {final_nonce} in the final block {block}: repeat when all of it is final, on Ethereum within 20 \
         minutes; where they stay apart, an endpoint is wrong: compare it with an explorer"
    )))
}

/// Why nothing can be sent.
fn behind(account: &Account, nonce: u64, state: &SignerState) -> Option<String> {
    (nonce > state.next_nonce).then(|| {
        format!(
            "{} is at nonce {nonce} on chain and at {} in the database: find out who sent the difference; if the database is an old copy, \
             run `linkpool signer resync`",
            checksum(&account.address),
            state.next_nonce
        )
    })
}
