//! `linkpool guard report | status`

mod status;

use alloy::sol_types::SolCall;
use anyhow::Result;
use clap::{Args, Subcommand};
use linkpool_contracts::pool;
use linkpool_primitives::checksum;
use linkpool_tx_manager::TransactionKind;

use super::{
    connect,
    sending::{self, Call, Sending},
    signing::By,
};
use crate::config::{Config, keys::Key};

#[derive(Debug, Subcommand)]
pub enum Guard {
    /// Report the size of the oracle network, with the key of keys.reporter
    Report(Report),
    /// Show whether a node may be registered, and the numbers that decide it
    Status(crate::flags::Json),
}

#[derive(Debug, Args)]
pub struct Report {
    /// Nodes in the oracle network
    #[arg(long, value_name = "NODES")]
    size: u32,
    #[command(flatten)]
    sending: Sending,
}

pub async fn run(config: &Config, command: &Guard) -> Result<()> {
    match command {
        Guard::Report(options) => report(config, options).await,
        Guard::Status(options) => status::run(config, options).await,
    }
}

/// The report that it follows is its occasion: the same size may be reported again when that has been mined.
async fn report(config: &Config, options: &Report) -> Result<()> {
    let chain = options.sending.chain(config).await?;
    let pool = connect::pool_on(config, chain.as_ref()).await?;
    let occasion = match &chain {
        Some(chain) => chain.call(pool, &pool::registryCall {}).await?.reportedAt.to_string(),
        None => String::new(),
    };
    let call = Call {
        kind: TransactionKind::Report,
        to: pool,
        data: pool::reportNetworkCall { size: options.size }.abi_encode(),
        description: format!("StakingPool.reportNetwork: {} nodes, to the pool {}", options.size, checksum(&pool)),
        occasion,
        probe: None,
    };
    sending::run(config, &options.sending, (chain, By::Key(Key::Reporter)), async |_| Ok(call.clone())).await
}
