//! The listener.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use axum::{
    Json, Router,
    extract::State as Shared,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Serialize;
use tokio::{net::TcpListener, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::{Heartbeat, Recorder, heartbeat::Reading};

/// Longest time that an answer waits for the role's figures; a supervisor gives up soon after.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(3);

/// Longest time for one source of figures. Shorter than the bound of a whole answer, so that a source that does not answer is still
/// told to be silent, and shorter than any time-out of the source's own client.
pub const SOURCE_TIMEOUT: Duration = Duration::from_secs(2);

/// How long a role may go without a pass that succeeds before it counts as standing still.
const MAX_PASS_AGE: Duration = Duration::from_secs(60);

/// How a role is, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It does its work, or stands by for the instance that does.
    Ok,
    /// It has not made its first pass yet.
    Starting,
    /// It can't work before somebody else has done something; the detail says what. Another start would not help.
    Waiting,
    /// It has made no pass for too long.
    Stalled,
}

/// The body of `/health` and `/ready`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    pub role: &'static str,
    pub state: State,
    /// Whether this instance is the one that works; absent for roles without a leader.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leads: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl Status {
    /// What a pulse says about `role`.
    pub fn of(role: &'static str, heartbeat: &Heartbeat) -> Self {
        Self::from(role, heartbeat.read())
    }

    fn from(role: &'static str, reading: Reading) -> Self {
        // The first pass has no more time than the others.
        let since = reading.since_pass.unwrap_or(reading.age);
        let state = match reading.since_pass {
            _ if reading.waits => State::Waiting,
            _ if since > MAX_PASS_AGE => State::Stalled,
            None => State::Starting,
            Some(_) => State::Ok,
        };
        Self { role, state, leads: reading.leads, detail: reading.trouble }
    }
}

#[async_trait]
pub trait Role: Send + Sync + 'static {
    async fn status(&self) -> Status;

    /// Brings the metrics up to date that are read and not counted. A failure leaves them as they were.
    async fn refresh(&self);
}

#[derive(Clone)]
struct Asked {
    role: Arc<dyn Role>,
    recorder: Recorder,
}

/// Serves the three paths on `listener` until `shutdown`.
pub async fn serve(
    listener: TcpListener,
    role: Arc<dyn Role>,
    recorder: Recorder,
    shutdown: CancellationToken,
) -> std::io::Result<()> {
    tokio::spawn(shutdown.clone().run_until_cancelled_owned(recorder.clone().keep_folding()));
    let router = Router::new()
        .route("/health", get(health))
        .route("/ready", get(ready))
        .route("/metrics", get(metrics))
        .with_state(Asked { role, recorder });
    axum::serve(listener, router).with_graceful_shutdown(shutdown.cancelled_owned()).await
}

async fn health(Shared(asked): Shared<Asked>) -> Response {
    let status = asked.role.status().await;
    let code = if status.state == State::Stalled { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    answer(code, status)
}

async fn ready(Shared(asked): Shared<Asked>) -> Response {
    let status = asked.role.status().await;
    let is_ready = !matches!(status.state, State::Starting | State::Waiting);
    let code = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    answer(code, status)
}

async fn metrics(Shared(asked): Shared<Asked>) -> Response {
    // Too late is as good as not at all: the older figures are shown.
    let _ = timeout(ANSWER_TIMEOUT, asked.role.refresh()).await;
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    ([(header::CONTENT_TYPE, kind)], asked.recorder.render()).into_response()
}

fn answer(code: StatusCode, status: Status) -> Response {
    (code, [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(status)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Clock(Heartbeat);

    #[async_trait]
    impl Role for Clock {
        async fn status(&self) -> Status {
            Status::of("clock", &self.0)
        }

        async fn refresh(&self) {
            ::metrics::gauge!("linkpool_test_refreshes").increment(1.0);
        }
    }

    async fn get(base: &str, path: &str) -> Result<(u16, String), reqwest::Error> {
        let client = reqwest::Client::builder().tls_certs_only([]).build()?;
        let answer = client.get(format!("{base}{path}")).send().await?;
        Ok((answer.status().as_u16(), answer.text().await?))
    }

    #[test]
    fn a_role_stands_still_when_no_pass_comes_for_a_minute_the_first_included() {
        let state = |since_pass: Option<u64>, age, waits| {
            let since_pass = since_pass.map(Duration::from_secs);
            let reading = Reading { since_pass, age: Duration::from_secs(age), waits, leads: None, trouble: None };
            Status::from("clock", reading).state
        };
        assert_eq!([state(None, 59, false), state(None, 61, false)], [State::Starting, State::Stalled]);
        assert_eq!([state(Some(59), 900, false), state(Some(61), 900, false)], [State::Ok, State::Stalled]);
        assert_eq!([state(None, 900, true), state(Some(900), 900, true)], [State::Waiting, State::Waiting]);
    }

    #[tokio::test]
    async fn a_role_is_ready_after_its_first_pass_and_its_metrics_are_read_when_asked() -> Result<(), Box<dyn std::error::Error>>
    {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let base = format!("http://{}", listener.local_addr()?);
        let (heartbeat, shutdown) = (Heartbeat::default(), CancellationToken::new());
        let task = tokio::spawn(serve(listener, Arc::new(Clock(heartbeat.clone())), Recorder::install()?, shutdown.clone()));
        assert_eq!(get(&base, "/ready").await?.0, 503);
        assert_eq!(get(&base, "/health").await?, (200, r#"{"role":"clock","state":"starting"}"#.into()));
        heartbeat.wait("the owner must call setRoles");
        let waiting = r#"{"role":"clock","state":"waiting","detail":"the owner must call setRoles"}"#;
        assert_eq!(get(&base, "/health").await?, (200, waiting.into()));
        assert_eq!(get(&base, "/ready").await?, (503, waiting.into()));
        heartbeat.ok(false);
        assert_eq!(get(&base, "/ready").await?, (200, r#"{"role":"clock","state":"ok","leads":false}"#.into()));
        heartbeat.failed("the database is unreachable");
        assert!(get(&base, "/health").await?.1.contains("the database is unreachable"));
        let (_, text) = get(&base, "/metrics").await?;
        assert!(text.contains("# TYPE linkpool_test_refreshes gauge\nlinkpool_test_refreshes 1"), "{text}");
        assert_eq!(get(&base, "/secrets").await?.0, 404);
        shutdown.cancel();
        task.await??;
        Ok(())
    }
}
