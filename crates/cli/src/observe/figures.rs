//! Metrics that are read when somebody asks, rather than counted. A source that does not answer leaves its figures as they were,
//! and `linkpool_figures_fresh` says so.

use linkpool_chain::Chain;
use linkpool_contracts::pool::{registryCall, termsCall};
use linkpool_db::{
    Database,
    fleet::{FleetFigures, Phase},
    registrar::Account,
};
use linkpool_health::Pulse;
use linkpool_primitives::Address;
use metrics::gauge;

/// The words of every label, so that a series is there before its first event: an alert on an absent series never fires.
const HEALTHS: [&str; 3] = ["down", "degraded", "healthy"];
const REPLICA_STATES: [&str; 6] = ["starting", "waiting", "serving", "failing", "backing_off", "stopped"];
const INTENT_STATES: [&str; 6] = ["queued", "assigned", "done", "failed", "refused", "cancelled"];
const FINDINGS: [&str; 5] = ["unknown", "missing", "closed", "retired", "quarantined"];

/// Basis points of one.
const BPS: f64 = 10_000.0;

pub fn leader(role: &'static str, pulse: &Pulse) {
    let reading = pulse.read();
    gauge!("linkpool_lease_held", "role" => role).set(f64::from(u8::from(reading.leads == Some(true))));
    if let Some(since) = reading.since_pass {
        gauge!("linkpool_seconds_since_pass", "role" => role).set(since);
    }
}

pub async fn index(database: &Database) {
    let cursor = database.cursor().await;
    fresh("index", cursor.is_ok());
    let Ok(Some(cursor)) = cursor else { return };
    let (head, indexed) = (cursor.tags.head, cursor.block.number);
    gauge!("linkpool_indexer_head_block").set(number(head));
    gauge!("linkpool_indexer_indexed_block").set(number(indexed));
    gauge!("linkpool_indexer_lag_blocks").set(number(head.saturating_sub(indexed)));
    gauge!("linkpool_indexer_silent_seconds").set(number(cursor.seen_seconds_ago));
    gauge!("linkpool_indexer_stopped")
        .set(f64::from(u8::from(!matches!(cursor.state.as_str(), "ok" | "backfilling" | "cannot-recheck"))));
}

pub async fn fleet(database: &Database) {
    let Some(figures) = read(database).await else { return };
    let count = |counts: &std::collections::BTreeMap<String, i64>, key: &str| *counts.get(key).unwrap_or(&0) as f64;
    for phase in Phase::ALL.map(Phase::as_str) {
        gauge!("linkpool_fleet_nodes", "phase" => phase).set(count(&figures.nodes_by_phase, phase));
    }
    for health in HEALTHS {
        gauge!("linkpool_fleet_nodes_by_health", "health" => health).set(count(&figures.nodes_by_health, health));
    }
    for state in REPLICA_STATES {
        gauge!("linkpool_fleet_replicas", "state" => state).set(count(&figures.replicas_by_state, state));
    }
    metrics::counter!("linkpool_fleet_replacements_total").increment(0);
}

pub async fn transactions(database: &Database, account: &Account) {
    for answer in ["accepted", "no_answer", "no_funds"] {
        metrics::counter!("linkpool_registrar_sends_total", "answer" => answer).increment(0);
    }
    metrics::counter!("linkpool_registrar_reorged_total").increment(0);
    let Some(figures) = read(database).await else { return };
    for state in INTENT_STATES {
        let count = *figures.intents_by_state.get(state).unwrap_or(&0) as f64;
        gauge!("linkpool_registrar_intents", "state" => state).set(count);
    }
    gauge!("linkpool_registrar_oldest_pending_seconds").set(figures.oldest_pending_seconds);
    gauge!("linkpool_registrar_time_to_open_seconds").set(figures.opened_in_seconds.unwrap_or_default());
    for kind in FINDINGS {
        let count = *figures.findings_by_kind.get(kind).unwrap_or(&0) as f64;
        gauge!("linkpool_audit_findings", "kind" => kind).set(count);
    }
    gauge!("linkpool_audit_age_seconds").set(figures.audit_age_seconds.unwrap_or_default());
    if let Ok(Some(state)) = database.signer_state(account).await {
        gauge!("linkpool_registrar_nonce", "of" => "database").set(number(state.next_nonce));
        gauge!("linkpool_registrar_foreign_nonces").set(number(state.foreign));
        gauge!("linkpool_registrar_halted").set(f64::from(u8::from(state.halted.is_some())));
        gauge!("linkpool_registrar_fees_24h_wei").set(state.fees_today_wei as f64);
    }
}

pub async fn signer(database: &Database, chain: &Chain, account: &Account) {
    let found = async {
        let (nonce, balance_wei) = (chain.nonce(account.address).await?, chain.balance(account.address).await?);
        gauge!("linkpool_registrar_nonce", "of" => "chain").set(number(nonce));
        gauge!("linkpool_registrar_signer_balance_wei").set(balance_wei as f64);
        let counted = database.signer_state(account).await?.map_or(nonce, |state| state.next_nonce);
        gauge!("linkpool_registrar_nonces_ahead_of_database").set(number(nonce.saturating_sub(counted)));
        anyhow::Ok(())
    };
    fresh("signer", found.await.is_ok());
}

/// The contract's own arithmetic: ours against the largest share of the smaller of report and ceiling.
pub async fn guard(chain: &Chain, pool: Address) {
    let found = async {
        let head = chain.heads().await?.head;
        let registry = chain.call_at(pool, &registryCall {}, head.hash).await?;
        let terms = chain.call_at(pool, &termsCall {}, head.hash).await?;
        let network = f64::from(registry.reported.min(registry.ceiling));
        let ours = f64::from(registry.liveNodes);
        let share = if network > 0.0 { ours / network } else { 1.0 };
        let age = head.timestamp.saturating_sub(registry.reportedAt.to::<u64>());
        let expired = age > terms.reportAge.to::<u64>();
        let full = (ours + 1.0) * BPS > f64::from(terms.maxShareBps) * network;
        gauge!("linkpool_guard_share_ratio").set(share);
        gauge!("linkpool_guard_blocked").set(f64::from(u8::from(expired || full)));
        gauge!("linkpool_guard_report_age_seconds").set(number(age));
        anyhow::Ok(())
    };
    fresh("guard", found.await.is_ok());
}

/// Each endpoint against the highest head that any of them has shown.
pub fn endpoints(chain: &Chain) {
    let endpoints = chain.endpoints();
    let highest = endpoints.iter().filter_map(|endpoint| endpoint.head).max().unwrap_or_default();
    for endpoint in endpoints {
        let up = endpoint.state == linkpool_chain::EndpointState::Ok;
        metrics::counter!("linkpool_rpc_requests_total", "endpoint" => endpoint.name.clone()).absolute(endpoint.requests);
        metrics::counter!("linkpool_rpc_failures_total", "endpoint" => endpoint.name.clone()).absolute(endpoint.failures);
        gauge!("linkpool_rpc_up", "endpoint" => endpoint.name.clone()).set(f64::from(u8::from(up)));
        let lag = endpoint.head.map_or(0, |head| highest.saturating_sub(head));
        gauge!("linkpool_rpc_head_lag_blocks", "endpoint" => endpoint.name).set(number(lag));
    }
}

async fn read(database: &Database) -> Option<FleetFigures> {
    let figures = database.fleet_figures().await;
    fresh("database", figures.is_ok());
    figures.ok()
}

fn fresh(source: &'static str, answered: bool) {
    gauge!("linkpool_figures_fresh", "source" => source).set(f64::from(u8::from(answered)));
}

/// Exact up to 2^53, beyond which nothing here goes.
fn number(value: u64) -> f64 {
    value as f64
}
