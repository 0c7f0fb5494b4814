//! A listener whose connections are counted, and end at once when the replica ends.
//!
//! The web framework serves each connection in a task of its own. Without this, a replica that is killed while others
//! live on in the same process would keep answering on the connections it had.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    extract::connect_info::Connected,
    serve::{IncomingStream, Listener},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// Most connections of one replica; more wait in the system's backlog.
const MAX_CONNECTIONS: usize = 128;

/// The address of a client.
#[derive(Clone, Copy, Debug)]
pub(super) struct ClientAddress(pub SocketAddr);

impl Connected<IncomingStream<'_, ReplicaListener>> for ClientAddress {
    fn connect_info(stream: IncomingStream<'_, ReplicaListener>) -> Self {
        Self(*stream.remote_addr())
    }
}

#[derive(Debug)]
pub(super) struct ReplicaListener {
    listener: TcpListener,
    permits: Arc<Semaphore>,
    ended: CancellationToken,
}

impl ReplicaListener {
    /// Serves what `listener` accepts until `ended` is cancelled.
    pub fn new(listener: TcpListener, ended: CancellationToken) -> Self {
        Self { listener, permits: Arc::new(Semaphore::new(MAX_CONNECTIONS)), ended }
    }
}

impl Listener for ReplicaListener {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        let permit = self.permits.clone().acquire_owned().await.ok();
        let (stream, address) = Listener::accept(&mut self.listener).await;
        let ended = Box::pin(self.ended.clone().cancelled_owned());
        (Connection { stream, ended, _permit: permit }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection that fails as soon as the replica has ended.
pub(super) struct Connection {
    stream: TcpStream,
    ended: Pin<Box<WaitForCancellationFutureOwned>>,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Connection {
    fn check(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        match self.ended.as_mut().poll(context) {
            Poll::Ready(()) => Err(io::ErrorKind::ConnectionAborted.into()),
            Poll::Pending => Ok(()),
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.check(context)?;
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.check(context)?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
