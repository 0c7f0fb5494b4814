//! The nodes' Operator contracts: each is one, and lets its node answer.

use linkpool_chain::Chain;
use linkpool_db::{Database, fleet::Phase};

use super::report::Report;
use crate::commands::operator_contract;

pub async fn check(chain: &Chain, database: &Database, report: &mut Report) {
    let nodes = match database.fleet_nodes().await {
        Ok(nodes) => nodes,
        Err(error) => return report.fail("operator", error.to_string(), "repeat when the database answers"),
    };
    let named = nodes.iter().filter(|node| node.phase != Phase::Quarantined);
    let (mut good, mut ill) = (0, 0);
    for (node, operator) in named.filter_map(|node| Some((node, node.operator?))) {
        match operator_contract::lacks(chain, operator, node.wallet).await {
            Ok(None) => good += 1,
            Ok(Some(lacks)) => {
                ill += 1;
                let to_do = format!("until then node {} earns nothing; `linkpool node operator` names another", node.id);
                report.fail("operator", format!("node {}: {lacks}", node.id), to_do);
            }
            Err(error) => return report.fail("operator", error.to_string(), "repeat when the endpoint answers"),
        }
    }
    if good > 0 && ill == 0 {
        report.ok("operator", format!("{good} of {} nodes have an Operator that lets them answer", nodes.len()));
    }
}
