//! From where to where each number of the settings goes. What lies outside is refused at the start, with the setting, the value and
//! the range: a number that makes no sense must not become a panic, a busy loop or a wait of centuries later.

use anyhow::Result;
use figment::{Figment, value::Value};

use crate::failure::Failure;

/// Longest of everything that is counted in milliseconds: a day.
const DAY_MS: u64 = 86_400_000;
/// Longest of everything that is counted in seconds: a year.
const YEAR_S: u64 = 31_536_000;
/// Largest id of a chain, and highest block: both are `bigint` in the database.
const BIGINT: u64 = i64::MAX as u64;

/// Setting, least, most. Polling faster than every 10 ms costs an endpoint's patience and brings nothing. A test has every number of the settings stand here.
const RANGES: &[(&str, u64, u64)] = &[
    ("chain.chain_id", 1, BIGINT),
    ("chain.deploy_block", 0, BIGINT),
    ("chain.quorum", 1, 16),
    ("chain.receipt_quorum", 1, 16),
    ("chain.statistics_seconds", 0, YEAR_S),
    ("database.max_connections", 1, 1_000),
    ("indexer.poll_ms", 10, DAY_MS),
    ("indexer.range_blocks", 1, 1_000_000),
    ("indexer.verify_every_s", 0, YEAR_S),
    ("indexer.verify_rows", 0, 100_000),
    ("api.requests_per_second", 1, 1_000_000),
    ("api.burst", 1, 1_000_000),
    ("api.streams_per_client", 1, 1_000_000),
    ("api.streams", 1, 1_000_000),
    ("fleet.lease_duration_ms", 500, DAY_MS),
    ("fleet.lease_refresh_ms", 50, DAY_MS),
    ("fleet.node_memory_mib", 100, 1 << 20),
    ("ecs.cpu", 512, 16_384),
    ("ecs.memory_mib", 1_024, 122_880),
    ("fleet.retire_hook_seconds", 1, 86_400),
    ("fleet.dump_keep_days", 1, 36_500),
    ("autoscale.low_water_link", 0, 1_000_000_000),
    ("autoscale.max_step", 1, 50),
    ("autoscale.adds_per_hour", 0, 1_000_000),
    ("autoscale.adds_per_day", 0, 1_000_000),
    ("autoscale.provision_seconds", 60, 86_400),
    ("autoscale.max_failed", 1, 1_000),
    ("autoscale.dwell_seconds", 0, YEAR_S),
    ("autoscale.reopen_percent", 1, 100),
    ("rollout.parallel", 1, 100),
    ("rollout.bake_seconds", 0, 604_800),
    ("rollout.waiting_seconds", 0, 3_600),
    ("rollout.ready_seconds", 0, 3_600),
    ("rollout.step_patience_seconds", 10, 86_400),
    ("registrar.registrations_per_hour", 0, 1_000_000),
    ("registrar.registrations_per_day", 0, 1_000_000),
    ("registrar.confirmations", 1, 100_000),
    ("registrar.nodes_interval_seconds", 1, YEAR_S),
    ("registrar.audit_interval_seconds", 1, YEAR_S),
    ("registrar.balances_interval_seconds", 1, YEAR_S),
    ("reporter.size", 1, u32::MAX as u64),
    // The pool says how long it counts a report; the role compares.
    ("reporter.report_after_hours", 1, 8_760),
    ("reporter.poll_ms", 10, DAY_MS),
    ("earnings.link_eth_feed_max_age_hours", 1, 8_760),
    ("earnings.least_link", 0, 1_000_000_000),
    ("earnings.interval_hours", 1, 8_760),
    ("earnings.latest_days", 1, 365),
    ("earnings.max_cost_percent", 1, 100),
    ("earnings.silent_hours", 1, 8_760),
    ("earnings.poll_ms", 10, DAY_MS),
    ("transactions.max_fee_gwei", 1, 1_000_000_000),
    ("transactions.max_tip_gwei", 1, 1_000_000_000),
    ("transactions.tip_gwei", 0, 1_000_000_000),
    ("transactions.max_in_flight", 1, 1_000),
    ("transactions.replace_after_blocks", 1, 100_000),
    ("transactions.max_replacements", 0, 1_000),
    ("transactions.poll_ms", 10, DAY_MS),
    ("doctor.lag_blocks", 0, BIGINT),
    ("doctor.head_age_seconds", 1, YEAR_S),
    ("doctor.clock_skew_seconds", 0, YEAR_S),
    ("deploy.timelock_delay_seconds", 1, 10 * YEAR_S),
    ("deploy.fee_bps", 0, 10_000),
    ("deploy.max_share_bps", 1, 10_000),
    ("deploy.default_cap_link", 1, 1_000_000_000),
    ("deploy.network_ceiling", 1, u32::MAX as u64),
    ("deploy.network_reported", 1, u32::MAX as u64),
    ("deploy.registrations_at_once", 1, u32::MAX as u64),
    ("deploy.registrations_per_day", 1, u32::MAX as u64),
];

/// Of each of `[[chain.endpoints]]`. With less time a healthy endpoint far away would look dead.
const ENDPOINT: &[(&str, u64, u64)] = &[("timeout_ms", 100, 600_000)];

/// Refuses the first number that is out of its range.
pub(super) fn check(settings: &Figment) -> Result<()> {
    for &(setting, least, most) in RANGES {
        if let Ok(value) = settings.find_value(setting) {
            within(setting, &value, least, most)?;
        }
    }
    let endpoints = settings.find_value("chain.endpoints").ok();
    for (index, endpoint) in endpoints.iter().flat_map(entries).enumerate() {
        for &(key, least, most) in ENDPOINT {
            if let Some(value) = endpoint.find_ref(key) {
                within(&format!("chain.endpoints[{index}].{key}"), value, least, most)?;
            }
        }
    }
    Ok(())
}

/// The flag's.
pub(super) fn chain_id(id: u64) -> Result<u64> {
    within("--chain-id", &id.into(), 1, BIGINT).map(|()| id)
}

/// A whole number in the range, or something that is none: the parser says what is wrong with that.
fn within(setting: &str, value: &Value, least: u64, most: u64) -> Result<()> {
    let Some(number) = whole(value) else { return Ok(()) };
    match u64::try_from(number).ok().filter(|number| (least..=most).contains(number)) {
        Some(_) => Ok(()),
        None => Err(Failure::bad_input(format!("{setting} is {number}: it must be between {least} and {most}"))),
    }
}

fn entries(list: &Value) -> &[Value] {
    match list {
        Value::Array(_, entries) => entries,
        _ => &[],
    }
}

fn whole(value: &Value) -> Option<i128> {
    match value {
        Value::Num(_, number) => {
            number.to_i128().or_else(|| number.to_u128().map(|number| i128::try_from(number).unwrap_or(i128::MAX)))
        }
        // A variable with more digits than any number type arrives as text.
        Value::String(_, text) => text.trim().parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
