//! `linkpool node retire`: for ever, so it is signed by the owner or the guardian and never by the registrar.

use std::sync::Arc;

use alloy::{
    primitives::{U256, hex},
    sol_types::SolCall,
};
use anyhow::Result;
use clap::Args;
use linkpool_chain::Chain;
use linkpool_contracts::{
    pool::{nodeAtCall, nodeCountCall, nodeOfCall, retireNodeCall},
    refusal,
};
use linkpool_primitives::{Address, NodeStatus, checksum};
use linkpool_registrar::{IntentKind, Sender, Signer, Until};
use serde_json::json;

use crate::{
    commands::{
        connect,
        sending::{
            Call,
            key::{self, Known},
            require_in_step, settled,
        },
        signing::SignerArguments,
    },
    config::Config,
    failure::Failure,
    flags::{Json, address},
    output::answer,
    shutdown,
};

#[derive(Debug, Args)]
pub struct Retire {
    /// The node's wallet
    #[arg(value_parser = address)]
    wallet: Address,
    /// Print the call for a multisig or timelock to send, and send nothing
    #[arg(long)]
    calldata: bool,
    /// Say what would be done, and do nothing
    #[arg(long, conflicts_with = "calldata")]
    dry_run: bool,
    /// Seconds to wait for its block
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,
    #[command(flatten)]
    signer: SignerArguments,
    #[command(flatten)]
    json: Json,
}

pub async fn run(config: &Config, options: &Retire) -> Result<()> {
    let chain = connect::chain(config).await?;
    // The call alone needs no database, where the contract is named.
    let pool = match config.pool()? {
        Some(pool) => pool,
        None => connect::pool(config, &connect::database(config).await?).await?,
    };
    let index = index(&chain, pool, options.wallet).await?;
    let data = retireNodeCall { node: options.wallet, index: U256::from(index) }.abi_encode();
    if options.calldata {
        return print_call(options, pool, &data);
    }
    let signer = options.signer.signer(config)?;
    simulate(&chain, signer.address(), pool, &data).await?;
    let shown = checksum(&options.wallet);
    if options.dry_run {
        return say(options, &format!("would retire {shown}, signed by {}", checksum(&signer.address())), None);
    }
    let database = connect::database(config).await?;
    let stop = shutdown::token_within(options.timeout)?;
    let sender = Sender::new(config.transactions.settings()?, database.clone(), chain.clone(), Arc::new(signer));
    let call = Call {
        kind: IntentKind::Retire,
        to: pool,
        data,
        words: format!("StakingPool.retireNode: ends node {shown} for ever"),
        occasion: String::new(),
        probe: None,
    };
    let id = match key::find(&database, &sender.account(), &call, None).await? {
        Known::Open { id } | Known::Done { id } => id,
        Known::New { key } => {
            require_in_step(&database, &chain, &sender.account()).await?;
            sender.submit(&key, &call.intent()).await?
        }
    };
    match settled(&sender.drive(id, Until::Mined, &stop).await?, options.timeout)? {
        Some(mined) => {
            let hash = mined.transaction_hash.to_string();
            say(options, &format!("retired {shown} in block {}", mined.block_number), Some(&hash))
        }
        None => say(options, &format!("{shown} is retired already"), None),
    }
}

/// The node's place in the contract's list, which the call must name.
async fn index(chain: &Chain, pool: Address, wallet: Address) -> Result<u64> {
    let block = chain.heads().await?.head.hash;
    let status = NodeStatus::of_wallet(chain.call_at(pool, &nodeOfCall { node: wallet }, block).await?.status)?;
    match status {
        None => return Err(Failure::refused(format!("the contract has no node with the wallet {}", checksum(&wallet)))),
        Some(NodeStatus::Retired) => return Err(Failure::refused(format!("{} is retired already", checksum(&wallet)))),
        Some(NodeStatus::Active | NodeStatus::Closed) => {}
    }
    let count = u64::try_from(chain.call_at(pool, &nodeCountCall {}, block).await?)?;
    let calls: Vec<nodeAtCall> = (0..count).map(|index| nodeAtCall { index: U256::from(index) }).collect();
    let entries = chain.call_many_at(pool, &calls, block).await?;
    let found = (0..count).zip(&entries).find(|(_, entry)| entry.wallet == wallet);
    found.map(|(index, _)| index).ok_or_else(|| Failure::refused("the contract's list does not have the node"))
}

/// Asks the contract first: what it refuses costs nothing, and is said in its own sentence.
async fn simulate(chain: &Chain, from: Address, pool: Address, data: &[u8]) -> Result<()> {
    match chain.simulate(from, pool, data.to_vec()).await {
        Ok(_) => Ok(()),
        Err(linkpool_chain::Error::Reverted { message, data }) => {
            let sentence = refusal(&data).map_or(message, |(_, sentence)| sentence);
            Err(Failure::refused(format!("the contract refuses: {sentence}")))
        }
        Err(error) => Err(error.into()),
    }
}

fn print_call(options: &Retire, pool: Address, data: &[u8]) -> Result<()> {
    let data = hex::encode_prefixed(data);
    if options.json.json {
        answer!("{}", json!({ "to": checksum(&pool), "value": "0", "data": data }));
    } else {
        answer!("to    {}\nvalue 0\ndata  {data}", checksum(&pool));
    }
    Ok(())
}

fn say(options: &Retire, sentence: &str, hash: Option<&str>) -> Result<()> {
    if options.json.json {
        let wallet = checksum(&options.wallet);
        answer!("{}", json!({ "wallet": wallet, "dry_run": options.dry_run, "transaction_hash": hash, "answer": sentence }));
    } else {
        answer!("{sentence}{}", hash.map(|hash| format!(", transaction {hash}")).unwrap_or_default());
    }
    Ok(())
}
