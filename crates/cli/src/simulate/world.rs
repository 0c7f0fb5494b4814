//! The parts of a simulation: a chain with the real contract, a database, the indexer, the registrar, and the fleet.

use std::{sync::Arc, time::Duration};

use alloy::sol_types::SolCall;
use anyhow::{Context, Result};
use linkpool_chain::{Chain, Endpoint};
use linkpool_chainlink::{SealKey, Secret};
use linkpool_contracts::pool::reportNetworkCall;
use linkpool_db::{Connect, Database};
use linkpool_fleet::FleetConfig;
use linkpool_registrar::RegistrarConfig;
use linkpool_standin_node::{DevelopmentChain, Host};
use linkpool_testkit::{
    Anvil, AnvilOptions, Postgres, PostgresOptions, Tools,
    fixture::{Accounts, Contracts},
};
use linkpool_tx_manager::{Limits, LocalSigner, TransactionConfig};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{
    arguments::{Arguments, NODE_CONNECTIONS},
    nodes::SimulatedNodes,
};

const POLL_INTERVAL: Duration = Duration::from_millis(100);
/// Account 4 of anvil's default mnemonic: public, and worth nothing anywhere else.
const REGISTRAR_KEY: &str = "0x47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a";

pub struct World {
    pub chain: Chain,
    pub database: Database,
    pub accounts: Accounts,
    pub contracts: Contracts,
    roles: JoinSet<Result<()>>,
    shutdown: CancellationToken,
    anvil: Anvil,
    postgres: Postgres,
}

impl World {
    pub async fn start(arguments: &Arguments) -> Result<Self> {
        let tools = Tools::find()?;
        let postgres = Postgres::start(&tools, &PostgresOptions::default()).await?;
        let (url, nodes_url) = (postgres.create_database("linkpool")?, postgres.create_database("linkpool_nodes")?);
        let database = Database::connect(&Connect::new(&url).patient()).await?;
        database.migrate().await?;
        let anvil =
            Anvil::start(&tools, &AnvilOptions { block_time: Some(arguments.block()), ..AnvilOptions::default() }).await?;
        let endpoint = Endpoint::new(anvil.http_url())?.patient().with_ws(anvil.ws_url())?;
        let chain = Chain::connect(&endpoint, None).await?;
        let accounts = Accounts::of(&chain).await?;
        let contracts = Contracts::deploy(&chain, &accounts).await.context("deploying")?;
        linkpool_indexer::follow(&chain, &database, contracts.pool, contracts.deploy_block).await?;
        let (roles, shutdown) = (JoinSet::new(), CancellationToken::new());
        let mut world = Self { chain, database, accounts, contracts, roles, shutdown, anvil, postgres };
        world.report(arguments.network).await?;
        world.index();
        world.run_nodes(arguments, &Secret::new(nodes_url)).await?;
        Ok(world)
    }

    /// The size of the oracle network, by the account that may report it.
    pub async fn report(&self, size: u32) -> Result<()> {
        let call = reportNetworkCall { size }.abi_encode();
        self.chain.send_unlocked(self.accounts.reporter, Some(self.contracts.pool), call).await.context("reporting")?;
        Ok(())
    }

    /// A role that ended by itself, as the error that it ended with.
    pub fn check(&mut self) -> Result<()> {
        match self.roles.try_join_next() {
            None => Ok(()),
            Some(ended) => {
                ended.context("a role panicked")??;
                anyhow::bail!("a role ended by itself")
            }
        }
    }

    /// Everything goes with it.
    pub async fn stop(mut self) {
        self.shutdown.cancel();
        while self.roles.join_next().await.is_some() {}
        self.database.close().await;
        self.anvil.stop().await;
        self.postgres.stop().await;
    }

    fn index(&mut self) {
        let settings = linkpool_indexer::Config { pool: self.contracts.pool, range: 10_000, poll: POLL_INTERVAL };
        let (chain, database, shutdown) = (self.chain.clone(), self.database.clone(), self.shutdown.clone());
        self.roles.spawn(async move {
            let (tell, standing) = (linkpool_indexer::log_lines, linkpool_indexer::Standing::default());
            linkpool_indexer::run_observed(settings, chain, database, shutdown, tell, standing).await.context("indexing")
        });
    }

    async fn run_nodes(&mut self, arguments: &Arguments, nodes_url: &Secret) -> Result<()> {
        let chain_id = self.chain.chain_id();
        let host = Host::connect(nodes_url, NODE_CONNECTIONS).await?;
        let backend = Arc::new(SimulatedNodes::new(host, DevelopmentChain::named(chain_id, &[chain_id])?));
        let seal_key = SealKey::parse(SealKey::generate().expose())?;
        let fleet = FleetConfig { autoscale: Some(arguments.rules()), ..FleetConfig::new(seal_key.clone()) };
        let (database, token) = (self.database.clone(), self.shutdown.clone());
        self.roles.spawn(async move { linkpool_fleet::run(fleet, database, backend, token).await.context("running the fleet") });
        let transactions =
            TransactionConfig { limits: Limits::none(), poll_interval: POLL_INTERVAL, ..TransactionConfig::default() };
        let settings = RegistrarConfig { transactions, seal_key: Some(seal_key), ..RegistrarConfig::new(self.contracts.pool) };
        let signer = Arc::new(LocalSigner::from_key(REGISTRAR_KEY)?);
        let (chain, database, token) = (self.chain.clone(), self.database.clone(), self.shutdown.clone());
        self.roles.spawn(async move {
            linkpool_registrar::run(settings, database, chain, signer, token).await.context("registering nodes")
        });
        Ok(())
    }
}
