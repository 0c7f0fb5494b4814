//! `linkpool fleet`: the nodes of this machine, and the operator's calls about all of them.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result};
use clap::Args;
use linkpool_api::operator::{self, FleetRules, OperatorToken};
use linkpool_db::Database;
use linkpool_fleet::{
    FleetConfig, Provisioner,
    local::{LocalBackend, LocalConfig, stop_nodes},
};
use linkpool_fleet_ecs::{EcsBackend, EcsConfig};
use linkpool_health::Heartbeat;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::start;
use crate::{
    config::{Config, fleet::Backend},
    failure::Failure,
    observe::{self, FleetRole},
    output::answer,
    shutdown,
};

/// How often a fleet without nodes looks whether its database answers.
const LOOK_INTERVAL: Duration = Duration::from_secs(5);

/// What each node gets to end when all are stopped.
const GRACE_DURATION: Duration = Duration::from_secs(10);

#[derive(Debug, Args)]
pub struct Fleet {
    /// Where the nodes run [default: fleet.backend of the settings]
    #[arg(long, value_enum, conflicts_with = "no_nodes")]
    backend: Option<Backend>,
    /// Run no nodes, only serve the operator's calls: for a pool whose nodes others run
    #[arg(long)]
    no_nodes: bool,
    /// End the nodes of this machine, which otherwise outlive every fleet; refused while a fleet runs them
    #[arg(long, conflicts_with = "no_nodes")]
    stop_nodes: bool,
}

pub async fn run(mut config: Config, options: &Fleet) -> Result<()> {
    config.fleet.backend = options.backend.unwrap_or(config.fleet.backend);
    let config = &config;
    if options.stop_nodes {
        if config.fleet.backend == Backend::Ecs {
            return Err(Failure::bad_input("nodes on ECS are no processes of this machine: `linkpool node stop` ends one"));
        }
        let stopped = stop_nodes(&config.fleet.directory(), GRACE_DURATION).await?;
        answer!("{stopped} replicas were stopped");
        return Ok(());
    }
    // Before the database is asked: where nothing can run, nothing needs to be reached.
    let plan = if options.no_nodes { None } else { Some(Plan::of(config)?) };
    if let Some(Runner::Local(local)) = plan.as_ref().and_then(|plan| plan.runner.as_ref()) {
        check(local).await?;
    }
    let shutdown = shutdown::role_token()?;
    let Some(database) = start::database(config, "fleet", &shutdown).await? else { return Ok(()) };
    let operator = start::operator(config).await?;
    if plan.is_none() && operator.is_none() {
        return Err(Failure::bad_input("a fleet with --no-nodes and without operator.token_file has nothing to do: set it"));
    }
    let operator = operator.map(|(token, listener)| ((token, rules(config)), listener));
    let calls = calls(operator, database.clone(), shutdown.clone());
    let Some(plan) = plan else {
        let heartbeat = Heartbeat::default();
        let role = FleetRole { database: database.clone(), heartbeat: heartbeat.clone() };
        observe::start(config.fleet.health_listen, role, &shutdown).await?;
        tokio::spawn(shutdown.run_until_cancelled_owned(report_heartbeat(database, heartbeat)));
        return calls.await;
    };
    let nodes = nodes(config, plan, database, shutdown);
    tokio::try_join!(nodes, calls)?;
    Ok(())
}

/// What holds for the operator's calls.
fn rules(config: &Config) -> FleetRules {
    let (rollout, scales_by_itself) = (config.rollout.rules(config.fleet.cannot_keep()), config.autoscale.enabled);
    let cannot_make = config.fleet.cannot_make();
    FleetRules { rollout, scales_by_itself, cannot_make, ..FleetRules::new(config.fleet.proof_mode()) }
}

/// What the settings say about running nodes.
struct Plan {
    settings: FleetConfig,
    /// `None` where only the database knows the chain.
    runner: Option<Runner>,
}

/// What runs nodes, and how.
enum Runner {
    Local(LocalConfig),
    Ecs(Box<(linkpool_aws::AwsConfig, EcsConfig)>),
}

impl Runner {
    fn of(config: &Config, chain_id: u64) -> Result<Self> {
        Ok(match config.fleet.backend {
            Backend::Local => Self::Local(config.fleet.local(chain_id, &config.chain)?),
            Backend::Ecs => Self::Ecs(Box::new(config.ecs(chain_id)?)),
        })
    }

    fn backend(self) -> Result<Arc<dyn Provisioner>> {
        Ok(match self {
            Self::Local(local) => Arc::new(LocalBackend::new(local)?),
            Self::Ecs(config) => Arc::new(EcsBackend::new(config.0, config.1)?),
        })
    }
}

impl Plan {
    fn of(config: &Config) -> Result<Self> {
        let runner = config.chain_id().map(|chain_id| Runner::of(config, chain_id)).transpose()?;
        Ok(Self {
            settings: FleetConfig {
                rollout: config.rollout.times(),
                retire_hook: config.fleet.retire_hook(),
                must_keep: config.fleet.must_keep(),
                autoscale: config.autoscale.rules(config.fleet.proof_mode(), config.fleet.cannot_make()),
                ..FleetConfig::new(config.fleet.seal_key()?)
            },
            runner,
        })
    }
}

async fn nodes(config: &Config, plan: Plan, database: Database, shutdown: CancellationToken) -> Result<()> {
    let Plan { settings, runner } = plan;
    let runner = match runner {
        Some(runner) => runner,
        // The fleet does not talk to the chain; the database knows which one the pool is on.
        None => {
            let runner = Runner::of(config, known_chain(&database).await?)?;
            if let Runner::Local(local) = &runner {
                check(local).await?;
            }
            runner
        }
    };
    let role = FleetRole { database: database.clone(), heartbeat: settings.heartbeat.clone() };
    observe::start(config.fleet.health_listen, role, &shutdown).await?;
    let backend = runner.backend()?;
    linkpool_fleet::run(settings, database, backend, shutdown).await.context("running the fleet")
}

/// What no waiting mends about the nodes' program and server ends the fleet at its start. Nodes that run go on.
async fn check(local: &LocalConfig) -> Result<()> {
    local.launcher.check().await.map_err(Failure::bad_input)
}

async fn known_chain(database: &Database) -> Result<u64> {
    let known = database.deployment().await?.map(|deployment| deployment.chain_id);
    known.ok_or_else(|| Failure::bad_input("pass --chain-id ID, or set chain.chain_id: the chain of the nodes' wallets"))
}

/// Where no token is configured there are no calls, and nobody waits for them.
async fn calls(
    operator: Option<((OperatorToken, FleetRules), TcpListener)>,
    database: Database,
    shutdown: CancellationToken,
) -> Result<()> {
    match operator {
        Some((with, listener)) => {
            operator::serve(with, database, listener, shutdown).await.context("serving the operator's calls")
        }
        None => Ok(()),
    }
}

/// Tells `/health` whether the database answers, which is all that the calls need.
async fn report_heartbeat(database: Database, heartbeat: Heartbeat) {
    loop {
        match database.clock().await {
            Ok(_) => heartbeat.ok(false),
            Err(error) => heartbeat.failed(error.to_string()),
        }
        tokio::time::sleep(LOOK_INTERVAL).await;
    }
}
