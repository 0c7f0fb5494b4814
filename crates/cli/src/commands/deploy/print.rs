//! What a person reads before and after a deployment.

use std::{collections::BTreeMap, path::Path};

use linkpool_contracts::Artefact;
use linkpool_deploy::{Placed, Plan, Record, Rehearsal, Terms, Token};
use linkpool_primitives::checksum;
use serde_json::json;

use super::{
    job::{Cost, Job, Making},
    options::Deploy,
};
use crate::{duration::describe_duration, money, output::answer};

/// Everything that would happen.
pub fn plan(job: &Job<'_>, plan: &Plan, rehearsal: &Rehearsal, cost: &Cost) {
    let gas = |artefact: Artefact| rehearsal.gas.iter().find(|(of, _)| *of == artefact).map(|(_, gas)| *gas);
    if job.options.json {
        let steps: Vec<_> = plan
            .steps
            .iter()
            .map(|step| {
                json!({ "contract": step.artefact.name(), "address": checksum(&step.address), "nonce": step.nonce, "gas": gas(step.artefact) })
            })
            .collect();
        answer!(
            "{}",
            json!({
                "chain_id": job.chain.chain_id(), "set": job.options.set(), "deployer": cost.deployer, "token": checksum(&plan.token),
                "pool": checksum(&plan.pool), "terms": job.terms(), "contracts": steps, "gas": rehearsal.total_gas(), "cost_eth": money::ether(cost.now_wei),
                "max_eth": money::ether(cost.max_wei), "balance_eth": money::ether(cost.balance_wei),
                "notes": rehearsal.notes,
            })
        );
        return;
    }
    let (chain_id, currency, balance) = (job.chain.chain_id(), job.currency, money::ether(cost.balance_wei));
    answer!("chain {chain_id}, deployer {} with {balance} {currency}", cost.deployer);
    match &job.making {
        Making::Pool { token: Token::Given(token), .. } => answer!("{:<19} {}  is LINK", "token", checksum(token)),
        Making::Pool { token: Token::New, .. } => {}
        Making::Earnings(standing) => answer!("{:<19} {}  stands", "StakingPool", checksum(&standing.pool)),
    }
    for step in &plan.steps {
        let gas = gas(step.artefact).map_or_else(|| "is there".to_owned(), |gas| format!("{gas:>9} gas"));
        answer!("{:<19} {}  nonce {:<5} {gas}", step.artefact.name(), checksum(&step.address), step.nonce);
    }
    if let Some(made_with) = job.terms() {
        terms(made_with);
    }
    answer!(
        "{} gas at {} gwei: {} {currency}, at most {} {currency} while the base fee does not double",
        rehearsal.total_gas(),
        money::gwei(cost.fee_wei),
        money::ether(cost.now_wei),
        money::ether(cost.max_wei)
    );
    answer!("Nothing was signed and nothing was sent.");
}

fn terms(terms: &Terms) {
    let line = |name: &str, value: String| answer!("  {name:<26} {value}");
    let all = |accounts: &[linkpool_primitives::Address]| accounts.iter().map(checksum).collect::<Vec<_>>().join(", ");
    line("timelock's delay", describe_duration(terms.timelock_delay_seconds));
    line("proposers", all(&terms.proposers));
    line("executors", if terms.executors.is_empty() { "anybody".to_owned() } else { all(&terms.executors) });
    line("sink, for ever", checksum(&terms.sink));
    line("share of network, for ever", format!("{} of 10000", terms.max_share_bps));
    line("registrations, for ever", format!("{} at once, {} a day", terms.registrations_at_once, terms.registrations_per_day));
    line("maker fee", format!("{} of 10000 to {}", terms.fee_bps, checksum(&terms.fee_recipient)));
    line("stake cap", format!("{} LINK", terms.default_cap_link));
    line("network", format!("{} nodes reported, at most {} count", terms.network_reported, terms.network_ceiling));
    line("unsigned wallets", if terms.allow_unsigned_wallets { "allowed".into() } else { "refused".into() });
    line("registrars", all(&terms.registrars));
    line("guardians", all(&terms.guardians));
    line("slashers", all(&terms.slashers));
    line("reporters", all(&terms.reporters));
}

/// What was made.
pub fn record(options: &Deploy, record: &Record, file: &Path) {
    if options.json {
        let mut shown = json!(record);
        shown["file"] = json!(file);
        answer!("{shown}");
        return;
    }
    contracts(&record.contracts);
    answer!("Code, terms and roles are as they were meant to be; the owner is the timelock.");
    answer!("Written to {}, with the sources for explorers beside it.", file.display());
    answer!("Point the settings at it: in [chain], deployment = \"{}\"", file.display());
}

/// What was made for a pool whose file is not here.
pub fn beside(options: &Deploy, plan: &Plan, made: &BTreeMap<String, Placed>) {
    let factory = plan.address(Artefact::NodeEarningsFactory).as_ref().map(checksum).unwrap_or_default();
    if options.json {
        answer!("{}", json!({ "pool": checksum(&plan.pool), "earnings_factory": factory, "contracts": made }));
        return;
    }
    contracts(made);
    answer!("Code and terms are as they were meant to be.");
    answer!("Point the settings at it: in [chain], earnings_factory = \"{factory}\"");
}

fn contracts(made: &BTreeMap<String, Placed>) {
    answer!("{:<19} {:<42}  {:>9}  {:>9}  CODE", "CONTRACT", "ADDRESS", "BLOCK", "GAS");
    for (name, placed) in made {
        let (address, block, gas) = (checksum(&placed.address), placed.block_number, placed.gas_used);
        answer!("{name:<19} {address}  {block:>9}  {gas:>9}  as compiled");
    }
}
