//! A connection that ends when its client keeps it waiting: long where nothing is asked, and not long for the rest of a request that has begun.

use std::{
    future::Future,
    io::{self, ErrorKind, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep},
};

use super::waiting::Rests;

/// How long a client may keep its connection waiting.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// From the first byte of a request to the end of its headers; of a new connection, from its beginning.
    pub header_read: Duration,
    /// From an answer to the next request.
    pub idle: Duration,
}

/// hyper has one limit for both, so this looks at what comes: the router says when a whole header was read.
pub(super) struct Patient<S> {
    stream: S,
    rests: Arc<Rests>,
    patience: Patience,
    /// The wait to which the deadline belongs.
    rest: Option<u64>,
    has_begun: bool,
    deadline: Pin<Box<Sleep>>,
}

impl<S> Patient<S> {
    /// Of a connection that has just been opened.
    pub fn new(stream: S, rests: Arc<Rests>, patience: Patience) -> Self {
        let deadline = Box::pin(sleep(patience.header_read));
        Self { stream, rest: rests.current(), rests, patience, has_begun: true, deadline }
    }

    fn wait_for(&mut self, timeout: Duration) {
        self.deadline.as_mut().reset(Instant::now() + timeout);
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let rest = self.rests.current();
        if rest != self.rest {
            (self.rest, self.has_begun) = (rest, false);
            let idle = self.patience.idle;
            self.wait_for(idle);
        }
        let before = buffer.filled().len();
        if let Poll::Ready(read) = Pin::new(&mut self.stream).poll_read(context, buffer) {
            if !self.has_begun && buffer.filled().len() > before {
                self.has_begun = true;
                let header_read = self.patience.header_read;
                self.wait_for(header_read);
            }
            return Poll::Ready(read);
        }
        if rest.is_none() {
            return Poll::Pending;
        }
        ready!(self.deadline.as_mut().poll(context));
        Poll::Ready(Err(ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
