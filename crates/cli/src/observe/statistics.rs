//! Metrics that are read when somebody asks, rather than counted. A source that does not answer leaves its figures as they were,
//! and `linkpool_statistics_fresh` says so.

use std::future::Future;

use linkpool_chain::Chain;
use linkpool_db::{
    Database,
    fleet::{Phase, RolloutStep},
    tx::Account,
};
use linkpool_health::{Heartbeat, SOURCE_TIMEOUT};
use linkpool_primitives::{Address, AnnouncementState};
use metrics::gauge;
use tokio::time::timeout;

use super::recent::Recent;
use crate::guard::Numbers;

/// The words of every label, so that a series is there before its first event: an alert on an absent series never fires.
const PAIR_HEALTHS: [&str; 3] = ["down", "degraded", "healthy"];
const REPLICA_STATES: [&str; 6] = ["starting", "waiting", "serving", "failing", "backing_off", "stopped"];
const REQUEST_STATES: [&str; 6] = ["queued", "assigned", "done", "failed", "refused", "cancelled"];
const FINDINGS: [&str; 5] = ["unknown", "missing", "closed", "retired", "quarantined"];

/// Before the first pass, and where nothing was ever compared: longer ago than any bound, so that an alert on age fires.
const NEVER: f64 = f64::INFINITY;

pub fn leader(role: &'static str, heartbeat: &Heartbeat) {
    gauge!("linkpool_lease_held", "role" => role).set(f64::from(u8::from(heartbeat.read().leads == Some(true))));
    passes(role, heartbeat);
}

/// Of a role without a leader.
pub fn passes(role: &'static str, heartbeat: &Heartbeat) {
    let since = heartbeat.read().since_pass.map_or(NEVER, |since| since.as_secs_f64());
    gauge!("linkpool_seconds_since_pass", "role" => role).set(since);
}

pub async fn index(database: &Database) {
    let Some(Some(cursor)) = read("index", database.cursor()).await else { return };
    let (head, indexed) = (cursor.tags.head, cursor.block.number);
    gauge!("linkpool_indexer_head_block").set(number(head));
    gauge!("linkpool_indexer_indexed_block").set(number(indexed));
    gauge!("linkpool_indexer_lag_blocks").set(number(head.saturating_sub(indexed)));
    gauge!("linkpool_indexer_silent_seconds").set(number(cursor.seen_seconds_ago));
    gauge!("linkpool_indexer_stopped").set(f64::from(u8::from(!cursor.state.is_moving())));
    let Some(announced) = read("index", database.open_announcements()).await else { return };
    for state in [AnnouncementState::Waiting, AnnouncementState::Ready] {
        let count = announced.iter().filter(|announced| announced.state == state).count();
        gauge!("linkpool_announcements", "state" => state.as_str()).set(count as f64);
    }
}

/// Whether the database answers, for a role that has no other figures.
pub async fn database(database: &Database) {
    let _ = read("database", database.clock()).await;
}

pub async fn fleet(database: &Database) {
    metrics::counter!("linkpool_fleet_replacements_total").increment(0);
    let Some(statistics) = read("database", database.fleet_statistics()).await else { return };
    let count = |counts: &std::collections::BTreeMap<String, i64>, key: &str| *counts.get(key).unwrap_or(&0) as f64;
    for phase in Phase::WORDS.iter().copied() {
        gauge!("linkpool_fleet_nodes", "phase" => phase).set(count(&statistics.nodes_by_phase, phase));
    }
    for health in PAIR_HEALTHS {
        gauge!("linkpool_fleet_nodes_by_health", "health" => health).set(count(&statistics.nodes_by_health, health));
    }
    for state in REPLICA_STATES {
        gauge!("linkpool_fleet_replicas", "state" => state).set(count(&statistics.replicas_by_state, state));
    }
    for step in RolloutStep::WORDS.iter().copied() {
        gauge!("linkpool_rollout_nodes", "step" => step).set(count(&statistics.rollout_nodes_by_step, step));
    }
    let flag = |holds: bool| f64::from(u8::from(holds));
    gauge!("linkpool_autoscale_blocked").set(flag(statistics.is_autoscale_blocked));
    gauge!("linkpool_autoscale_stopped").set(flag(statistics.is_autoscale_stopped));
    gauge!("linkpool_fleet_nodes_not_kept").set(statistics.nodes_not_kept as f64);
    gauge!("linkpool_rollout_halted").set(flag(statistics.is_rollout_halted));
}

/// The duties of the registrar: transactions, nodes on their way, and the audit.
pub async fn registrar(database: &Database) {
    let Some(statistics) = read("database", database.fleet_statistics()).await else { return };
    for state in REQUEST_STATES {
        let count = *statistics.requests_by_state.get(state).unwrap_or(&0) as f64;
        gauge!("linkpool_tx_requests", "role" => "registrar", "state" => state).set(count);
    }
    gauge!("linkpool_tx_oldest_pending_seconds", "role" => "registrar").set(statistics.oldest_pending_seconds);
    gauge!("linkpool_registrar_time_to_open_seconds").set(statistics.opened_in_seconds.unwrap_or(f64::NAN));
    for kind in FINDINGS {
        let count = *statistics.findings_by_kind.get(kind).unwrap_or(&0) as f64;
        gauge!("linkpool_audit_findings", "kind" => kind).set(count);
    }
    gauge!("linkpool_audit_age_seconds").set(statistics.audit_age_seconds.unwrap_or(NEVER));
}

/// Nonce and balance of an account.
pub type Holdings = (u64, u128);

/// The account with which `role` sends, as the database and as the chain know it.
pub async fn signer(role: &'static str, database: &Database, (chain, known): (&Chain, &Recent<Holdings>), account: &Account) {
    for answer in ["accepted", "no_answer", "insufficient_funds"] {
        metrics::counter!("linkpool_tx_sends_total", "answer" => answer).increment(0);
    }
    metrics::counter!("linkpool_tx_reorged_total").increment(0);
    let holdings = async { anyhow::Ok((chain.nonce(account.address).await?, chain.balance(account.address).await?)) };
    let found = async {
        // The chain first: what it had a while ago the database has not forgotten.
        let holdings = known.or(holdings).await?;
        anyhow::Ok((database.signer_state(account).await?, holdings))
    };
    let Some((state, (nonce, balance_wei))) = read("signer", found).await else { return };
    gauge!("linkpool_tx_nonce", "role" => role, "of" => "chain").set(number(nonce));
    gauge!("linkpool_tx_balance_wei", "role" => role).set(balance_wei as f64);
    let counted = state.as_ref().map_or(nonce, |state| state.next_nonce);
    gauge!("linkpool_tx_nonces_ahead_of_database", "role" => role).set(number(nonce.saturating_sub(counted)));
    let (used_elsewhere, halted, fees_wei) =
        state.as_ref().map_or((0, false, 0), |state| (state.used_elsewhere, state.halted.is_some(), state.fees_today_wei));
    gauge!("linkpool_tx_nonce", "role" => role, "of" => "database").set(number(counted));
    gauge!("linkpool_tx_nonces_used_elsewhere", "role" => role).set(number(used_elsewhere));
    gauge!("linkpool_tx_halted", "role" => role).set(f64::from(u8::from(halted)));
    gauge!("linkpool_tx_fees_24h_wei", "role" => role).set(fees_wei as f64);
}

/// Whether one more node may be registered, by the contract's own sum.
pub async fn guard((chain, known): (&Chain, &Recent<Numbers>), pool: Address) {
    let found = async { Numbers::read(chain, pool, &chain.told_newest().await?.answer).await };
    let Some(numbers) = read("guard", known.or(found)).await else { return };
    let network = f64::from(numbers.network());
    let share = if network > 0.0 { f64::from(numbers.live_nodes) / network } else { 1.0 };
    gauge!("linkpool_guard_share_ratio").set(share);
    gauge!("linkpool_guard_blocked").set(f64::from(u8::from(!numbers.is_open())));
    gauge!("linkpool_guard_report_age_seconds").set(number(numbers.age()));
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

/// What a source says within its time; `linkpool_statistics_fresh` shows whether it did. Its own client may wait longer than
/// whoever asks for the metrics does, and a silence that is never told looks like an old good answer.
async fn read<T, E>(source: &'static str, reading: impl Future<Output = Result<T, E>>) -> Option<T> {
    let answer = timeout(SOURCE_TIMEOUT, reading).await.ok().and_then(Result::ok);
    gauge!("linkpool_statistics_fresh", "source" => source).set(f64::from(u8::from(answer.is_some())));
    answer
}

/// Exact up to 2^53, beyond which nothing here goes.
fn number(value: u64) -> f64 {
    value as f64
}
