//! Reading an answer: how long it may be, and where it is parsed.
//!
//! A true answer to most questions is short, so whoever sends more is cut off early. Long ones, of which several lanes may read some
//! at once, share a [`Budget`]: one at a time goes beyond [`FREE`], from its first byte too many until it is parsed, so the memory of
//! all of them together has a bound.

use std::{
    io::Read,
    sync::atomic::{AtomicUsize, Ordering},
};

use reqwest::{Response, header::CONTENT_ENCODING};
use serde_json::Value;
use tokio::{
    runtime::RuntimeFlavor,
    sync::{Semaphore, SemaphorePermit},
};

use crate::call::{Call, Failure};

/// Errors come with reasons, and some clients put a whole trace beside them.
const SMALL: usize = 64 << 10;
/// Up to here answers are read side by side.
const FREE: usize = 8 << 20;
/// The logs of several blocks. Whoever asks for a range aims at a quarter of it; what is longer is asked for in shorter pieces.
const RANGE: usize = 16 << 20;
/// The logs of one block, which can't be had in pieces; and no answer is longer, whatever was asked. A block of 60 million gas has
/// room for 30 MiB of one contract's logs.
const MAX_BODY_BYTES: usize = 64 << 20;
/// An answer longer than this is not parsed on the threads that also renew leases and serve.
const PARSED_HERE: usize = 64 << 10;

/// What all answers together may hold.
#[derive(Debug)]
pub(crate) struct Budget {
    /// Who holds the one answer that may be longer than [`FREE`].
    long: Semaphore,
    held: AtomicUsize,
    max_held: AtomicUsize,
}

impl Budget {
    pub const fn new() -> Self {
        Self { long: Semaphore::const_new(1), held: AtomicUsize::new(0), max_held: AtomicUsize::new(0) }
    }

    /// The most bytes that were held at one time.
    #[cfg(test)]
    pub fn max_held(&self) -> usize {
        self.max_held.load(Ordering::Relaxed)
    }

    /// Of the answers to one question, however many requests that takes.
    pub fn share(&'static self) -> Share {
        Share { budget: self, bytes: 0, long: None }
    }
}

/// That of this process.
pub(crate) static BUDGET: Budget = Budget::new();

/// The bytes of answers that are not parsed yet. They count until it is dropped.
#[derive(Debug)]
pub(crate) struct Share {
    budget: &'static Budget,
    bytes: usize,
    long: Option<SemaphorePermit<'static>>,
}

impl Share {
    /// Waits where that makes it a long one and another is. The request's own time-out bounds the wait, as everything that makes an
    /// answer late; what was read before it is held meanwhile, and is no more than [`FREE`].
    async fn grow(&mut self, bytes: usize) {
        if self.bytes + bytes > FREE && self.long.is_none() {
            self.long = self.budget.long.acquire().await.ok();
        }
        self.bytes += bytes;
        let held = self.budget.held.fetch_add(bytes, Ordering::Relaxed) + bytes;
        self.budget.max_held.fetch_max(held, Ordering::Relaxed);
    }

    /// What came since then is of no use.
    fn shrink_to(&mut self, bytes: usize) {
        self.budget.held.fetch_sub(self.bytes.saturating_sub(bytes), Ordering::Relaxed);
        self.bytes = self.bytes.min(bytes);
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.shrink_to(0);
    }
}

/// The most bytes that a true answer to these calls has.
pub(crate) fn most(calls: &[Call]) -> usize {
    calls.iter().map(of).fold(0, usize::saturating_add).clamp(SMALL, MAX_BODY_BYTES)
}

fn of(call: &Call) -> usize {
    match call.method.as_str() {
        "eth_getLogs" if is_one_block(&call.params[0]) => MAX_BODY_BYTES,
        "eth_getLogs" => RANGE,
        // With all transactions, or with their hashes.
        "eth_getBlockByNumber" if call.params.get(1) == Some(&Value::Bool(true)) => 64 << 20,
        "eth_getBlockByNumber" => 4 << 20,
        // A receipt has logs of strangers.
        "eth_getTransactionReceipt" => 8 << 20,
        "eth_call" | "eth_getCode" | "eth_estimateGas" => 1 << 20,
        _ => SMALL,
    }
}

/// Whether a filter asks for a single block, by its hash or by its number.
fn is_one_block(filter: &Value) -> bool {
    filter.get("blockHash").is_some() || filter.get("fromBlock").is_some_and(|from| Some(from) == filter.get("toBlock"))
}

/// The body, unpacked if it came packed without being asked for.
///
/// # Errors
/// [`Failure::TooLong`] beyond `most`, or where the answers to one question are longer together than any one may be.
pub(crate) async fn read(response: Response, most: usize, share: &mut Share) -> Result<Vec<u8>, Failure> {
    let before = share.bytes;
    let most = most.min(MAX_BODY_BYTES.saturating_sub(before));
    let body = received(response, most, share).await;
    if body.is_err() {
        share.shrink_to(before);
    }
    body
}

async fn received(mut response: Response, most: usize, share: &mut Share) -> Result<Vec<u8>, Failure> {
    let is_packed =
        response.headers().get(CONTENT_ENCODING).is_some_and(|encoding| encoding.as_bytes().eq_ignore_ascii_case(b"gzip"));
    let expected = response.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or_default();
    if expected > most {
        return Err(Failure::TooLong);
    }
    let mut body = Vec::with_capacity(expected.min(FREE));
    while let Some(chunk) = response.chunk().await.map_err(|error| Failure::broken(&error))? {
        if body.len() + chunk.len() > most {
            return Err(Failure::TooLong);
        }
        share.grow(chunk.len()).await;
        body.extend_from_slice(&chunk);
    }
    if !is_packed {
        return Ok(body);
    }
    // How long it is unpacked is known only then; until then it counts as if it were as long as it may be.
    let before = share.bytes;
    share.grow(most).await;
    let whole = off_the_runtime(body.len(), || unpacked(&body, most))?;
    share.shrink_to(before + whole.len());
    Ok(whole)
}

fn unpacked(body: &[u8], most: usize) -> Result<Vec<u8>, Failure> {
    let mut whole = Vec::new();
    let read = flate2::read::MultiGzDecoder::new(body).take(most as u64 + 1).read_to_end(&mut whole);
    match read {
        Ok(length) if length > most => Err(Failure::TooLong),
        Ok(_) => Ok(whole),
        Err(error) => Err(Failure::Garbled(format!("the answer can't be unpacked ({error})"))),
    }
}

/// Work on so many bytes, away from the threads that the runtime needs where that is worth it.
pub(crate) fn off_the_runtime<T>(bytes: usize, work: impl FnOnce() -> T) -> T {
    let flavor = tokio::runtime::Handle::try_current().map(|handle| handle.runtime_flavor());
    match flavor {
        Ok(RuntimeFlavor::MultiThread) if bytes > PARSED_HERE => tokio::task::block_in_place(work),
        _ => work(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use serde_json::json;

    use super::*;

    #[test]
    fn each_question_has_a_bound_and_a_batch_the_sum_of_its_own() {
        let call = |method: &str| Call::new(method, json!(["latest", false]));
        assert_eq!(most(&[call("eth_chainId")]), SMALL);
        let logs = |filter| most(&[Call::new("eth_getLogs", json!([filter]))]);
        assert_eq!(logs(json!({ "fromBlock": "0x1", "toBlock": "0x2" })), RANGE);
        assert_eq!(logs(json!({ "fromBlock": "0x2", "toBlock": "0x2" })), MAX_BODY_BYTES);
        assert_eq!(logs(json!({ "blockHash": "0x12" })), MAX_BODY_BYTES);
        assert_eq!(most(&vec![call("eth_getBlockByNumber"); 3]), 12 << 20);
        assert_eq!(most(&vec![call("eth_getBlockByNumber"); 1_000]), MAX_BODY_BYTES);
        assert!(most(&[Call::new("eth_getBlockByNumber", json!(["0x1", true]))]) > most(&[call("eth_getBlockByNumber")]));
    }

    /// Answers every request with a JSON text so long, each connection on a thread of its own.
    fn verbose_server(bytes: usize) -> url::Url {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                std::thread::spawn(move || {
                    // The request is short enough to come in one piece.
                    let _ = stream.read(&mut [0; 4_096]);
                    let text = format!(r#"{{"id":0,"result":"{}"}}"#, "0".repeat(bytes));
                    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", text.len());
                    // Who is cut off in the middle has no more to say.
                    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(text.as_bytes()));
                });
            }
        });
        url
    }

    #[tokio::test]
    async fn of_many_long_answers_at_once_one_alone_is_held_whole() {
        const READERS: usize = 6;
        let budget: &'static Budget = Box::leak(Box::new(Budget::new()));
        let rpc = crate::rpc::Rpc::new(verbose_server(RANGE - 100), std::time::Duration::from_secs(60)).unwrap();
        let filter = json!([{ "fromBlock": "0x1", "toBlock": "0x2" }]);
        let ask = async || {
            let mut share = budget.share();
            let sent = rpc.send(&[Call::new("eth_getLogs", filter.clone())], &mut share).await.unwrap();
            assert!(sent.bytes > FREE && share.long.is_some());
        };
        futures_util::future::join_all((0..READERS).map(|_| ask())).await;
        let most = budget.max_held();
        assert!((RANGE - 100..=READERS * FREE + RANGE).contains(&most), "{most} bytes were held at one time");
        assert_eq!(budget.held.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn the_answers_to_one_question_have_one_bound_together() {
        let budget: &'static Budget = Box::leak(Box::new(Budget::new()));
        let rpc = crate::rpc::Rpc::new(verbose_server(MAX_BODY_BYTES * 2 / 3), std::time::Duration::from_secs(60)).unwrap();
        let call = Call::new("eth_getLogs", json!([{ "blockHash": "0x12" }]));
        let mut share = budget.share();
        assert!(rpc.send(std::slice::from_ref(&call), &mut share).await.is_ok());
        let held = share.bytes;
        assert!(matches!(rpc.send(&[call], &mut share).await, Err(Failure::TooLong)));
        assert_eq!(share.bytes, held, "what is thrown away does not count");
    }

    #[test]
    fn what_unpacks_to_more_than_may_be_is_not_unpacked() {
        let packed = |bytes: usize| {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
            encoder.write_all(&vec![b' '; bytes]).unwrap();
            encoder.finish().unwrap()
        };
        assert_eq!(unpacked(&packed(SMALL), SMALL).unwrap().len(), SMALL);
        let bomb = packed(64 << 20);
        assert!(bomb.len() < SMALL * 2);
        assert!(matches!(unpacked(&bomb, SMALL), Err(Failure::TooLong)));
        assert!(matches!(unpacked(b"{}", SMALL), Err(Failure::Garbled(_))));
    }
}
