//! Accepts connections, with a bound on how many there are and on how long one may take to say what it wants.

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

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
const HEADERS: Duration = Duration::from_secs(10);
/// How long a client may take nothing of what is written to it: whoever opens a stream and does not read it loses it, and its
/// place with it.
const STALLED: Duration = Duration::from_secs(30);
/// Open connections; the next one waits in the system's queue.
const MAX_CONNECTIONS: usize = 10_000;
/// How long to wait after the system could not accept, most often for want of file descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves `router` until `shutdown`; open requests are answered first.
pub(crate) async fn listen(listener: TcpListener, router: Router, shutdown: CancellationToken) {
    let connections = TaskTracker::new();
    let permits = Arc::new(Semaphore::new(MAX_CONNECTIONS));
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
                    serve(stream, peer, router, shutdown, STALLED).await;
                    drop(permit);
                });
            }
            (Err(error), _) => {
                tracing::debug!(%error, "a connection was not accepted");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    connections.close();
    connections.wait().await;
}

async fn serve<S>(stream: S, peer: SocketAddr, router: Router, shutdown: CancellationToken, stalled: Duration)
where
    S: AsyncRead + AsyncWrite + Send,
{
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(stalled));
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
        .header_read_timeout(HEADERS)
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
mod tests {
    use axum::{response::sse::Sse, routing::get};
    use tokio::io::AsyncWriteExt;

    use super::*;

    #[tokio::test]
    async fn a_client_that_does_not_read_its_stream_loses_it() {
        let endless = futures_util::stream::repeat_with(|| Ok::<_, Infallible>(axum::response::sse::Event::default().data("x")));
        let router = Router::new().route("/", get(async move || Sse::new(endless)));
        let (mut client, server) = tokio::io::duplex(1_024);
        client.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let peer = SocketAddr::from(([127, 0, 0, 1], 1));
        let served = serve(server, peer, router, CancellationToken::new(), Duration::from_millis(50));
        tokio::time::timeout(Duration::from_secs(20), served).await.expect("the server gives the stream up");
    }
}
