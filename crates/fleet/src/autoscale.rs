//! Whether another node is needed, and whether it may be made. Pure: the same reading gives the same decision, and each is written down
//! with what it was made from.
//!
//! Up only, at most once a finalized block, never from what is not known: an index that does not follow, a network size that is old, or
//! contract terms that nobody has read hold everything.

use std::time::Duration;

use linkpool_db::fleet::{DecisionKind, MAX_NODES_PER_CALL, ProofMode, ScaleDecision, ScaleReading};

/// How automatic scaling behaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AutoscaleRules {
    /// How the wallets of new nodes prove themselves.
    pub proof_mode: ProofMode,
    /// Nodes are made while the open ones and those on their way take less than this; 0: only where none takes any.
    pub low_water_juels: u128,
    /// Most nodes of one decision.
    pub max_step: u16,
    pub adds_per_hour: u32,
    pub adds_per_day: u32,
    /// How long a node may take to open; after that it counts as failed and no more as on its way.
    pub provision_limit: Duration,
    /// After so many failed ones nothing is made until a person has looked.
    pub max_failed: u32,
    /// How long the guard stays closed at least.
    pub dwell: Duration,
    /// How much of what the share allows may be taken for the guard to open again, in percent.
    pub reopen_percent: u8,
    /// Why no node is made at all: a sentence about what to set.
    pub cannot_make: Option<String>,
}

impl AutoscaleRules {
    /// Careful ones.
    pub fn new(proof_mode: ProofMode) -> Self {
        Self {
            proof_mode,
            low_water_juels: 0,
            max_step: 2,
            adds_per_hour: 10,
            adds_per_day: 50,
            provision_limit: Duration::from_secs(1_800),
            max_failed: 3,
            dwell: Duration::from_secs(3_600),
            reopen_percent: 90,
            cannot_make: None,
        }
    }
}

const JUELS_PER_LINK: u128 = 1_000_000_000_000_000_000;

pub(crate) fn decide(reading: &ScaleReading, rules: &AutoscaleRules) -> ScaleDecision {
    match need(reading, rules) {
        Err(decision) => decision,
        Ok((needed, why)) => allow(reading, rules, needed, &why),
    }
}

fn decision(kind: DecisionKind, why: impl Into<String>) -> ScaleDecision {
    ScaleDecision { kind, count: 0, why: why.into(), reopens: false }
}

fn hold(why: impl Into<String>) -> ScaleDecision {
    decision(DecisionKind::Hold, why)
}

/// How many nodes are needed and why, or why nothing is done.
fn need(reading: &ScaleReading, rules: &AutoscaleRules) -> Result<(u128, String), ScaleDecision> {
    if let Some(why) = &reading.stopped_why {
        return Err(hold(format!("stopped: {why}")));
    }
    if let Some(why) = &rules.cannot_make {
        return Err(hold(format!("no node is made: {why}")));
    }
    if reading.failed >= rules.max_failed {
        let why = format!(
            "{} nodes did not open within {} min: `linkpool node list` says why, `linkpool scale resume` goes on",
            reading.failed,
            rules.provision_limit.as_secs() / 60
        );
        return Err(decision(DecisionKind::Stop, why));
    }
    if !reading.is_fresh {
        return Err(hold("the index does not follow the chain: what the nodes still take is not known"));
    }
    if reading.guard.paused_until > reading.guard.now {
        return Err(hold("the pool is paused: another node would take no stake either"));
    }
    match reading.guard.is_stale() {
        None => return Err(hold("the registrar has not read the contract's terms yet")),
        Some(true) => return Err(hold("the network's size was reported too long ago for the contract to count it")),
        Some(false) => {}
    }
    let cap = u128::from(reading.guard.default_cap_link).saturating_mul(JUELS_PER_LINK).max(1);
    let on_its_way = cap.saturating_mul(reading.in_flight.into());
    let available = reading.available_juels.saturating_add(on_its_way);
    let takes_none = reading.stakable_nodes == 0 && reading.in_flight == 0;
    let sum =
        format!("{} LINK fit on open nodes and {} on their way", reading.available_juels / JUELS_PER_LINK, reading.in_flight);
    if !takes_none && available >= rules.low_water_juels {
        return Err(hold(format!("enough is available: {sum}")));
    }
    let lacks = rules.low_water_juels.saturating_sub(available);
    Ok((lacks.div_ceil(cap).max(1), format!("{sum}, less than {} LINK", (rules.low_water_juels / JUELS_PER_LINK).max(1))))
}

/// As many of them as guard and budgets let through.
fn allow(reading: &ScaleReading, rules: &AutoscaleRules, needed: u128, why: &str) -> ScaleDecision {
    let guard = &reading.guard;
    if let Some(network) = reading.blocked_network
        && !reading.is_overridden
        && let Some(kept) = still_blocked(reading, rules, network)
    {
        return hold(format!("blocked by the guard: {kept}"));
    }
    let reopens = reading.blocked_network.is_some();
    let available = guard.available().unwrap_or_default();
    if available == 0 {
        return decision(DecisionKind::Block, format!("{why}; the guard: {}", guard.arithmetic(1)));
    }
    let budget = if reading.is_overridden {
        u32::MAX
    } else {
        let hour = rules.adds_per_hour.saturating_sub(reading.added_last_hour);
        hour.min(rules.adds_per_day.saturating_sub(reading.added_last_day))
    };
    if budget == 0 {
        return ScaleDecision {
            reopens,
            ..hold(format!(
                "{why}; the budget is used up: {} in this hour, {} in this day",
                reading.added_last_hour, reading.added_last_day
            ))
        };
    }
    let most = available.min(budget).min(rules.max_step.min(MAX_NODES_PER_CALL).into());
    let count = u16::try_from(needed.min(most.into())).unwrap_or(1);
    ScaleDecision { kind: DecisionKind::Add, count, why: format!("{why}; {}", guard.arithmetic(count.into())), reopens }
}

/// What keeps the guard closed. The network must have grown: that ours has shrunk is no reason.
fn still_blocked(reading: &ScaleReading, rules: &AutoscaleRules, network: u32) -> Option<String> {
    let guard = &reading.guard;
    if guard.network() <= network {
        return Some(format!("the network has {} nodes and had {network} then; it must have grown", guard.network()));
    }
    if reading.blocked_for.is_none_or(|blocked| blocked < rules.dwell) {
        return Some(format!("it stays closed for {} min at least", rules.dwell.as_secs() / 60));
    }
    let taken = u64::from(guard.live_nodes) + u64::from(guard.in_flight);
    let allowed = taken + u64::from(guard.available().unwrap_or_default());
    let is_roomy = (taken + 1) * 100 <= allowed * u64::from(rules.reopen_percent);
    (!is_roomy).then(|| format!("{taken} of {allowed} nodes are taken; it opens below {} %", rules.reopen_percent))
}

#[cfg(test)]
mod tests;
