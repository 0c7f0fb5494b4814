//! Reading an answer: how long it may be, and where it is parsed.
//!
//! A true answer to most questions is short, so whoever sends more is cut off early. Long ones, of which several lanes may read some
//! at once, share a budget: one at a time goes beyond [`FREE`], so the memory of all of them together has a bound.

use std::io::Read;

use reqwest::{Response, header::CONTENT_ENCODING};
use serde_json::Value;
use tokio::{runtime::RuntimeFlavor, sync::Semaphore};

use crate::rpc::{Call, Failure};

/// Errors come with reasons, and some clients put a whole trace beside them.
const SMALL: usize = 64 << 10;
/// Up to here answers are read side by side.
const FREE: usize = 8 << 20;
/// No answer is longer, whatever was asked.
const MOST: usize = 128 << 20;
/// An answer longer than this is not parsed on the threads that also renew leases and serve.
const PARSED_HERE: usize = 64 << 10;

/// Who reads the one answer that may be longer than [`FREE`].
static LONG: Semaphore = Semaphore::const_new(1);

/// The most bytes that a true answer to these calls has.
pub(crate) fn most(calls: &[Call]) -> usize {
    calls.iter().map(of).fold(0, usize::saturating_add).clamp(SMALL, MOST)
}

fn of(call: &Call) -> usize {
    match call.method.as_str() {
        "eth_getLogs" => MOST,
        // With all transactions, or with their hashes.
        "eth_getBlockByNumber" if call.params.get(1) == Some(&Value::Bool(true)) => 64 << 20,
        "eth_getBlockByNumber" => 4 << 20,
        // A receipt has logs of strangers.
        "eth_getTransactionReceipt" => 8 << 20,
        "eth_call" | "eth_getCode" | "eth_estimateGas" => 1 << 20,
        _ => SMALL,
    }
}

/// The body, unpacked if it came packed without being asked for.
///
/// # Errors
/// [`Failure::TooLong`] beyond `most`.
pub(crate) async fn read(mut response: Response, most: usize) -> Result<Vec<u8>, Failure> {
    let is_packed =
        response.headers().get(CONTENT_ENCODING).is_some_and(|encoding| encoding.as_bytes().eq_ignore_ascii_case(b"gzip"));
    let expected = response.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or_default();
    if expected > most {
        return Err(Failure::TooLong);
    }
    let mut long = None;
    let mut body = Vec::with_capacity(expected.min(FREE));
    while let Some(chunk) = response.chunk().await.map_err(|error| Failure::broken(&error))? {
        let length = body.len() + chunk.len();
        if length > most {
            return Err(Failure::TooLong);
        }
        if length > FREE && long.is_none() {
            // The request's own time-out bounds the wait, as everything that makes an answer late.
            long = LONG.acquire().await.ok();
        }
        body.extend_from_slice(&chunk);
    }
    if is_packed { off_the_runtime(body.len(), || unpacked(&body, most)) } else { Ok(body) }
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
        assert_eq!(most(&[call("eth_getLogs")]), MOST);
        assert_eq!(most(&vec![call("eth_getBlockByNumber"); 3]), 12 << 20);
        assert_eq!(most(&vec![call("eth_getBlockByNumber"); 1_000]), MOST);
        assert!(most(&[Call::new("eth_getBlockByNumber", json!(["0x1", true]))]) > most(&[call("eth_getBlockByNumber")]));
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
