//! The outermost layer of every request: its id, its log line, its place in the metrics, and problems in their final form.

use std::time::{Duration, Instant};

use axum::{
    extract::{MatchedPath, Request},
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use tracing::Instrument;

use crate::problem::{Problem, URI_TOO_LONG};

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A longer path is none of ours, and is not repeated in answers and log lines.
const MAX_PATH_BYTES: usize = 2_048;
/// How much of it is.
const SHOWN_PATH_BYTES: usize = 100;

pub(crate) async fn boundary(request: Request, next: Next) -> Response {
    let id = uuid::Uuid::new_v4().simple().to_string();
    let (method, is_too_long) = (request.method().clone(), request.uri().path().len() > MAX_PATH_BYTES);
    let shown = if is_too_long { SHOWN_PATH_BYTES } else { MAX_PATH_BYTES };
    let path: String = request.uri().path().chars().take(shown).collect();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let span = tracing::info_span!("request", id = %id, %method, path = %path);
    async move {
        let started = Instant::now();
        let mut response = if is_too_long {
            Problem::new(&URI_TOO_LONG, format!("the path is longer than {MAX_PATH_BYTES} bytes")).into_response()
        } else {
            next.run(request).await
        };
        let problem = response.extensions_mut().remove::<Problem>();
        let is_refusal = (response.status().is_client_error() || response.status().is_server_error()) && !has_form(&response);
        if let Some(problem) = problem.or_else(|| is_refusal.then(|| Problem::of_status(response.status(), &method, &path))) {
            let mut answer = problem.respond(&path, &id);
            // What the refusal carries besides its body stays: Allow, RateLimit, the CORS headers.
            for (name, value) in response.headers() {
                if name != header::CONTENT_TYPE && name != header::CONTENT_LENGTH {
                    answer.headers_mut().entry(name).or_insert_with(|| value.clone());
                }
            }
            response = answer;
        }
        let headers = response.headers_mut();
        if let Ok(value) = HeaderValue::from_str(&id) {
            headers.insert(REQUEST_ID.clone(), value);
        }
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        record(route.as_ref(), response.status(), started.elapsed());
        let (status, elapsed_ms) = (response.status().as_u16(), started.elapsed().as_millis() as u64);
        // A line is a call of the system under a lock of all threads, about as dear as a kept answer is.
        if response.status().is_server_error() || !method.is_safe() {
            tracing::info!(status, elapsed_ms, "answered");
        } else {
            tracing::debug!(status, elapsed_ms, "answered");
        }
        response
    }
    .instrument(span)
    .await
}

/// Whether a handler chose the body itself. What axum refuses by itself has none, or a line of plain text.
fn has_form(response: &Response) -> bool {
    let media = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    media.is_some_and(|media| !media.starts_with("text/plain"))
}

/// The page's files, and whatever is asked for that is not there: what clients write never becomes a label.
const OTHER: &str = "other";

/// An answer is begun. Of a stream that is its first byte and not its end.
pub(crate) fn record(route: Option<&MatchedPath>, status: StatusCode, elapsed: Duration) {
    let route = route.map_or(OTHER, MatchedPath::as_str).to_owned();
    let status = status.as_str().to_owned();
    metrics::counter!("linkpool_api_requests_total", "route" => route.clone(), "status" => status.clone()).increment(1);
    metrics::histogram!("linkpool_api_request_duration_seconds", "route" => route, "status" => status).record(elapsed);
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, extract::Request, middleware::from_fn, routing::get};
    use metrics_exporter_prometheus::PrometheusBuilder;
    use tower::ServiceExt;

    use crate::{boundary::boundary, problem::Problem};

    #[tokio::test]
    async fn requests_are_counted_by_route_and_status_and_never_by_what_a_client_writes() {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        let _guard = metrics::set_default_local_recorder(&recorder);
        let missing = async || Problem::of_status(axum::http::StatusCode::NOT_FOUND, &axum::http::Method::GET, "/");
        let nodes = Router::new().route("/nodes/{address}", get(async || "a node")).fallback(missing);
        let router = Router::new().nest("/api/v1", nodes).fallback(missing).layer(from_fn(boundary));
        for path in ["/api/v1/nodes/0x01", "/api/v1/nodes/0x02", "/api/v1/made-up-1", "/made-up-2", &"/long".repeat(1_000)] {
            router.clone().oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
        }
        let text = handle.render();
        let counted: Vec<&str> = text.lines().filter(|line| line.starts_with("linkpool_api_requests_total")).collect();
        assert_eq!(counted.len(), 3, "{text}");
        for line in [
            r#"{route="/api/v1/nodes/{address}",status="200"} 2"#,
            r#"{route="other",status="404"} 2"#,
            r#"{route="other",status="414"} 1"#,
        ] {
            assert!(text.contains(&format!("linkpool_api_requests_total{line}")), "{line}: {text}");
        }
        assert!(
            text.contains(r#"linkpool_api_request_duration_seconds_count{route="/api/v1/nodes/{address}",status="200"} 2"#),
            "{text}"
        );
    }
}
