//! The router with its layers, and the loop that serves it.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderName, Method},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::get,
};
use linkpool_db::Reader;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::{
    compression::CompressionLayer,
    cors::{Any, CorsLayer},
};

use crate::{
    ApiConfig, BASE, Error, Result, boundary,
    cache::{self, Answers},
    health::{HealthCache, LOOK_TIMEOUT, Readiness},
    limits::{self, RequestLimiter, StreamLimiter},
    listen,
    live::Live,
    looks::Looks,
    openapi::{self, Documented},
    page,
    present::Presents,
    problem::{self, NOT_FOUND, Problem},
    state::{Api, Shared},
    statistics::Statistics,
};

/// How long a browser may remember that it may ask.
const PREFLIGHT_MAX_AGE: Duration = Duration::from_secs(86_400);

/// Serves the API and the page on `listener` until `shutdown`; open requests are answered first.
pub async fn serve(config: ApiConfig, database: Reader, listener: TcpListener, shutdown: CancellationToken) -> Result<()> {
    let router = router(config, database, shutdown.clone())?;
    listen::serve(listener, router, shutdown).await;
    Ok(())
}

/// The whole service. Starts the task that follows the database until `shutdown`.
///
/// # Errors
/// [`Error::NoDemoWallet`] if the configuration asks for one and the feature `dev` is missing.
pub fn router(config: ApiConfig, database: Reader, shutdown: CancellationToken) -> Result<Router> {
    if config.dev.is_some() && cfg!(not(feature = "dev")) {
        return Err(Error::NoDemoWallet);
    }
    let statistics = Arc::new(Statistics::default());
    let api: Api = Arc::new(Shared {
        live: Live::start(database.clone(), statistics.clone(), shutdown.clone()),
        looks: Looks::start(database.clone(), shutdown.clone()),
        statistics,
        work: crate::work::Work::default(),
        presents: Presents::default(),
        answers: Answers::default(),
        readiness: Readiness::default(),
        health: HealthCache::default(),
        requests: RequestLimiter::new(config.limits),
        streams: StreamLimiter::new(config.limits),
        database,
        config,
        shutdown,
    });
    let Documented { of_a_block, by_the_clock, service } = openapi::documented();
    let versioned = Router::from(of_a_block)
        .route_layer(from_fn_with_state(api.clone(), cache::keep))
        .merge(Router::from(by_the_clock))
        .fallback(unknown)
        .layer(from_fn_with_state(api.clone(), public))
        .layer(cors());
    let service = Router::from(service).route("/problems/{code}", get(problem::explain)).layer(cors());
    let router = service.nest(BASE, versioned);
    #[cfg(feature = "dev")]
    let router = match &api.config.dev {
        Some(dev) => router.merge(crate::dev::routes(dev)),
        None => router,
    };
    let router = router.fallback(get(page::get_page));
    Ok(router.layer(from_fn(boundary::boundary)).layer(CompressionLayer::new()).with_state(api))
}

/// What holds for every path of a version. One layer, because axum copies all that lie behind a layer, twice, for each request.
async fn public(State(api): State<Api>, request: Request, next: Next) -> Response {
    let in_time = |request| deadline(&api, next.run(request));
    limits::limited(&api, request, |request| cache::conditional(&api, request, in_time)).await
}

/// Whoever waits for a database that is gone is told so; where it is there and busy, each statement has its own bound.
async fn deadline(api: &Api, answer: impl Future<Output = Response>) -> Response {
    tokio::select! {
        biased;
        answer = answer => answer,
        () = api.live.gone_for(LOOK_TIMEOUT) => Problem::unavailable().into_response(),
    }
}

async fn unknown(uri: axum::http::Uri) -> Response {
    let detail = format!("there is no `{}{}`; the paths are listed in {BASE}/openapi.json", BASE, uri.path());
    Problem::new(&NOT_FOUND, detail).into_response()
}

/// Anybody's page may read; nobody's credentials count.
fn cors() -> CorsLayer {
    let exposed = ["etag", "link", "retry-after", "ratelimit", "ratelimit-policy", "x-request-id"];
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::HEAD])
        // Programs send names of their own; none of them means anything here.
        .allow_headers(Any)
        .expose_headers(exposed.map(HeaderName::from_static))
        .max_age(PREFLIGHT_MAX_AGE)
}
