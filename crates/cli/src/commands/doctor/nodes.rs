//! The nodes: each serves, lets the registrar in and shows its wallet, and the last audit found nothing.

use std::{collections::HashMap, path::Path};

use linkpool_chainlink::{
    SealKey,
    client::{Credentials, ErrorKind, Limits, NodeClient, NodeConfig, Transport},
};
use linkpool_db::{
    Database,
    fleet::{FleetNode, Phase, ProofMode, Replica, ReplicaState, Source},
};
use linkpool_primitives::{NodeStatus, checksum};
use reqwest::Url;
use tokio::task::JoinSet;

use super::report::Report;
use crate::config::Config;

/// Most nodes that are logged in at: a check-up is no load test, and each login counts against the node's limit.
const MAX_NODES: usize = 50;

/// Most nodes that are named in one sentence.
const MAX_NAMED: usize = 5;

/// The audit is older than it should ever be.
const OLD_AUDITS: u64 = 3;

pub async fn check(config: &Config, database: &Database, chain_id: u64, report: &mut Report) {
    let seal_key = match config.fleet.seal_key_if_set() {
        Ok(key) => key,
        Err(error) => return report.fail("node-login", error.to_string(), "correct fleet.seal_key_file"),
    };
    if let Some(key) = &seal_key {
        copied(key, config.fleet.seal_key_copied.as_deref(), report);
    }
    if let Err(error) = logins(database, seal_key.as_ref(), chain_id, report).await {
        report.fail("node-login", format!("{error:#}"), "repeat when the database answers");
    }
    if let Err(error) = audit(config, database, report).await {
        report.fail("audit", error.to_string(), "repeat when the database answers");
    }
}

async fn logins(database: &Database, seal_key: Option<&SealKey>, chain_id: u64, report: &mut Report) -> anyhow::Result<()> {
    let nodes = database.fleet_nodes().await?;
    let replicas = database.replicas().await?;
    let statuses = database.contract_statuses().await?;
    let is_retired = |node: &FleetNode| node.wallet.is_some_and(|wallet| statuses.get(&wallet) == Some(&NodeStatus::Retired));
    let serving: HashMap<&str, &Replica> = replicas
        .iter()
        .filter(|replica| replica.state == ReplicaState::Serving)
        .map(|replica| (replica.node_id.as_str(), replica))
        .collect();
    let (serve, idle): (Vec<&FleetNode>, Vec<&FleetNode>) =
        nodes.iter().filter(|node| node.phase != Phase::Quarantined).partition(|node| serving.contains_key(node.id.as_str()));
    // Of a node that was adopted from the contract alone nobody here runs a replica, and a retired one need not run.
    let idle: Vec<&FleetNode> = idle.into_iter().filter(|node| node.source != Source::Chain && !is_retired(node)).collect();
    silent(&idle, report);
    let transport = Transport::new(Limits::default())?;
    let (mut asked, mut untried) = (JoinSet::new(), 0);
    for node in serve {
        let Some(replica) = serving.get(node.id.as_str()) else { continue };
        if asked.len() >= MAX_NODES {
            report.warn("node-login", format!("only the first {MAX_NODES} nodes were logged in at"), "nothing");
            break;
        }
        // Of the database, one after the other: a check-up takes one connection.
        let login = match linkpool_registrar::replica_credentials(database, seal_key, replica).await {
            Err(linkpool_registrar::Error::Database(linkpool_db::Error::Denied(_))) => {
                untried += 1;
                continue;
            }
            login => login.map_err(|error| error.to_string()),
        };
        let (transport, node, url) = (transport.clone(), node.clone(), replica.base_url.clone());
        let admin = proving_login(&node, replica);
        asked.spawn(look(transport, node, url, (login, admin), chain_id));
    }
    let (count, mut good) = (asked.len(), 0);
    while let Some(ended) = asked.join_next().await {
        match ended? {
            (_, Ok(())) => good += 1,
            (id, Err(reason)) => {
                report.fail("node-login", format!("node {id}: {reason}"), format!("`linkpool node show {id}` has its history"));
            }
        }
    }
    if untried > 0 {
        let sentence = format!("{untried} nodes were not logged in at: this database user may not read their logins");
        report.warn("node-login", sentence, "run `linkpool doctor` as the user of the fleet or the registrar");
    } else if good == count && idle.is_empty() {
        report.ok("node-login", format!("{good} of {} nodes serve, and each shows its wallet", nodes.len()));
    }
    Ok(())
}

/// Whether somebody has said that the key has a copy. Without it the nodes' keystores, and so their wallets, open for nobody.
fn copied(key: &SealKey, copied: Option<&str>, report: &mut Report) {
    let fingerprint = key.fingerprint();
    let to_do = format!(
        "copy it to a place that does not burn with this machine, compare `tr -d '[:space:]' < COPY | sha256sum` with {fingerprint}, and set fleet.seal_key_copied = \"{fingerprint}\""
    );
    match copied {
        Some(copied) if copied == fingerprint => report.ok("seal-key", format!("the key {fingerprint} is said to have a copy")),
        Some(_) => {
            report.warn("seal-key", "fleet.seal_key_copied is the fingerprint of another key: a lost key is lost wallets", to_do)
        }
        None => report.warn("seal-key", "nothing says that fleet.seal_key_file has a copy: a lost key is lost wallets", to_do),
    }
}

/// Nodes without a replica that serves: one that has served before is ill, any other is on its way or was never reached.
fn silent(nodes: &[&FleetNode], report: &mut Report) {
    let (ill, new): (Vec<&FleetNode>, Vec<&FleetNode>) = nodes.iter().partition(|node| node.phase >= Phase::Healthy);
    if !ill.is_empty() {
        let sentence = format!("nodes that have served and do not serve now ({}): {}", ill.len(), names(&ill));
        report.fail("node-serving", sentence, "`linkpool node show ID` has the history of each");
    }
    if !new.is_empty() {
        let sentence = format!("nodes that have not served yet ({}): {}", new.len(), names(&new));
        report.warn("node-serving", sentence, "wait, if they were asked for just now; else `linkpool node show ID`");
    }
}

fn names(nodes: &[&FleetNode]) -> String {
    let names: Vec<&str> = nodes.iter().take(MAX_NAMED).map(|node| node.id.as_str()).collect();
    format!("{}{}", names.join(", "), if nodes.len() > MAX_NAMED { ", …" } else { "" })
}

/// The login of a node that somebody else runs and that must still prove itself by a payment: only an admin may make it.
fn proving_login(node: &FleetNode, replica: &Replica) -> Option<Result<Credentials, String>> {
    let must_pay = node.source != Source::Fleet && node.proof_mode == ProofMode::Transfer && node.phase < Phase::Proven;
    let file = replica.admin_credentials_file.as_ref().or(replica.credentials_file.as_ref()).filter(|_| must_pay)?;
    Some(linkpool_registrar::read_credentials(Path::new(file)).map_err(|error| error.to_string()))
}

/// An admin alone may see the node's users.
async fn require_admin(transport: &Transport, credentials: Credentials, base_url: Url) -> Result<(), String> {
    let client = NodeClient::new(transport, NodeConfig { base_url, credentials }).map_err(|error| error.to_string())?;
    match client.users().await {
        Ok(_) => Ok(()),
        Err(error) if error.kind == ErrorKind::Forbidden => {
            Err("it proves itself by a payment, which only an admin may ask for: \
             name an admin's login in admin_credentials_file; it may go once the node is proven"
                .into())
        }
        Err(error) => Err(error.to_string()),
    }
}

/// Logs in and compares the wallet.
async fn look(
    transport: Transport,
    node: FleetNode,
    url: Option<String>,
    (login, admin): (Result<Credentials, String>, Option<Result<Credentials, String>>),
    chain_id: u64,
) -> (String, Result<(), String>) {
    let outcome = async {
        let url = url.ok_or("its address is not known")?;
        // Not shown: it may hold a password.
        let base_url: Url = url.parse().map_err(|_| "its address is not a URL: write http://host:port".to_owned())?;
        let client_url = base_url.clone();
        let client =
            NodeClient::new(&transport, NodeConfig { base_url, credentials: login? }).map_err(|error| error.to_string())?;
        let shown = client.wallet(chain_id).await.map_err(|error| error.to_string())?;
        if let Some(admin) = admin {
            require_admin(&transport, admin?, client_url).await?;
        }
        match node.wallet {
            Some(known) if known != shown => {
                Err(format!("it shows the wallet {}, and its own is {}", checksum(&shown), checksum(&known)))
            }
            _ => Ok(()),
        }
    };
    let outcome = outcome.await;
    (node.id, outcome)
}

async fn audit(config: &Config, database: &Database, report: &mut Report) -> anyhow::Result<()> {
    let Some(audit) = database.last_audit().await? else {
        report.warn("audit", "the nodes were never compared with the contract", "start `linkpool registrar`");
        return Ok(());
    };
    let age = (database.clock().await? - audit.audited_at).num_seconds().unsigned_abs();
    for finding in &audit.findings {
        report.warn("audit", finding.sentence.clone(), "`linkpool node audit` lists all differences");
    }
    if age > OLD_AUDITS * config.registrar.audit_interval_seconds {
        let sentence = format!("the nodes were last compared with the contract {age} s ago");
        report.warn("audit", sentence, "check that `linkpool registrar` runs and reaches the chain");
    } else if audit.findings.is_empty() {
        report.ok("audit", format!("{} nodes agree with the contract at block {}", audit.nodes_known, audit.block_number));
    }
    Ok(())
}
