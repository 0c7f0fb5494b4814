//! Accepts connections, with a bound on how many there are and on how long one may take to say what it wants.

use std::{
    convert::Infallible,
    io::{self, ErrorKind},
    net::SocketAddr,
    sync::Arc,
    time::Duration,
};

use axum::{Router, body::Body, extract::ConnectInfo};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    sync::Semaphore,
};
use tokio_io_timeout::TimeoutStream;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;

/// From the first byte of a request, or from the end of the one before, to the end of its headers: whoever opens a
/// connection and says nothing loses it.
const HEADER_READ_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a client may take nothing of what is written to it: whoever opens a stream and does not read it loses it, and its
/// place with it.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// Open connections; the next one waits in the system's queue.
const MAX_CONNECTIONS: usize = 10_000;
/// After the system could not accept, most often for want of file descriptors.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(100);

/// Serves `router` until `shutdown`. Then new clients are refused, open requests are answered, and it returns when the last
/// connection has ended: streams without end look at the same token (`stream.rs`, `operator/stream.rs`), and a client that does not
/// read has [`WRITE_TIMEOUT`].
pub(crate) async fn serve(listener: TcpListener, router: Router, shutdown: CancellationToken) {
    serve_at_most(MAX_CONNECTIONS, listener, router, shutdown).await;
}

async fn serve_at_most(max_connections: usize, listener: TcpListener, router: Router, shutdown: CancellationToken) {
    let connections = TaskTracker::new();
    let permits = Arc::new(Semaphore::new(max_connections));
    loop {
        let accepted = tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = async {
                let permit = permits.clone().acquire_owned().await.ok();
                (listener.accept().await, permit)
            } => accepted,
        };
        match accepted {
            (Ok((stream, peer)), permit) => {
                let (router, shutdown) = (router.clone(), shutdown.clone());
                connections.spawn(async move {
                    // Small messages of a stream leave at once.
                    let _ = stream.set_nodelay(true);
                    serve_connection(stream, peer, router, shutdown, WRITE_TIMEOUT).await;
                    drop(permit);
                });
            }
            (Err(error), _) if is_the_clients(&error) => {}
            (Err(error), _) => {
                metrics::counter!("linkpool_api_accept_failures_total").increment(1);
                tracing::warn!(%error, "no connection can be accepted; trying again");
                tokio::time::sleep(ACCEPT_RETRY_DELAY).await;
            }
        }
    }
    // The system refuses whoever comes now; it would let them wait otherwise, and nobody would answer.
    drop(listener);
    connections.close();
    connections.wait().await;
}

/// A client that is gone before it was accepted.
fn is_the_clients(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::ConnectionRefused)
}

async fn serve_connection<S>(stream: S, peer: SocketAddr, router: Router, shutdown: CancellationToken, write_timeout: Duration)
where
    S: AsyncRead + AsyncWrite + Send,
{
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(write_timeout));
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        let router = router.clone();
        async move {
            let Ok(response) = router.oneshot(request.map(Body::new)).await;
            Ok::<_, Infallible>(response)
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_READ_TIMEOUT)
        .serve_connection(TokioIo::new(Box::pin(stream)), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = shutdown.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    // A client that breaks off is nobody's fault here.
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended badly");
    }
}

#[cfg(test)]
mod tests;
