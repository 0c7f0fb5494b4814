//! The role `earnings` on a development stack, where nobody waits a day: what waits is passed on as soon as it is final.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result};
use linkpool_chain::Chain;
use linkpool_db::Database;
use linkpool_earnings::{EarningsConfig, Rules};
use linkpool_health::Heartbeat;
use linkpool_primitives::JUELS_PER_LINK;
use linkpool_testkit::fixture::Contracts;
use linkpool_tx_manager::{Limits, LocalSigner, Sender, Signer as _, TransactionConfig};
use tokio_util::sync::CancellationToken;

/// A key of its own, so that nobody else sends from its account: public, and worth nothing anywhere else.
const KEY: &str = "0x00000000000000000000000000000000000000000000000000000000ea41ed01";
const GAS_WEI: u128 = 10u128.pow(19);
const POLL_INTERVAL: Duration = Duration::from_millis(100);
const LOOK_INTERVAL: Duration = Duration::from_secs(1);
/// Between two of the same source, so that a watcher sees them come.
const PASS_INTERVAL: Duration = Duration::from_secs(30);

/// Gives the role's account ether and runs it until `shutdown`. Needs a chain that does what it is told.
pub async fn run(chain: Chain, database: Database, contracts: Contracts, shutdown: CancellationToken) -> Result<()> {
    let signer = LocalSigner::from_key(KEY)?;
    chain.set_balance(signer.address(), GAS_WEI).await?;
    let transactions = TransactionConfig { limits: Limits::none(), poll_interval: POLL_INTERVAL, ..TransactionConfig::default() };
    let rules = Rules { least_juels: JUELS_PER_LINK / 100, interval: PASS_INTERVAL, latest: PASS_INTERVAL, ..Rules::default() };
    let settings = EarningsConfig {
        rules,
        transactions: transactions.clone(),
        look_interval: LOOK_INTERVAL,
        ..EarningsConfig::new(contracts.pool, contracts.earnings_factory)
    };
    let sender = Sender::new(transactions, database.clone(), chain.clone(), Arc::new(signer));
    linkpool_earnings::run(settings, (chain, database), sender, Heartbeat::default(), shutdown)
        .await
        .context("passing on what the nodes earn")
}
