//! What all commands that call a contract have in common: they show the call, try it, or have it sent once.

mod call;
pub mod key;

use std::sync::Arc;

use anyhow::{Context, Result};
use clap::Args;
use linkpool_chain::{Chain, Draft};
use linkpool_db::{Database, tx::Account};
use linkpool_primitives::{Address, checksum};
use linkpool_tx_manager::{Mined, Outcome, Sender, Signer, Until};
use serde_json::{Value, json};

use key::Known;

pub use call::{Call, Probe};

use super::{
    connect,
    signing::{By, SignerArguments},
};
use crate::{config::Config, failure::Failure, money, output::answer, shutdown};

#[derive(Debug, Args)]
pub struct Sending {
    /// Print the call for a multisig; needs no key and sends nothing
    #[arg(long, conflicts_with_all = ["dry_run", "key", "wait", "keystore"])]
    pub calldata: bool,
    /// With --calldata: the account that will make the call, to try it from there first
    #[arg(long, value_name = "ADDRESS", requires = "calldata", value_parser = crate::flags::address)]
    pub from: Option<Address>,
    #[command(flatten)]
    signer: SignerArguments,
    /// Try the call on the chain's state and show what it costs; sign and send nothing
    #[arg(long)]
    pub dry_run: bool,
    /// The call's name: the same name is made once. Without it the call is known by what it says, so that repeating a command
    /// after a crash goes on with the same transaction; to make the same call a second time on purpose, give it a name
    #[arg(long, value_name = "NAME", value_parser = name)]
    pub key: Option<String>,
    /// Wait until the block is final, not only mined
    #[arg(long)]
    pub wait: bool,
    /// How long to wait, in seconds; afterwards the same command goes on
    #[arg(long, default_value_t = 600, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub timeout: u64,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

impl Sending {
    /// The chain; only where a call is printed can it do without one.
    pub async fn chain(&self, config: &Config) -> Result<Option<Chain>> {
        if self.calldata && !config.has_endpoint() {
            return Ok(None);
        }
        connect::chain(config).await.map(Some)
    }
}

/// Fits the 200 bytes of an idempotency key with everything that stands before it.
fn name(text: &str) -> Result<String, String> {
    let fits = (1..=64).contains(&text.len()) && text.chars().all(|character| !character.is_control());
    if fits { Ok(text.to_owned()) } else { Err("a name has 1 to 64 bytes".into()) }
}

/// Makes the call that `make` gives for an account, or shows it.
pub async fn run(
    config: &Config,
    options: &Sending,
    (chain, by): (Option<Chain>, By),
    make: impl AsyncFn(Option<Address>) -> Result<Call>,
) -> Result<()> {
    if options.calldata {
        return show(options, chain.as_ref(), &make(options.from).await?).await;
    }
    let signer = options.signer.signer(config, by).await?;
    let chain = chain.context("a call that is sent needs a chain")?;
    let call = make(Some(signer.address())).await?;
    if options.dry_run {
        return dry_run(config, options, &chain, signer.address(), &call).await;
    }
    send(config, options, chain, signer, &call).await
}

async fn show(options: &Sending, chain: Option<&Chain>, call: &Call) -> Result<()> {
    if let Some(from) = options.from {
        let chain =
            chain.ok_or_else(|| Failure::bad_input("--from needs the chain: pass --rpc-url URL, or set chain.rpc_url"))?;
        call.rehearse(chain, from).await?;
    }
    let chain_id = chain.map(Chain::chain_id);
    if options.json {
        answer!("{}", call.json(chain_id));
    } else {
        call.print(chain_id);
    }
    Ok(())
}

async fn dry_run(config: &Config, options: &Sending, chain: &Chain, from: Address, call: &Call) -> Result<()> {
    let (usual_tip_wei, currency) = (config.transactions.settings()?.usual_tip_wei, config.currency()?);
    call.rehearse(chain, from).await?;
    let gas = chain.estimate_gas(Draft { from, to: Some(call.to), value_wei: 0, data: &call.data }).await?;
    let fee_wei = chain.market(usual_tip_wei).await?.price_wei();
    let cost = money::ether(fee_wei.saturating_mul(gas.into()));
    if options.json {
        let mut shown = call.json(Some(chain.chain_id()));
        shown["from"] = json!(checksum(&from));
        shown["gas"] = json!(gas);
        shown["cost_eth"] = json!(cost);
        answer!("{shown}");
    } else {
        call.print(Some(chain.chain_id()));
        answer!("from   {}", checksum(&from));
        answer!("cost   {gas} gas at {} gwei: {cost} {currency}", money::gwei(fee_wei));
        answer!("Nothing was signed and nothing was sent.");
    }
    Ok(())
}

async fn send(config: &Config, options: &Sending, chain: Chain, signer: Arc<dyn Signer>, call: &Call) -> Result<()> {
    let database = connect::database(config).await?;
    let sender = Sender::new(config.transactions.settings()?, database.clone(), chain.clone(), signer.clone());
    let known = key::find(&database, &sender.account(), call, options.key.as_deref()).await?;
    let id = match (known, &options.key) {
        (Known::Open { id }, _) => {
            tracing::info!("going on with the transaction that was begun");
            id
        }
        (Known::Done { id }, None) => return Err(done_before(&database, id).await?),
        (Known::Done { id }, Some(_)) => id,
        (Known::New { key }, _) => {
            call.rehearse(&chain, signer.address()).await?;
            require_in_step(&database, &chain, &sender.account()).await?;
            sender.submit(&key, &call.request()).await?
        }
    };
    let shutdown = shutdown::token_within(options.timeout)?;
    let wanted = if options.wait { Until::Final } else { Until::Mined };
    let outcome = sender.drive(id, wanted, &shutdown).await?;
    report(options, &chain, call, &outcome)
}

/// A nonce that the database did not give out stops everything until a person has looked: said at once instead of waited for.
pub async fn require_in_step(database: &Database, chain: &Chain, account: &Account) -> Result<()> {
    let nonce = chain.nonce(account.address).await?;
    match database.signer_state(account).await? {
        Some(state) if nonce > state.next_nonce => Err(Failure::refused(format!(
            "somebody else sends from {}: it is at nonce {nonce} on chain and at {} in the database; look at `linkpool signer status`, then run \
             `linkpool signer resync`",
            checksum(&account.address),
            state.next_nonce
        ))),
        _ => Ok(()),
    }
}

async fn done_before(database: &Database, id: i64) -> Result<anyhow::Error> {
    let view = database.transaction(id).await?;
    let mined_in = view.and_then(|view| Some((view.hash?, view.receipt?.block_number)));
    let mined_in = mined_in.map(|(hash, block)| format!(" by transaction {hash} in block {block}")).unwrap_or_default();
    Ok(Failure::refused(format!(
        "exactly this call was made already{mined_in}; nothing was sent. To make it once more on purpose, give it a name: --key NAME"
    )))
}

fn report(options: &Sending, chain: &Chain, call: &Call, outcome: &Outcome) -> Result<()> {
    let mined = settled(outcome, options.timeout)?;
    if options.json {
        let mut shown = call.json(Some(chain.chain_id()));
        shown["transaction"] = mined.as_ref().map_or(Value::Null, transaction);
        answer!("{shown}");
        return Ok(());
    }
    answer!("{}", call.description);
    match mined {
        Some(mined) => {
            let finality = if mined.is_final { ", final" } else { "" };
            answer!("transaction {} in block {}{finality}, {} gas", mined.transaction_hash, mined.block_number, mined.gas_used);
        }
        None => answer!("it had happened already; nothing was sent"),
    }
    Ok(())
}

fn transaction(mined: &Mined) -> Value {
    json!({
        "hash": mined.transaction_hash, "nonce": mined.nonce, "block_number": mined.block_number,
        "block_hash": mined.block_hash, "gas_used": mined.gas_used, "is_final": mined.is_final,
    })
}

/// The transaction of an outcome that is a success; `None` where none was needed.
///
/// # Errors
/// Exit code 3 for a refusal of any kind, 4 where the time was over first.
pub fn settled(outcome: &Outcome, timeout_seconds: u64) -> Result<Option<Mined>> {
    match outcome {
        Outcome::Mined(mined) => Ok(Some(*mined)),
        Outcome::AlreadyDone => Ok(None),
        Outcome::Refused { reason } => Err(Failure::refused(reason.clone())),
        Outcome::Reverted { mined, reason } => Err(Failure::refused(format!(
            "transaction {} in block {} reverted: {reason}",
            mined.transaction_hash, mined.block_number
        ))),
        Outcome::Cancelled => Err(Failure::refused("the transaction was cancelled: nothing of it has happened")),
        Outcome::Failed { reason } => Err(Failure::refused(reason.clone())),
        Outcome::Unfinished { state, reason } => {
            let why = reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
            Err(Failure::timed_out(format!(
                "not finished after {timeout_seconds} s, the transaction is {}{why}: run the same command again to go on; it is never sent twice",
                state.as_str()
            )))
        }
    }
}
