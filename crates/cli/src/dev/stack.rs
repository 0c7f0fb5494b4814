//! The parts of a development stack, started in order and stopped in reverse.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result};
use linkpool_api::{ApiConfig, DemoAccount, DevConfig, Limits, operator::OperatorToken};
use linkpool_chain::{Chain, Endpoint};
use linkpool_chainlink::SealKey;
use linkpool_db::{Connect, Database};
use linkpool_fleet::RolloutTimes;
use linkpool_standin_aws::StandinAws;
use linkpool_testkit::{
    Anvil, AnvilOptions, Postgres, PostgresOptions, Tools,
    fixture::{Accounts, Contracts},
};
use tokio::{net::TcpListener, sync::watch, task::JoinSet};
use tokio_util::sync::CancellationToken;

use super::{arguments::Arguments, cloud, earnings, history, nodes, operator, progress::Parts, work};
use crate::{
    commands::listener,
    config::{Config, fleet::Backend},
    failure::Failure,
    flags::Global,
    output::remark,
};

/// Blocks until `safe`; `finalized` is twice as far. Longer than the reorgs of the check, short enough to watch.
const SLOTS_IN_EPOCH: u64 = 8;
/// How long a check sees new replicas waiting, and serving, in a roll-out.
const CHECK_WAITING_TIME: Duration = Duration::from_secs(2);
const CHECK_READY_TIME: Duration = Duration::from_secs(1);
const POLL_INTERVAL: Duration = Duration::from_millis(100);
/// The database is compared with the contract this often: soon enough for the status page to have a result.
const COMPARE: linkpool_indexer::VerificationSchedule =
    linkpool_indexer::VerificationSchedule { every: Duration::from_secs(20), rows: 1_000 };

/// Everything that runs.
pub struct Stack {
    pub url: String,
    pub rpc_url: String,
    /// Where the operator's calls are served, and what allows them.
    pub operator: (String, OperatorToken),
    pub chain: Chain,
    pub database: Database,
    pub contracts: Contracts,
    pub accounts: Accounts,
    /// Opens the nodes' logins.
    pub seal_key: SealKey,
    /// Who pays nodes for their work.
    pub ready: watch::Receiver<work::Ready>,
    /// How long each part took to start, in seconds.
    pub parts: Vec<(&'static str, f64)>,
    /// What the nodes are tasks of, where they are.
    pub aws: Option<Arc<StandinAws>>,
    roles: JoinSet<Result<()>>,
    shutdown: CancellationToken,
    anvil: Option<Anvil>,
    postgres: Option<Postgres>,
    folder: Folder,
}

/// Where the data are: a folder that stays, or one that goes with the stack.
struct Folder {
    path: PathBuf,
    _ephemeral: Option<tempfile::TempDir>,
}

impl Folder {
    fn open(arguments: &Arguments) -> Result<Self> {
        if arguments.ephemeral {
            let folder = tempfile::Builder::new().prefix("linkpool-dev-").tempdir().context("making a temporary folder")?;
            return Ok(Self { path: folder.path().to_owned(), _ephemeral: Some(folder) });
        }
        std::fs::create_dir_all(&arguments.data_dir)
            .with_context(|| format!("making the folder {}", arguments.data_dir.display()))?;
        let path =
            arguments.data_dir.canonicalize().with_context(|| format!("finding the folder {}", arguments.data_dir.display()))?;
        Ok(Self { path, _ephemeral: None })
    }
}

impl Stack {
    pub async fn start(arguments: &Arguments, global: &Global, config: &Config, shutdown: CancellationToken) -> Result<Self> {
        let mut parts = Parts::default();
        // Before anything else, so that a taken port costs nobody a start.
        let listener = listener(arguments.listen.unwrap_or(config.api.listen)).await?;
        let url = format!("http://{}/", listener.local_addr()?);
        let folder = Folder::open(arguments)?;
        let (postgres, database_url) = parts.time("database", database_server(arguments, global, &folder.path)).await?;
        keep_database_url(&folder.path, &database_url)?;
        let database = parts.time("migrations", connected(&database_url)).await?;
        let (anvil, rpc_url) = parts.time("chain", chain_server(arguments, global, &folder.path)).await?;
        let endpoint = match &anvil {
            Some(anvil) => Endpoint::new(&rpc_url)?.patient().with_ws(anvil.ws_url())?,
            None => Endpoint::new(&rpc_url)?,
        };
        let chain = Chain::connect(&endpoint, config.chain_id()).await?;
        let development = nodes::development_chain(&chain, anvil.is_some(), config)?;
        let seal_key = nodes::seal_key(&folder.path)?;
        let accounts = Accounts::of(&chain).await?;
        let contracts = parts.time("contracts", Contracts::find_or_deploy(&chain, &accounts, &folder.path)).await?;
        let past = match &anvil {
            Some(_) => parts.time("history", history::make(&chain, &accounts, &contracts, arguments.block_time)).await?,
            None => Vec::new(),
        };
        let is_ours = postgres.is_some() && anvil.is_some();
        parts.time("index", follow(&chain, &database, &contracts, is_ours)).await?;
        let mut roles = JoinSet::new();
        spawn_indexer(&mut roles, &chain, &database, &contracts, &shutdown);
        parts.time("past nodes", history::adopt(&past, &chain, &database)).await?;
        spawn_api(
            &mut roles,
            listener,
            &database,
            api_config(config, &rpc_url, &accounts, contracts.earnings_factory),
            &shutdown,
        );
        let operator = operator::spawn(&mut roles, (arguments, config), &database, &folder.path, &shutdown).await?;
        let aws = aws(arguments, postgres.as_ref(), &folder.path).await?;
        if aws.is_some() {
            cloud::allow_payments(&chain, &contracts).await?;
        }
        let ws_url = anvil.as_ref().map(Anvil::ws_url);
        let at = (chain.chain_id(), rpc_url.as_str(), ws_url.as_deref());
        let cloud = aws.as_ref().map(|aws| cloud::backend(aws, &database_url, at)).transpose()?;
        let environment = nodes::NodeEnvironment {
            chain: development,
            rpc_url: &rpc_url,
            folder: &folder.path,
            seal_key: seal_key.clone(),
            rules: (rollout_times(arguments, config), config.autoscale.rules(arguments.proof_mode(), None)),
            cloud,
        };
        nodes::spawn(&mut roles, &chain, (&database, &database_url), &contracts, environment, &shutdown).await?;
        parts.time("nodes", nodes::ensure_first(&database, arguments.proof_mode())).await?;
        let at_work = work::WorkEnvironment {
            chain: chain.clone(),
            database: database.clone(),
            accounts: accounts.clone(),
            contracts: contracts.clone(),
            folder: folder.path.clone(),
        };
        let ready = work::spawn(&mut roles, at_work, !arguments.check, &shutdown);
        // The check starts it when it has seen what waits.
        if anvil.is_some() && !arguments.check {
            roles.spawn(earnings::run(chain.clone(), database.clone(), contracts.clone(), shutdown.clone()));
        }
        let parts = parts.0;
        Ok(Self {
            url,
            rpc_url,
            operator,
            chain,
            database,
            contracts,
            accounts,
            seal_key,
            ready,
            parts,
            aws,
            roles,
            shutdown,
            anvil,
            postgres,
            folder,
        })
    }

    /// Where the operator's token lies.
    pub fn token_file(&self) -> PathBuf {
        operator::token_file(&self.folder.path)
    }

    /// Until Ctrl-C, or until a role ends by itself, which is an error.
    pub async fn wait(&mut self) -> Result<()> {
        match self.roles.join_next().await {
            Some(ended) => {
                ended.context("a role panicked")??;
                anyhow::ensure!(self.shutdown.is_cancelled(), "a role ended by itself");
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Stops the roles, then the chain, which writes its state, then the database.
    pub async fn stop(mut self) {
        self.shutdown.cancel();
        while self.roles.join_next().await.is_some() {}
        self.database.close().await;
        // Its tasks end with it.
        drop(self.aws.take());
        if let Some(anvil) = self.anvil.take() {
            anvil.stop().await;
        }
        if let Some(postgres) = self.postgres.take() {
            postgres.stop().await;
        }
    }
}

async fn database_server(arguments: &Arguments, global: &Global, folder: &Path) -> Result<(Option<Postgres>, String)> {
    // The check and a throw-away stack never touch what somebody keeps, whatever the environment names.
    if let Some(url) = global.database_url.as_ref().filter(|_| !arguments.ephemeral) {
        return Ok((None, url.expose().to_owned()));
    }
    let data_dir = (!arguments.ephemeral).then(|| folder.join("postgres"));
    let options = PostgresOptions { data_dir, durable: !arguments.ephemeral, ..PostgresOptions::default() };
    let postgres = Postgres::start(&Tools::find()?, &options).await?;
    let url = postgres.create_database("linkpool")?;
    Ok((Some(postgres), url))
}

/// A stand-in for AWS, where the nodes are to run there.
async fn aws(arguments: &Arguments, postgres: Option<&Postgres>, folder: &Path) -> Result<Option<Arc<StandinAws>>> {
    if arguments.backend == Backend::Local {
        return Ok(None);
    }
    let postgres = postgres.ok_or_else(|| {
        Failure::bad_input(
            "with --backend ecs the stack makes its own Postgres, whose doors it opens to tasks: leave --database-url out",
        )
    })?;
    Ok(Some(Arc::new(cloud::start(folder, postgres).await?)))
}

/// As the settings say; a check does not watch for minutes.
fn rollout_times(arguments: &Arguments, config: &Config) -> RolloutTimes {
    let times = config.rollout.times();
    if arguments.check { RolloutTimes { waiting: CHECK_WAITING_TIME, ready: CHECK_READY_TIME, ..times } } else { times }
}

/// For whoever wants to look inside with another tool. It holds a password: only its owner may read it.
fn keep_database_url(folder: &Path, url: &str) -> Result<()> {
    let path = folder.join("database-url");
    nodes::write_secret(&path, url).with_context(|| format!("writing {}", path.display()))
}

async fn chain_server(arguments: &Arguments, global: &Global, folder: &Path) -> Result<(Option<Anvil>, String)> {
    if let Some(url) = global.rpc_url.as_ref().filter(|_| !arguments.ephemeral) {
        return Ok((None, url.expose().to_owned()));
    }
    let options = AnvilOptions {
        data_dir: (!arguments.ephemeral).then(|| folder.join("chain")),
        block_time: Some(Duration::from_secs(arguments.block_time)),
        genesis_time: (!arguments.empty).then(history::genesis_time).transpose()?,
        slots_in_epoch: SLOTS_IN_EPOCH,
        keeper: Some(linkpool_testkit::Keeper {
            program: std::env::current_exe().context("finding this executable")?,
            arguments: vec!["chain-keeper".into(), "--".into()],
        }),
        ..AnvilOptions::default()
    };
    let anvil = Anvil::start(&Tools::find()?, &options).await?;
    let url = anvil.http_url();
    Ok((Some(anvil), url))
}

async fn connected(url: &str) -> Result<Database> {
    let database = Database::connect(&Connect::new(url).patient()).await?;
    database.migrate().await?;
    Ok(database)
}

/// Follows the contract. A chain that is older than the database (its state was not written) decides: the database is
/// made again from it, and the operator is told. Only where both are the stack's own: another's database is never emptied.
async fn follow(chain: &Chain, database: &Database, contracts: &Contracts, is_ours: bool) -> Result<()> {
    if let (true, Some(known), Some(cursor)) = (is_ours, database.deployment().await?, database.cursor().await?) {
        let start = chain.header(known.start.number).await?.map(|header| header.block.hash);
        let head = chain.heads().await?.head;
        if known.pool != contracts.pool || start != Some(known.start.hash) || head.number < cursor.block.number {
            remark!(
                "  the chain came back older than the database (block {} instead of {}): its last state was not written. \
                 The database is made again from the chain.",
                head.number,
                cursor.block.number
            );
            return Ok(linkpool_indexer::restart(chain, database, contracts.pool, contracts.deploy_block).await?);
        }
    }
    linkpool_indexer::follow(chain, database, contracts.pool, contracts.deploy_block).await?;
    Ok(())
}

fn spawn_indexer(
    roles: &mut JoinSet<Result<()>>,
    chain: &Chain,
    database: &Database,
    contracts: &Contracts,
    shutdown: &CancellationToken,
) {
    let settings = linkpool_indexer::Config { pool: contracts.pool, range: 10_000, poll: POLL_INTERVAL };
    let (chain, database, shutdown) = (chain.clone(), database.clone(), shutdown.clone());
    let standing = linkpool_indexer::Standing::default();
    let comparing = linkpool_indexer::verify_periodically(
        COMPARE,
        (chain.clone(), database.clone()),
        contracts.pool,
        standing.clone(),
        shutdown.clone(),
    );
    roles.spawn(async move {
        comparing.await;
        Ok(())
    });
    let factory = Some(contracts.earnings_factory);
    let inspecting = linkpool_indexer::inspect_operators(chain.clone(), database.clone(), factory, shutdown.clone());
    roles.spawn(async move {
        inspecting.await;
        Ok(())
    });
    roles.spawn(async move {
        let tell = linkpool_indexer::log_lines;
        linkpool_indexer::run_observed(settings, chain, database, shutdown, tell, standing).await.context("indexing")
    });
}

fn spawn_api(
    roles: &mut JoinSet<Result<()>>,
    listener: TcpListener,
    database: &Database,
    config: ApiConfig,
    shutdown: &CancellationToken,
) {
    let (database, shutdown) = (database.clone(), shutdown.clone());
    roles.spawn(async move {
        linkpool_api::serve(config, database.reader().clone(), listener, shutdown).await.context("serving the API")
    });
}

fn api_config(config: &Config, rpc_url: &str, accounts: &Accounts, earnings_factory: linkpool_primitives::Address) -> ApiConfig {
    let account = |(index, address): (usize, &linkpool_primitives::Address)| DemoAccount {
        name: format!("Holder {}", index + 1),
        address: *address,
    };
    ApiConfig {
        explorer_url: config.api.explorer_url.clone(),
        earnings_factory: Some(earnings_factory),
        abi_hash: linkpool_contracts::pool::abi_hash().to_string(),
        // One developer's page, check and benches share an address.
        limits: Limits { requests_per_second: 10_000, burst: 50_000, ..Limits::default() },
        dev: Some(DevConfig {
            rpc_url: rpc_url.to_owned(),
            accounts: accounts.holders.iter().enumerate().map(account).collect(),
        }),
        ..ApiConfig::default()
    }
}
