//! The operator's listener: calls that make nodes, and how the nodes are. A port of its own, on loopback unless told
//! otherwise, and every call carries a token.
//!
//! | call | answer |
//! |---|---|
//! | `POST /api/v1/operator/nodes` `{"count": 1, "reason": "…"}` with `Idempotency-Key` | 202, the operation with its nodes; the same key and body again: the same operation, 200; 409 with the guard's sum where the contract would refuse one. `"to"` in the place of `"count"`: as many as there are to be in all. `"dry_run": true`: 200, how many and the sum |
//! | `GET /api/v1/operator/scale` | the guard's sum, and what automatic scaling has decided |
//! | `POST /api/v1/operator/scale/override` `{"minutes": 60, "reason": "…"}`, `…/resume` `{"reason": "…"}` | 200: hysteresis, dwell and budgets are lifted for a time, never the contract's sum; automatic scaling goes on after it has stopped |
//! | `GET /api/v1/operator/nodes` | every node of the fleet |
//! | `GET /api/v1/operator/nodes/{id}` | one, with its replicas and history, what it answered in 30 days and what that has brought |
//! | `POST /api/v1/operator/nodes/{id}/close`, `…/reopen` `{"reason": "…", "dry_run": false}` | 202: the registrar is asked to do so on chain; 409 with a sentence where the contract would refuse |
//! | `POST /api/v1/operator/nodes/{id}/quarantine`, `…/release` with the same body | 200: out of every automatic step, and back |
//! | `POST /api/v1/operator/nodes/{id}/operator` `{"operator": "0x…", "reason": "…"}` | 200: names the node's Operator contract, or with null takes it away; 409 where it serves another node |
//! | `POST /api/v1/operator/nodes/{id}/name` `{"name": "…", "reason": "…"}` | 200: what the public calls the node, or with null nothing |
//! | `POST /api/v1/operator/nodes/{id}/drain`, `…/stop`, `…/start` `{"reason": "…"}` | 202: it is closed on chain, and stopped once it is retired and empty; 200: its replicas end (409 while people have stake on it, but for `"force": true`), and run again |
//! | `POST /api/v1/operator/adoptions` `{"wallet": "0x…", "node_id": "…", "reason": "…"}` | 200: a node of the contract that was not known here |
//! | `POST /api/v1/operator/adoptions` `{"lost_node_id": "…", "reason": "…"}` | 200: a node of the fleet that a restored database has forgotten is run again |
//! | `GET /api/v1/operator/jobs` | the bridges and jobs that the fleet's nodes shall have, and how far each node is |
//! | `POST /api/v1/operator/jobs` `{"set": {…}, "reason": "…", "dry_run": false, "version": 3}` | 202: this set counts from now on; 409 where `version` is not the newest; 422 with every mistake, and nothing done |
//! | `POST /api/v1/operator/rollouts` `{"version": "…", "program": "…", "config": "…", "reason": "…", "dry_run": false}` with `Idempotency-Key` | 202: every node is to run this; with `dry_run` 200, the plan. A roll-out that is under way is superseded |
//! | `GET /api/v1/operator/rollout` | the newest roll-out, and how far its nodes are |
//! | `POST /api/v1/operator/rollout/pause`, `…/promote`, `…/abort` `{"reason": "…", "dry_run": false}` | 200: done with the one that is under way; 409 where there is none |
//! | `GET /api/v1/operator/transactions` | those under way, and the newest; `…/{id}` one, with what was signed and asked for |
//! | `POST /api/v1/operator/transactions/{id}/bump`, `…/cancel`, `…/resend` `{"reason": "…", "dry_run": false}` | 202: whoever drives the account is asked; 409 where it is too late, or nobody does |
//! | `GET /api/v1/operator/overview` | all of it at a glance: nodes with their replicas, roll-out, guard and decisions, transactions |
//! | `GET /api/v1/operator/audit` | the newest comparison of the nodes here with those of the contract |
//! | `GET /api/v1/operator/operations/{id}` | an operation with its nodes as they are now |
//! | `GET /api/v1/operator/operations/{id}/stream` | its nodes' events as server-sent events, from the first on |
//!
//! Errors are problem details, as everywhere. At `/` is the page that makes these calls; it asks for the token.

mod actions;
mod audit;
mod authorization;
mod endings;
mod jobs;
mod nodes;
mod operations;
pub mod overview;
mod page;
pub mod rollout_types;
mod rollouts;
mod rules;
pub mod scale_types;
mod scaling;
mod shared;
mod stream;
mod token;
pub mod transaction_types;
mod transactions;
pub mod types;
mod view;
mod work;
pub mod work_types;

use std::sync::Arc;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::Uri,
    middleware::{from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use linkpool_db::Database;
use tokio::{
    net::TcpListener,
    sync::{Semaphore, watch},
};
use tokio_util::sync::CancellationToken;
use tower_http::compression::CompressionLayer;

use self::shared::{BASE, Operator, Shared};
pub use self::{
    rules::{FleetRules, RolloutRules},
    token::{OperatorToken, TokenError},
};
use crate::{
    Result, boundary,
    problem::{NOT_FOUND, Problem},
    work::Work,
};

/// Longest body: a count and a reason.
const MAX_BODY_BYTES: usize = 4096;

/// Most streams open at once: operators are few.
const MAX_STREAMS: usize = 64;

/// Serves the operator's calls on `listener` until `shutdown`. The rules are those of the fleet's settings.
pub async fn serve(
    (token, rules): (OperatorToken, FleetRules),
    database: Database,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> Result<()> {
    let router = router((token, rules), database, shutdown.clone());
    crate::listen::serve(listener, router, shutdown).await;
    Ok(())
}

/// The calls with their layers. Starts the task that listens for changes until `shutdown`.
fn router((token, rules): (OperatorToken, FleetRules), database: Database, shutdown: CancellationToken) -> Router {
    let (changed, changes) = watch::channel(0);
    tokio::spawn(stream::follow(database.clone(), changed, shutdown.clone()));
    let operator: Operator = Arc::new(Shared {
        database,
        token,
        rules,
        changes,
        streams: Arc::new(Semaphore::new(MAX_STREAMS)),
        work: Work::default(),
        shutdown,
    });
    let calls = Router::new()
        .route("/nodes", get(nodes::list).post(nodes::create))
        .route("/nodes/{id}", get(nodes::show))
        .route("/nodes/{id}/close", post(actions::close))
        .route("/nodes/{id}/reopen", post(actions::reopen))
        .route("/nodes/{id}/quarantine", post(actions::quarantine))
        .route("/nodes/{id}/release", post(actions::release))
        .route("/nodes/{id}/operator", post(actions::operator_contract))
        .route("/nodes/{id}/name", post(endings::name))
        .route("/nodes/{id}/drain", post(endings::drain))
        .route("/nodes/{id}/stop", post(endings::stop))
        .route("/nodes/{id}/start", post(endings::start))
        .route("/adoptions", post(actions::adopt))
        .route("/jobs", get(jobs::show).post(jobs::apply).layer(DefaultBodyLimit::max(jobs::MAX_BODY_BYTES)))
        .route("/rollouts", post(rollouts::start).layer(DefaultBodyLimit::max(rollouts::MAX_BODY_BYTES)))
        .route("/rollout", get(rollouts::show))
        .route("/rollout/{action}", post(rollouts::control))
        .route("/scale", get(scaling::show))
        .route("/scale/override", post(scaling::override_guard))
        .route("/scale/resume", post(scaling::resume))
        .route("/overview", get(overview::show))
        .route("/transactions", get(transactions::list))
        .route("/transactions/{id}", get(transactions::show))
        .route("/transactions/{id}/{action}", post(transactions::act))
        .route("/audit", get(audit::show))
        .route("/operations/{id}", get(operations::show))
        .route("/operations/{id}/stream", get(stream::get_stream))
        .fallback(unknown)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(from_fn_with_state(operator.clone(), authorization::require));
    Router::new()
        .nest(BASE, calls)
        .fallback(page::get_page)
        .layer(from_fn(boundary::boundary))
        .layer(CompressionLayer::new())
        .with_state(operator)
}

async fn unknown(uri: Uri) -> Response {
    Problem::new(&NOT_FOUND, format!("there is no `{BASE}{}`; the operator's calls begin with {BASE}/nodes", uri.path()))
        .into_response()
}
