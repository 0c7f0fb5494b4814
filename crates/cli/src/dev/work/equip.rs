//! What a node needs to work: the job, which the fleet gives it, and an Operator that lets it answer.

use alloy::primitives::B256;
use anyhow::{Context, Result};
use linkpool_contracts::{
    earnings_factory::earnings_of,
    operator::{isAuthorizedSenderCall, ownerCall},
};
use linkpool_db::{
    Database,
    fleet::{FleetNode, OperatorRequest},
};
use linkpool_primitives::Address;
use linkpool_testkit::fixture::{authorize, deploy_operator, offer_operator};
use serde_json::json;

use super::WorkEnvironment;

const JOB: &str = include_str!("job.toml");
const JOB_NAME: &str = "number";

/// Has the fleet give every node the job, once it has an Operator; unless somebody has stored a set of their own.
pub(super) async fn give_job(database: &Database, chain_id: u64) -> Result<()> {
    let toml = JOB.replace("{{chain_id}}", &chain_id.to_string());
    let content = json!({ "bridges": {}, "jobs": { JOB_NAME: { "toml": toml } } });
    let reason = Some("a development stack shows its nodes at work");
    database.store_job_set(Some(0), &content, "linkpool dev", reason).await?;
    Ok(())
}

/// The node's Operator, deployed and named where there is none, or none any more: a reorg may have taken it.
pub(super) async fn operator(environment: &WorkEnvironment, node: &FleetNode) -> Result<Address> {
    let wallet = node.wallet.context("an open node has a wallet")?;
    let WorkEnvironment { chain, accounts, contracts, database, .. } = environment;
    if let Some(named) = node.operator
        && !chain.code(named).await?.is_empty()
    {
        // Once it is the node's own contract's, that one sets the senders.
        let is_ours = chain.call(named, &ownerCall {}).await? == accounts.operator;
        if is_ours && !chain.call(named, &isAuthorizedSenderCall { sender: wallet }).await? {
            authorize(chain, accounts, named, wallet).await?;
        }
        return Ok(named);
    }
    let contract = deploy_operator(chain, accounts, contracts.link, wallet).await?;
    // What it is paid goes to the node's stakers, by the node's own contract, which takes it over.
    offer_operator(chain, accounts, contract, earnings_of(contracts.earnings_factory, wallet)).await?;
    let request = OperatorRequest {
        node_id: &node.id,
        actor: "linkpool dev",
        reason: "each node of a development stack has an Operator",
        dry_run: false,
    };
    database.set_operator_contract(Some(&contract), &request).await?;
    Ok(contract)
}

/// The job's id at a node, as a request names it.
pub fn job_topic(node_id: &str) -> B256 {
    let mut topic = B256::ZERO;
    topic[..16].copy_from_slice(linkpool_jobs::external_job_id(node_id, JOB_NAME).as_bytes());
    topic
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn the_job_is_one_that_nodes_are_given_and_needs_an_operator() {
        let job = linkpool_jobs::Job { toml: JOB.to_owned(), nodes: None };
        let set = linkpool_jobs::JobSet { bridges: BTreeMap::new(), jobs: BTreeMap::from([(JOB_NAME.to_owned(), job)]) };
        assert_eq!(set.mistakes(), []);
        let node = "0123456789ab".to_owned();
        let known = linkpool_jobs::Variables { node: node.clone(), chain_id: Some("1".into()), ..Default::default() };
        assert_eq!(set.for_node(&known).waiting.len(), 1);
        let named = linkpool_jobs::Variables { operator: Some(Address::ZERO.to_checksum(None)), ..known };
        let given = &set.for_node(&named).jobs[JOB_NAME];
        assert!(job_topic(&node).starts_with(given.external_job_id.as_bytes()));
    }
}
