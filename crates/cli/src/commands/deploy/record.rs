//! The file of a deployment, of what was made.

use std::collections::BTreeMap;

use alloy::primitives::keccak256;
use anyhow::{Context, Result};
use linkpool_contracts::{Artefact, creation, earnings_factory};
use linkpool_deploy::{Placed, Record, Terms};
use linkpool_primitives::Address;
use linkpool_tx_manager::Mined;

use super::{job::Job, steps::Made};

/// Of a pool and everything beside it.
pub async fn of_pool(job: &Job<'_>, made: &Made, terms: &Terms) -> Result<Record> {
    let plan = &made.plan;
    let address = |artefact: Artefact| plan.address(artefact).with_context(|| format!("the plan has no {artefact}"));
    let pool = plan.steps.iter().zip(&made.mined).find(|(step, _)| step.artefact == Artefact::StakingPool);
    Ok(Record {
        chain_id: job.chain.chain_id(),
        set: job.options.set().to_owned(),
        deployer: plan.deployer,
        token: plan.token,
        timelock: address(Artefact::TimelockController)?,
        pool: plan.pool,
        lens: address(Artefact::StakingLens)?,
        earnings_factory: plan.address(Artefact::NodeEarningsFactory),
        deploy_block: pool.map_or(0, |(_, mined)| mined.block_number),
        terms: terms.clone(),
        contracts: placed(job, made).await?,
    })
}

/// The file of a pool that has stood, with what was made beside it now.
pub async fn with_earnings(job: &Job<'_>, made: &Made, before: Record) -> Result<Record> {
    let mut record = Record { earnings_factory: made.plan.address(Artefact::NodeEarningsFactory), ..before };
    record.contracts.extend(placed(job, made).await?);
    Ok(record)
}

/// Each contract that was made, by name: those of the steps, and the one that the factory's constructor made.
pub async fn placed(job: &Job<'_>, made: &Made) -> Result<BTreeMap<String, Placed>> {
    let mut contracts = BTreeMap::new();
    for (step, mined) in made.plan.steps.iter().zip(&made.mined) {
        let contract = (step.artefact, step.address, step.arguments.clone());
        contracts.insert(step.artefact.name().to_owned(), one(job, contract, mined).await?);
        if step.artefact == Artefact::NodeEarningsFactory {
            let shared = earnings_factory::implementation(step.address);
            let contract = (Artefact::NodeEarnings, shared, creation::earnings_arguments(made.plan.pool));
            contracts.insert(Artefact::NodeEarnings.name().to_owned(), one(job, contract, mined).await?);
        }
    }
    Ok(contracts)
}

async fn one(job: &Job<'_>, (artefact, address, arguments): (Artefact, Address, Vec<u8>), mined: &Mined) -> Result<Placed> {
    Ok(Placed {
        address,
        transaction: mined.transaction_hash,
        block_number: mined.block_number,
        block_hash: mined.block_hash,
        gas_used: mined.gas_used,
        code_hash: keccak256(job.chain.code(address).await?),
        compiled_code_hash: artefact.code_hash(),
        qualified_name: artefact.qualified_name().to_owned(),
        compiler: artefact.compiler().to_owned(),
        constructor_arguments: arguments.into(),
    })
}
