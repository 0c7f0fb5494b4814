//! What a node needs to work: an Operator that lets it answer, and the job.

use alloy::primitives::{B256, keccak256};
use anyhow::{Context, Result};
use linkpool_chainlink::client::{Limits, NodeClient, NodeConfig, Transport};
use linkpool_contracts::operator::isAuthorizedSenderCall;
use linkpool_db::fleet::{FleetNode, OperatorRequest, Replica, ReplicaState};
use linkpool_primitives::{Address, checksum};
use linkpool_testkit::fixture::{authorize, deploy_operator};
use uuid::Uuid;

use super::WorkEnvironment;

const JOB: &str = include_str!("job.toml");

/// Gives the node what it lacks; false while it cannot be given all.
pub(super) async fn equip(environment: &WorkEnvironment, node: &FleetNode) -> Result<bool> {
    let Some(wallet) = node.wallet else { return Ok(false) };
    let operator = operator(environment, node, wallet).await?;
    let replicas = environment.database.replicas_of(&node.id).await?;
    match replicas.iter().find(|replica| replica.state == ReplicaState::Serving) {
        Some(serving) => job(environment, node, operator, serving).await.map(|()| true),
        None => Ok(false),
    }
}

/// The node's Operator, deployed and named where there is none, or none any more: a reorg may have taken it.
async fn operator(environment: &WorkEnvironment, node: &FleetNode, wallet: Address) -> Result<Address> {
    let WorkEnvironment { chain, accounts, contracts, database, .. } = environment;
    if let Some(named) = node.operator
        && !chain.code(named).await?.is_empty()
    {
        if !chain.call(named, &isAuthorizedSenderCall { sender: wallet }).await? {
            authorize(chain, accounts, named, wallet).await?;
        }
        return Ok(named);
    }
    let contract = deploy_operator(chain, accounts, contracts.link, wallet).await?;
    let request = OperatorRequest {
        node_id: &node.id,
        actor: "linkpool dev",
        reason: "each node of a development stack has an Operator",
        dry_run: false,
    };
    database.set_operator_contract(Some(&contract), &request).await?;
    Ok(contract)
}

async fn job(environment: &WorkEnvironment, node: &FleetNode, operator: Address, serving: &Replica) -> Result<()> {
    let credentials =
        linkpool_registrar::replica_credentials(&environment.database, Some(&environment.seal_key), serving).await?;
    let base_url = serving.base_url.as_ref().context("a serving replica without an address")?.parse()?;
    let client = NodeClient::new(&Transport::new(Limits::default())?, NodeConfig { base_url, credentials })?;
    let id = job_id(&node.id);
    let toml = JOB
        .replace("{{id}}", &id.to_string())
        .replace("{{chain}}", &environment.chain.chain_id().to_string())
        .replace("{{operator}}", &checksum(&operator));
    match client.job(id).await? {
        None => drop(client.create_job(&toml).await?),
        Some(job) if job.details.get("contractAddress").and_then(|value| value.as_str()) != Some(&checksum(&operator)) => {
            client.replace_job(job.id, &toml).await?;
        }
        Some(_) => {}
    }
    Ok(())
}

/// The job's id at a node: the same in each run, another at each node.
fn job_id(node_id: &str) -> Uuid {
    let hash = keccak256(format!("{node_id}/a number"));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// The id as a request names it.
pub fn job_topic(node_id: &str) -> B256 {
    let mut topic = B256::ZERO;
    topic[..16].copy_from_slice(job_id(node_id).as_bytes());
    topic
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_job_names_what_it_is_made_with_and_nothing_is_left_open() {
        for variable in ["{{id}}", "{{chain}}", "{{operator}}"] {
            assert!(JOB.contains(variable), "{variable}");
        }
        let (one, other) = (job_id("0123456789ab"), job_id("0123456789ac"));
        assert!(one != other && one == job_id("0123456789ab"));
        assert!(job_topic("0123456789ab").to_string().starts_with(&format!("0x{}", one.simple())));
    }
}
