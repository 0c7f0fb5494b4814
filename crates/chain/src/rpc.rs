//! JSON-RPC over HTTP, and what can go wrong on the way. Nothing here ever prints the URL: it may hold a key.

use std::time::Duration;

use alloy::rpc::json_rpc::ErrorPayload;
use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};

use crate::{
    body::{self, Share},
    call::{Answer, Answers, Call, Failure, Given, Id},
    sorted_logs,
};

/// Idle connections kept open to one endpoint.
const IDLE_CONNECTIONS: usize = 8;

/// Where calls are sent.
#[derive(derive_more::Debug)]
#[debug("Rpc")]
pub(crate) struct Rpc {
    http: reqwest::Client,
    url: url::Url,
}

#[derive(Serialize)]
struct Request<'a> {
    jsonrpc: &'static str,
    id: usize,
    method: &'a str,
    params: &'a Value,
}

#[derive(Deserialize)]
struct Response<'a> {
    #[serde(default)]
    id: Id,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
    error: Option<ErrorPayload>,
}

impl Rpc {
    /// # Errors
    /// A cause, where no client can be made.
    pub fn new(url: url::Url, timeout: Duration) -> Result<Self, &'static str> {
        let client = reqwest::Client::builder()
            .timeout(timeout)
            .connect_timeout(timeout)
            .redirect(reqwest::redirect::Policy::none())
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .tcp_nodelay(true);
        let http = client.build().map_err(|_| "the HTTP client can't be set up on this machine")?;
        Ok(Self { http, url })
    }

    /// Sends the calls as one request, a batch where there are several. The answers count in the share until it is dropped.
    pub async fn send(&self, calls: &[Call], share: &mut Share) -> Result<Answers, Failure> {
        let requests: Vec<Request<'_>> = calls
            .iter()
            .enumerate()
            .map(|(id, call)| Request { jsonrpc: "2.0", id, method: &call.method, params: &call.params })
            .collect();
        let request = self.http.post(self.url.clone());
        let request = if let [single] = requests.as_slice() { request.json(single) } else { request.json(&requests) };
        let response = request.send().await.map_err(|error| Failure::broken(&error))?;
        let status = response.status();
        let body = body::read(response, body::most(calls), share).await?;
        if !status.is_success() {
            let error = serde_json::from_slice::<Response<'_>>(plain(&body)).ok().and_then(|response| response.error);
            return Err(Failure::Status { status: status.as_u16(), error });
        }
        let answers = body::off_the_runtime(body.len(), || match sorted_logs::read(plain(&body), calls) {
            Some(answers) => Ok(answers),
            None => sorted(plain(&body), calls.len()),
        })?;
        Ok(Answers { answers, bytes: body.len() })
    }
}

/// Without the mark that some servers put before UTF-8.
fn plain(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)
}

/// The answers by the ids of their calls. A batch may be answered by one error for all.
fn sorted(body: &[u8], calls: usize) -> Result<Vec<Answer>, Failure> {
    let garbled = |error: serde_json::Error| Failure::Garbled(format!("the answer is not JSON-RPC ({error})"));
    let is_batch = body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
    let responses: Vec<Response<'_>> = if is_batch {
        serde_json::from_slice(body).map_err(garbled)?
    } else {
        vec![serde_json::from_slice(body).map_err(garbled)?]
    };
    if let ([Response { error: Some(error), .. }], false) = (responses.as_slice(), is_batch) {
        return Ok((0..calls).map(|_| Err(error.clone())).collect());
    }
    // A batch that is too long geth refuses by one error under the first id, others by one without an id.
    let refusal = responses.iter().find_map(|response| response.error.clone());
    let mut answers: Vec<Option<Answer>> = (0..calls).map(|_| None).collect();
    for response in responses {
        let Some(answer) = response.id.0.and_then(|id| answers.get_mut(id)) else { continue };
        *answer = Some(match response.error {
            Some(error) => Err(error),
            // An absent result is null, which is what a block that is not there looks like.
            None => Ok(Given::Text(response.result.map_or_else(|| RawValue::NULL.to_owned(), ToOwned::to_owned))),
        });
    }
    let answers: Option<Vec<Answer>> = answers.into_iter().map(|answer| answer.or_else(|| refusal.clone().map(Err))).collect();
    answers.ok_or_else(|| Failure::Garbled("the answer lacks one of the calls".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(body: &str, calls: usize) -> Vec<String> {
        let answers = sorted(body.as_bytes(), calls).unwrap();
        let text = |given| match given {
            Given::Text(raw) => raw.to_string(),
            Given::Logs(logs) => panic!("nobody asked for logs: {logs:?}"),
        };
        answers.into_iter().map(|answer| answer.map_or_else(|error| error.message.to_string(), text)).collect()
    }

    #[test]
    fn answers_are_matched_to_their_calls_by_id() {
        assert_eq!(texts(r#"[{"id":1,"result":"b"},{"id":0,"result":"a"}]"#, 2), [r#""a""#, r#""b""#]);
        assert_eq!(texts(r#"{"jsonrpc":"2.0","id":0,"result":null}"#, 1), ["null"]);
        assert_eq!(texts(r#" [{"id":0,"error":{"code":1,"message":"no"}},{"id":1,"result":7}]"#, 2), ["no", "7"]);
    }

    #[test]
    fn ids_may_come_back_as_text() {
        assert_eq!(texts(r#"[{"id":"1","result":"b"},{"id":"0","result":"a"}]"#, 2), [r#""a""#, r#""b""#]);
        assert!(matches!(sorted(br#"[{"id":"x","result":1}]"#, 1), Err(Failure::Garbled(_))));
    }

    #[test]
    fn one_error_may_answer_a_whole_batch() {
        assert_eq!(texts(r#"{"id":null,"error":{"code":-32005,"message":"slow down"}}"#, 2), ["slow down", "slow down"]);
    }

    #[test]
    fn one_error_under_one_id_or_none_answers_the_calls_that_have_no_answer() {
        let geth = r#"[{"id":0,"error":{"code":-32600,"message":"batch too large"}}]"#;
        assert_eq!(texts(geth, 3), ["batch too large"; 3]);
        let nameless = r#"[{"id":null,"error":{"code":-32600,"message":"no more than 3"}}]"#;
        assert_eq!(texts(nameless, 2), ["no more than 3"; 2]);
        assert_eq!(texts(r#"[{"id":0,"result":7},{"error":{"code":1,"message":"enough"}}]"#, 2), ["7", "enough"]);
    }

    #[test]
    fn an_answer_with_a_hole_is_none() {
        for body in [r#"[{"id":0,"result":1}]"#, "[]", "{}", "<html>", r#"[{"id":0,"resu"#] {
            assert!(matches!(sorted(body.as_bytes(), 2), Err(Failure::Garbled(_))), "{body}");
        }
    }
}
