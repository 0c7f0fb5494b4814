//! `linkpool node retire`: for ever, so it is signed by the owner or the guardian and never by the registrar.

use alloy::{primitives::U256, sol_types::SolCall};
use anyhow::Result;
use clap::Args;
use linkpool_chain::Chain;
use linkpool_contracts::pool::{nodeAtCall, nodeCountCall, nodeOfCall, retireNodeCall};
use linkpool_primitives::{Address, NodeStatus, checksum};
use linkpool_tx_manager::TransactionKind;

use crate::{
    commands::{
        connect, earnings,
        sending::{self, Call, Sending},
        signing::By,
    },
    config::Config,
    failure::Failure,
    flags::address,
    shutdown,
};

#[derive(Debug, Args)]
pub struct Retire {
    /// The node's wallet
    #[arg(value_parser = address)]
    wallet: Address,
    #[command(flatten)]
    sending: Sending,
}

pub async fn run(config: &Config, options: &Retire) -> Result<()> {
    // Also to print the call: it names the node's place in the contract's list.
    let chain = connect::chain(config).await?;
    let pool = connect::pool_on(config, Some(&chain)).await?;
    let index = index(&chain, pool, options.wallet).await?;
    pass_on(config, options, &chain).await?;
    let call = Call {
        kind: TransactionKind::Retire,
        to: pool,
        data: retireNodeCall { node: options.wallet, index: U256::from(index) }.abi_encode(),
        description: format!("StakingPool.retireNode: node {} is retired for ever", checksum(&options.wallet)),
        occasion: String::new(),
        probe: None,
    };
    sending::run(config, &options.sending, (Some(chain), By::Registrar), async |_| Ok(call.clone())).await
}

/// What waits for the node's stakers goes to them by transactions of its own, before the one that retires it: afterwards it would be
/// the sink's. It never holds the retirement up.
async fn pass_on(config: &Config, options: &Retire, chain: &Chain) -> Result<()> {
    if config.earnings_factory()?.is_none() || options.sending.dry_run {
        return Ok(());
    }
    let wallet = checksum(&options.wallet);
    if options.sending.calldata {
        tracing::warn!(
            "before the call is made: `linkpool earnings --send {wallet}`, or what the node has earned since goes to the sink"
        );
        return Ok(());
    }
    let (timeout, shutdown) = (options.sending.timeout, shutdown::token_within(options.sending.timeout)?);
    if let Err(error) = earnings::send(config, chain, options.wallet, (timeout, &shutdown)).await {
        let error = format!("{error:#}");
        tracing::warn!(error, "what the node has earned was not passed on first; it is retired all the same");
    }
    Ok(())
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
