//! The body of an answer, at whose end its connection waits for the next request.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{Error, body::Body};
use hyper::body::{Body as HttpBody, Bytes, Frame, SizeHint};

use super::waiting::Rests;

pub(super) struct Answering {
    body: Body,
    rests: Arc<Rests>,
}

impl Answering {
    pub fn new(body: Body, rests: Arc<Rests>) -> Self {
        Self { body, rests }
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.rests.wait();
    }
}

impl HttpBody for Answering {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
