//! Answers that replace the node's own while a fault is on.

use std::{convert::Infallible, future::pending, sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::{Request, State},
    http::{
        HeaderName, HeaderValue, StatusCode,
        header::{CONTENT_TYPE, COOKIE, LOCATION},
    },
    middleware::Next,
    response::{Html, IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::stream;

use crate::{Fault, FaultSet, json_api::ApiError, node::Node};

/// Size of the body of `huge-body`, in bytes.
const HUGE_BODY_BYTES: usize = 100_000_000;

/// Piece in which it is sent.
const HUGE_BODY_PIECE: Bytes = Bytes::from_static(&[b' '; 16 * 1024]);

/// Where the switches are; no fault touches it, so that each can be turned off.
pub(super) const SWITCHES_PATH: &str = "/standin/faults";

/// Lets the request through, or answers as the faults want it.
pub(super) async fn answer_with_faults(State(node): State<Arc<Node>>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if path == SWITCHES_PATH {
        return next.run(request).await;
    }
    let faults = node.faults();
    if is_migrating(&faults, &node) {
        let status = if path == "/health" { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND };
        return status.into_response();
    }
    let is_public = matches!(path, "/health" | "/readyz");
    if faults.contains(&Fault::Unauthorized) && !is_public {
        return ApiError::new(StatusCode::UNAUTHORIZED, "Authentication failed").into_response();
    }
    if faults.contains(&Fault::DatabaseTrouble) && !is_public {
        // A session that cannot be looked up is one that has ended.
        let by_session = request.headers().contains_key(COOKIE);
        let detail = if by_session {
            "session missing or expired, please login again"
        } else {
            "failed to connect to `host=127.0.0.1 user=node database=node`: dial error (dial tcp 127.0.0.1:5432: connect: connection refused)"
        };
        return ApiError::new(StatusCode::UNAUTHORIZED, detail).into_response();
    }
    if faults.contains(&Fault::Hang) {
        pending::<()>().await;
    }
    if let Some(answer) = faults.find(replacing_answer) {
        return answer;
    }
    let mut answer = next.run(request).await;
    if faults.contains(&Fault::HugeHeaders) {
        add_huge_headers(&mut answer);
    }
    answer
}

fn is_migrating(faults: &FaultSet, node: &Node) -> bool {
    let time = faults.find(|fault| match fault {
        Fault::Migrating(time) => Some(*time),
        _ => None,
    });
    match time {
        Some(Some(time)) => node.booted_at.elapsed() < time,
        Some(None) => true,
        None => false,
    }
}

fn replacing_answer(fault: &Fault) -> Option<Response> {
    let answer = match fault {
        Fault::Html => Html("<!doctype html><title>Operator UI</title><p>Please sign in</p>").into_response(),
        Fault::Status(204) => StatusCode::NO_CONTENT.into_response(),
        Fault::Status(code) => {
            let status = StatusCode::from_u16(*code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            ApiError::new(status, "switched on as a fault").into_response()
        }
        Fault::Redirect(url) => match HeaderValue::from_str(url) {
            Ok(location) => (StatusCode::FOUND, [(LOCATION, location)]).into_response(),
            Err(_) => StatusCode::FOUND.into_response(),
        },
        Fault::HugeBody => json_stream(huge_body()),
        Fault::SlowBytes(pause) => json_stream(slow_body(*pause)),
        Fault::Garbled => json_stream(Body::from(r#"{"data":[{"type":"eTHKeys","id":"#)),
        _ => return None,
    };
    Some(answer)
}

fn json_stream(body: Body) -> Response {
    ([(CONTENT_TYPE, "application/vnd.api+json")], body).into_response()
}

fn huge_body() -> Body {
    Body::from_stream(stream::unfold(0, |sent| async move {
        let piece = HUGE_BODY_PIECE;
        let sent = sent + piece.len();
        (sent <= HUGE_BODY_BYTES).then_some((Ok::<_, Infallible>(piece), sent))
    }))
}

fn slow_body(pause: Duration) -> Body {
    Body::from_stream(stream::unfold((), move |()| async move {
        tokio::time::sleep(pause).await;
        Some((Ok::<_, Infallible>(Bytes::from_static(b" ")), ()))
    }))
}

fn add_huge_headers(answer: &mut Response) {
    for number in 0..1_000 {
        if let Ok(name) = HeaderName::try_from(format!("x-padding-{number}")) {
            answer.headers_mut().insert(name, HeaderValue::from_static("0123456789abcdef"));
        }
    }
}
