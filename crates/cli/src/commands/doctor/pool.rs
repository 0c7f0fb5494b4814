//! The contract: the code that this executable was made for, and a guard that still lets nodes in.

use linkpool_chain::Chain;
use linkpool_contracts::Artefact;
use linkpool_primitives::{Address, checksum};

use super::report::Report;
use crate::guard::Numbers;

pub async fn check(chain: &Chain, pool: Address, report: &mut Report) {
    let shown = checksum(&pool);
    match chain.code(pool).await {
        Err(error) => return report.fail("contract", error.to_string(), "repeat when the endpoint answers"),
        Ok(code) if code.is_empty() => {
            let sentence = format!("there is no contract at {shown}");
            return report.fail("contract-code", sentence, "correct chain.pool, or chain.rpc_url");
        }
        Ok(code) if !Artefact::StakingPool.is_code(&code) => {
            let sentence = format!("the code at {shown} is not the StakingPool of this executable");
            report.fail("contract-code", sentence, "correct chain.pool, or use the executable that was made for it");
        }
        Ok(_) => report.ok("contract-code", format!("the code at {shown} is this executable's StakingPool")),
    }
    if let Err(error) = guard(chain, pool, report).await {
        report.fail("guard", error.to_string(), "repeat when the endpoint answers");
    }
}

/// The report of the network's size, which the contract stops to believe after a while.
async fn guard(chain: &Chain, pool: Address, report: &mut Report) -> linkpool_chain::Result<()> {
    let numbers = Numbers::read(chain, pool, &chain.heads().await?.head).await?;
    let (age, longest) = (numbers.age(), numbers.report_age);
    let to_do = "start the reporter (`linkpool reporter`), or have the account with that role report the network's size";
    if numbers.is_stale() {
        let sentence = format!(
            "the network's size was last reported {} ago, and counts for {}: no node can be registered",
            days(age),
            days(longest)
        );
        report.fail("guard-report", sentence, to_do);
    } else if age > longest / 5 * 4 {
        report.warn("guard-report", format!("the report of the network's size expires in {}", days(longest - age)), to_do);
    } else {
        report.ok("guard-report", format!("the network's size, {} nodes, was reported {} ago", numbers.reported, days(age)));
    }
    if numbers.available() == 0 && !numbers.is_stale() {
        report.warn(
            "guard",
            "the pool has its whole share of the network: no node can be registered",
            "wait until the network has grown",
        );
    }
    Ok(())
}

fn days(seconds: u64) -> String {
    if seconds >= 172_800 { format!("{} days", seconds / 86_400) } else { format!("{} hours", seconds / 3_600) }
}
