//! How many requests there are, of which route, with which outcome, and how long they take.

use std::time::Duration;

use axum::{extract::MatchedPath, http::StatusCode};

/// The page's files, and whatever is asked for that is not there: what clients write never becomes a label.
const OTHER: &str = "other";

/// An answer is begun. Of a stream that is its first byte and not its end.
pub(crate) fn record(route: Option<&MatchedPath>, status: StatusCode, elapsed: Duration) {
    let route = route.map_or(OTHER, MatchedPath::as_str).to_owned();
    metrics::counter!("linkpool_api_requests_total", "route" => route.clone(), "status" => status.as_str().to_owned())
        .increment(1);
    metrics::histogram!("linkpool_api_request_duration_seconds", "route" => route).record(elapsed);
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
        assert!(text.contains(r#"linkpool_api_request_duration_seconds_count{route="/api/v1/nodes/{address}"} 2"#), "{text}");
    }
}
