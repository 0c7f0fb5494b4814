//! Open streams: so many of one client, and so many in all.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::Client;
use crate::{
    config::Limits,
    problem::{Problem, TOO_MANY_STREAMS},
};

const OPEN_STREAMS: &str = "linkpool_api_streams";

/// Counts open streams.
#[derive(Debug)]
pub(crate) struct StreamLimiter {
    per_client: u32,
    total: u32,
    open: Arc<Mutex<HashMap<Client, u32>>>,
}

/// An open stream's place, given back when the stream ends.
#[derive(Debug)]
pub(crate) struct StreamPermit {
    client: Client,
    open: Arc<Mutex<HashMap<Client, u32>>>,
}

impl StreamLimiter {
    pub fn new(limits: Limits) -> Self {
        Self { per_client: limits.streams_per_client, total: limits.streams, open: Arc::default() }
    }

    /// A place for one more stream of this client.
    pub fn open(&self, client: Client) -> Result<StreamPermit, Problem> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let refuse = |detail: String| Err(Problem { retry_after_seconds: Some(10), ..Problem::new(&TOO_MANY_STREAMS, detail) });
        if open.get(&client).is_some_and(|count| *count >= self.per_client) {
            return refuse(format!("your address has {} open streams; close one first", self.per_client));
        }
        if open.values().sum::<u32>() >= self.total {
            return refuse("all streams are taken; try again in a moment, or poll".into());
        }
        *open.entry(client).or_default() += 1;
        metrics::gauge!(OPEN_STREAMS).increment(1.0);
        Ok(StreamPermit { client, open: self.open.clone() })
    }
}

impl Drop for StreamPermit {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        metrics::gauge!(OPEN_STREAMS).decrement(1.0);
        if let Some(count) = open.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(text: &str) -> Client {
        Client::new(text.parse().unwrap())
    }

    #[test]
    fn a_stream_gives_its_place_back() {
        let limiter = StreamLimiter::new(Limits { streams_per_client: 1, streams: 2, ..Limits::default() });
        let first = limiter.open(client("192.0.2.1")).unwrap();
        assert!(limiter.open(client("192.0.2.1")).is_err());
        let _second = limiter.open(client("192.0.2.2")).unwrap();
        assert!(limiter.open(client("192.0.2.3")).is_err());
        drop(first);
        assert!(limiter.open(client("192.0.2.1")).is_ok());
    }
}
