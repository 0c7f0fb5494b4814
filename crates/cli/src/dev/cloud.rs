//! The stack's nodes as tasks of Amazon ECS, with a stand-in for AWS in this process.

use std::{fs, net::SocketAddr, os::unix::fs::PermissionsExt, path::Path, sync::Arc, time::Duration};

use anyhow::{Context, Result};
use linkpool_aws::{AwsConfig, Credentials, CredentialsSource};
use linkpool_chain::Chain;
use linkpool_chainlink::Secret;
use linkpool_contracts::pool::setProoflessCall;
use linkpool_fleet::local::{NodeChain, NodeEndpoint};
use linkpool_fleet_ecs::{EcsBackend, EcsConfig, EcsTimes};
use linkpool_node_postgres::Server;
use linkpool_standin_aws::{ACCESS_KEY, SECRET_KEY, StandinAws, StandinAwsConfig};
use linkpool_testkit::{Postgres, fixture::Contracts};

use super::nodes::{LEASE_DURATION, LEASE_REFRESH_INTERVAL};

const REGION: &str = "us-east-1";
const CLUSTER: &str = "pool";
/// What the stand-in of a node says it is, and the tag of its image.
const VERSION: &str = "2.31.0";
/// How many times faster than AWS's its own times are.
const PACE: u32 = 40;
/// How far reads of AWS lag behind: as a rule they do.
const LAG_TIME: Duration = Duration::from_millis(500);
/// Between two looks of a node at its own health, where a real one takes 15 s.
const HEALTH_INTERVAL_MS: u32 = 1_000;

/// An account of AWS with a cluster, and an image of the node.
pub async fn start(folder: &Path, postgres: &Postgres) -> Result<StandinAws> {
    let (images, tasks) = (folder.join("images"), folder.join("tasks"));
    image(&images.join("chainlink").join(VERSION)).context("making the node's image")?;
    // Tasks have addresses of their own, whose connections the server takes as those of this machine.
    let line = "copy (select 'host all all 127.0.0.0/8 scram-sha-256') to program 'cat >> pg_hba.conf'";
    postgres.run("postgres", &format!("{line}; select pg_reload_conf()"))?;
    let mut config = StandinAwsConfig::new(images, tasks);
    config.database = Some(SocketAddr::from(([127, 0, 0, 1], postgres.port())));
    config.behaviour.pace = PACE;
    let aws = StandinAws::start(config).await.context("starting a stand-in for AWS")?;
    aws.world(|world| world.view.clusters.insert(CLUSTER.into(), Arc::from("ACTIVE")));
    // From now on: nobody sees the account without its cluster.
    aws.behave(|it| it.lag = LAG_TIME);
    Ok(aws)
}

/// The pool takes wallets that prove themselves by a payment: what is called as Chainlink's node signs nothing for others.
pub async fn allow_payments(chain: &Chain, contracts: &Contracts) -> Result<()> {
    contracts.as_owner(chain, &setProoflessCall { allowed: true }).await.context("having the pool take proofs by payment")
}

/// A folder with a program that is called as Chainlink's is, and becomes this one.
fn image(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    let (path, program) = (folder.join("chainlink"), std::env::current_exe()?);
    let variables = format!("LINKPOOL_STANDIN_VERSION={VERSION} LINKPOOL_STANDIN_HEALTH_INTERVAL_MS={HEALTH_INTERVAL_MS}");
    fs::write(&path, format!("#!/bin/sh\nexport {variables}\nexec '{}' standin-chainlink \"$@\"\n", program.display()))?;
    Ok(fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?)
}

/// A fleet's way to run nodes there. `database_url` is of a user who may make databases.
pub fn backend(
    aws: &StandinAws,
    database_url: &str,
    (chain_id, rpc_url, ws_url): (u64, &str, Option<&str>),
) -> Result<EcsBackend> {
    let credentials = Credentials { access_key: ACCESS_KEY.into(), secret_key: Secret::new(SECRET_KEY), session_token: None };
    let endpoint = NodeEndpoint { name: "main".into(), http: Secret::new(rpc_url), ws: ws_url.map(Secret::new) };
    let config = EcsConfig {
        region: REGION.into(),
        prefix: "dev".into(),
        cluster: CLUSTER.into(),
        subnets: vec!["subnet-1".into(), "subnet-2".into()],
        security_groups: vec!["sg-1".into()],
        execution_role: "arn:aws:iam::123456789012:role/execution".into(),
        task_role: None,
        log_group: None,
        image: format!("chainlink:{VERSION}"),
        version: None,
        cpu: 512,
        memory_mib: 1_024,
        overlay: None,
        server: Server::new(&Secret::new(database_url))?,
        // The embedded server is an 18, which no real node runs on.
        server_versions: 14..=18,
        chain: NodeChain { chain_id, endpoints: vec![endpoint], is_development: true },
        dump: None,
        lease_duration: LEASE_DURATION,
        lease_refresh: LEASE_REFRESH_INTERVAL,
        times: EcsTimes::hurried(LAG_TIME),
    };
    let aws = AwsConfig {
        region: REGION.into(),
        endpoint: Some(aws.url().parse()?),
        credentials: CredentialsSource::Fixed(credentials),
        attempts: 5,
    };
    Ok(EcsBackend::new(aws, config)?)
}
