//! The contracts one after the other, by the durable path: each is committed under a key of its own before it is sent, so a
//! command that was killed goes on where it was.

use anyhow::{Context, Result};
use linkpool_db::Database;
use linkpool_deploy::{Plan, Rehearsal, verify};
use linkpool_tx_manager::{Account, FeesPerDay, Mined, NewTransactionRequest, Sender, TransactionConfig, TransactionKind, Until};
use tokio_util::sync::CancellationToken;

use super::job::Job;
use crate::{commands::sending, config::Config, failure::Failure};

/// What was made, and the transaction of each step.
pub struct Made {
    pub plan: Plan,
    pub mined: Vec<Mined>,
}

/// Makes what is not there yet and compares everything with what was meant.
pub async fn make(
    config: &Config,
    job: &mut Job<'_>,
    (database, shutdown): (Database, &CancellationToken),
    rehearsal: &Rehearsal,
) -> Result<Made> {
    let account = sender_account(job);
    let spent_wei = database.signer_state(&account).await?.map_or(0, |state| state.fees_today_wei);
    let settings = with_budget(config.transactions.settings()?, rehearsal, spent_wei);
    sending::require_in_step(&database, &job.chain, &account).await?;
    let sender = Sender::new(settings, database, job.chain.clone(), job.signer.clone());
    let wanted = if job.options.wait { Until::Final } else { Until::Mined };
    let mut mined = Vec::new();
    for place in 0..job.plan().steps.len() {
        // Planned anew each time: another command may have taken a nonce of this account in between, and the address with it.
        let step = job.plan().steps[place].clone();
        let request = NewTransactionRequest {
            kind: TransactionKind::Deploy,
            recipient: None,
            value_wei: 0,
            data: step.creation.clone(),
            enough_wei: None,
        };
        let making = || format!("deploying {}", step.artefact);
        let outcome = sender.send(&job.known.key(step.artefact), &request, wanted, shutdown).await.with_context(making)?;
        let settled = sending::settled(&outcome, job.options.timeout).with_context(making)?;
        let settled = settled.with_context(|| format!("{} has no transaction", step.artefact))?;
        tracing::info!(contract = %settled.contract, block = settled.block_number, "{} is on the chain", step.artefact);
        job.known.nonces.insert(step.artefact, settled.nonce);
        mined.push(settled);
    }
    let plan = job.plan();
    let differences = verify(&job.chain, &plan, job.terms()).await?;
    if let Some(first) = differences.first() {
        for difference in &differences {
            tracing::error!("{difference}");
        }
        return Err(Failure::refused(format!("the contracts are not as they were meant to be: {first}")));
    }
    Ok(Made { plan, mined })
}

fn sender_account(job: &Job<'_>) -> Account {
    Account { chain_id: job.chain.chain_id(), address: job.signer.address() }
}

/// A deployment is dear and is made once, by hand: whatever the account has spent today, its budget is what it may cost by the chain's
/// own estimate at the configured highest fee.
fn with_budget(mut settings: TransactionConfig, rehearsal: &Rehearsal, spent_wei: u128) -> TransactionConfig {
    const REPLACEMENTS: u128 = 2;
    let max_wei = settings.fees.max_fee_wei.saturating_mul(rehearsal.total_gas().into()).saturating_mul(REPLACEMENTS);
    settings.limits.fees_per_day = FeesPerDay::Most(spent_wei.saturating_add(max_wei));
    settings
}

#[cfg(test)]
mod tests {
    use linkpool_contracts::Artefact;

    use super::*;

    #[test]
    fn the_budget_of_a_deployment_is_its_own_estimate_twice_whatever_was_spent_today() {
        let rehearsal =
            |gas| Rehearsal { gas: vec![(Artefact::TimelockController, gas), (Artefact::StakingPool, 3 * gas)], notes: vec![] };
        let budget = |gas, spent_wei| with_budget(TransactionConfig::default(), &rehearsal(gas), spent_wei).limits.fees_per_day;
        let max_fee_wei = TransactionConfig::default().fees.max_fee_wei;
        assert_eq!(budget(2_000_000, 0), FeesPerDay::Most(2 * 8_000_000 * max_fee_wei));
        assert_eq!(budget(10_000_000, 7), FeesPerDay::Most(2 * 40_000_000 * max_fee_wei + 7));
    }
}
