//! One connection: POST a body, get an answer; or upgrade to a WebSocket.

use std::{
    collections::VecDeque,
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Body, Frame, Incoming, SizeHint},
    header,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{handshake::derive_accept_key, protocol::Role},
};

use super::{message::Pieces, node::Node, socket};

/// Most bytes of a request.
const LONGEST_REQUEST: usize = 8 << 20;

/// Answers requests until the peer closes the connection.
pub(super) async fn serve(stream: TokioIo<TcpStream>, node: Arc<Node>) {
    let service = service_fn(move |request| respond(request, node.clone()));
    // A peer that breaks off is its own affair.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(stream, service).with_upgrades().await;
}

async fn respond(request: Request<Incoming>, node: Arc<Node>) -> Result<Response<Answer>, Infallible> {
    if request.headers().contains_key(header::SEC_WEBSOCKET_KEY) {
        return Ok(upgrade(request, node));
    }
    if request.method() != Method::POST {
        return Ok(plain(StatusCode::METHOD_NOT_ALLOWED));
    }
    let Ok(body) = Limited::new(request.into_body(), LONGEST_REQUEST).collect().await else {
        return Ok(plain(StatusCode::PAYLOAD_TOO_LARGE));
    };
    let pieces = node.answer(&body.to_bytes()).await;
    let mut response = Response::new(Answer::from(pieces));
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    Ok(response)
}

fn upgrade(mut request: Request<Incoming>, node: Arc<Node>) -> Response<Answer> {
    let key = request.headers().get(header::SEC_WEBSOCKET_KEY).map(|key| derive_accept_key(key.as_bytes()));
    let Some(accept) = key.and_then(|key| header::HeaderValue::from_str(&key).ok()) else {
        return plain(StatusCode::BAD_REQUEST);
    };
    tokio::spawn(async move {
        if let Ok(upgraded) = hyper::upgrade::on(&mut request).await {
            let stream = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, None).await;
            socket::serve(stream, node).await;
        }
    });
    let mut response = plain(StatusCode::SWITCHING_PROTOCOLS);
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, header::HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, header::HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    response
}

fn plain(status: StatusCode) -> Response<Answer> {
    let mut response = Response::new(Answer(VecDeque::new()));
    *response.status_mut() = status;
    response
}

/// A body of pieces that are shared with the chain: none is copied.
struct Answer(VecDeque<Bytes>);

impl From<Pieces> for Answer {
    fn from(pieces: Pieces) -> Self {
        Self(pieces.into())
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.pop_front().map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.iter().map(|piece| piece.len() as u64).sum())
    }
}
