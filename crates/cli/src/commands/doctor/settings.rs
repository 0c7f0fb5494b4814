//! Settings that a role would refuse at its start: told before it is started.

use anyhow::Result;
use linkpool_primitives::Address;

use super::report::Report;
use crate::config::Config;

pub fn check(config: &Config, report: &mut Report) {
    let mut faults = 0;
    let mut look = |checked: Result<()>| {
        if let Err(error) = checked {
            faults += 1;
            report.fail(
                "settings",
                error.to_string(),
                "correct linkpool.toml or the variable: a role refuses to start like this",
            );
        }
    };
    let transactions = config.transactions.settings();
    look(transactions.as_ref().map(drop).map_err(|error| anyhow::anyhow!("{error}")));
    look(config.registrar.settings(Address::ZERO, transactions.unwrap_or_default()).map(drop));
    look(config.doctor.balance_eth.wei("doctor.balance_eth").map(drop));
    look(config.pool().map(drop));
    if config.reporter.is_set() {
        look(config.reporter.settings(Address::ZERO).map(drop));
    }
    if faults == 0 {
        report.ok("settings", "every amount, address and interval is one that the roles take");
    }
}
