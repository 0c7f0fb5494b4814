//! Accepts connections, with a bound on how many there are and on how long one may take to say what it wants.

mod answering;
mod patient;
mod waiting;

use std::{
    convert::Infallible,
    future::pending,
    io::{self, ErrorKind},
    net::SocketAddr,
    sync::Arc,
    time::Duration,
};

use axum::{Router, body::Body, extract::ConnectInfo};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_io_timeout::TimeoutStream;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;

use self::{
    answering::Answering,
    patient::{Patience, Patient},
    waiting::{Rests, Waiting},
};

/// From the first byte of a request to the end of its headers: whoever opens a connection and says nothing loses it.
const HEADER_READ_TIMEOUT: Duration = Duration::from_secs(10);
/// Between two requests. Proxies keep connections for about a minute, and are not to find one closed that they have just chosen.
const IDLE_TIMEOUT: Duration = Duration::from_secs(75);
/// How long a client may take nothing of what is written to it: whoever opens a stream and does not read it loses it, and its
/// place with it.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// Open connections. For one more, the one that has waited longest for a request is closed; where all are being answered, it waits, and those
/// behind it in the system's queue.
const MAX_CONNECTIONS: usize = 10_000;
/// After the system could not accept, most often for want of file descriptors.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(100);

/// What one client may keep us waiting for.
#[derive(Debug, Clone, Copy)]
struct Timeouts {
    patience: Patience,
    write: Duration,
}

const TIMEOUTS: Timeouts =
    Timeouts { patience: Patience { header_read: HEADER_READ_TIMEOUT, idle: IDLE_TIMEOUT }, write: WRITE_TIMEOUT };

/// Serves `router` until `shutdown`. Then new clients are refused, open requests are answered, and it returns when the last
/// connection has ended: streams without end look at the same token (`stream.rs`, `operator/stream.rs`), and a client that does not
/// read has [`WRITE_TIMEOUT`].
pub(crate) async fn serve(listener: TcpListener, router: Router, shutdown: CancellationToken) {
    serve_at_most(MAX_CONNECTIONS, TIMEOUTS, listener, router, shutdown).await;
}

async fn serve_at_most(
    max_connections: usize,
    timeouts: Timeouts,
    listener: TcpListener,
    router: Router,
    shutdown: CancellationToken,
) {
    let connections = TaskTracker::new();
    let (permits, waiting) = (Arc::new(Semaphore::new(max_connections)), Arc::new(Waiting::default()));
    loop {
        let accepted = tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = async {
                let (stream, peer) = listener.accept().await?;
                Ok::<_, io::Error>((stream, peer, permit(&permits, &waiting).await))
            } => accepted,
        };
        match accepted {
            Ok((stream, peer, permit)) => {
                let (router, shutdown) = (router.clone(), shutdown.clone());
                let rests = Rests::first(waiting.clone());
                connections.spawn(async move {
                    // Small messages of a stream leave at once.
                    let _ = stream.set_nodelay(true);
                    serve_connection(stream, peer, router, rests, shutdown, timeouts).await;
                    drop(permit);
                });
            }
            Err(error) if is_the_clients(&error) => {}
            Err(error) => {
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

/// Room for one more connection.
async fn permit(permits: &Arc<Semaphore>, waiting: &Waiting) -> Option<OwnedSemaphorePermit> {
    tokio::select! {
        biased;
        permit = permits.clone().acquire_owned() => return permit.ok(),
        () = waiting.end_longest() => {}
    }
    permits.clone().acquire_owned().await.ok()
}

/// A client that is gone before it was accepted.
fn is_the_clients(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::ConnectionRefused)
}

async fn serve_connection<S>(
    stream: S,
    peer: SocketAddr,
    router: Router,
    rests: Rests,
    shutdown: CancellationToken,
    timeouts: Timeouts,
) where
    S: AsyncRead + AsyncWrite + Send,
{
    let rests = Arc::new(rests);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(timeouts.write));
    let stream = Patient::new(Box::pin(stream), rests.clone(), timeouts.patience);
    let answering = rests.clone();
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        let (router, rests) = (router.clone(), answering.clone());
        async move {
            if !rests.begin() {
                // Nothing is written, so its client can ask again on another.
                return pending().await;
            }
            let Ok(response) = router.oneshot(request.map(Body::new)).await;
            Ok::<_, Infallible>(response.map(|body| Answering::new(body, rests)))
        }
    });
    let connection = http1::Builder::new().header_read_timeout(None).serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        biased;
        () = rests.ended() => return,
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
