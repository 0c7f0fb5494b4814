//! The operator's calls, as a client: every command about nodes is a call that any program can make.

use std::time::Duration;

use anyhow::{Context, Result};
use linkpool_api::operator::{
    OperatorToken,
    types::{CreateNodes, Envelope, OperationView},
};
use reqwest::{Client, RequestBuilder, Response, StatusCode, Url, header::RETRY_AFTER};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    config::Config,
    failure::{self, Failure},
};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// How often a call is made again of which the listener says when to (503, while its database is busy or fails over). Any call may be:
/// it asks, has a key, or says by itself whether it was done before.
const MAX_REPEATS: u32 = 3;
/// However long the listener asks for.
const MAX_REPEAT_DELAY: Duration = Duration::from_secs(5);

/// A client of the operator's listener.
pub struct Operator {
    client: Client,
    base: Url,
    token: OperatorToken,
}

impl Operator {
    pub fn new(config: &Config) -> Result<Self> {
        let token = OperatorToken::read(config.operator.token_file());
        let token =
            token.map_err(|error| Failure::bad_input(format!("{error}; set operator.token_file to the listener's token")))?;
        let base = config.operator.url()?;
        // No proxy: the token is for the listener alone, whatever `http_proxy` says.
        let client =
            Client::builder().no_proxy().connect_timeout(CONNECT_TIMEOUT).redirect(reqwest::redirect::Policy::none()).build();
        Ok(Self { client: client.context("starting the HTTP client")?, base, token })
    }

    /// The `data` of a path below `/api/v1/operator`.
    pub async fn get<T: DeserializeOwned>(&self, path: &[&str]) -> Result<T> {
        data(self.send(self.client.get(self.url(path)).timeout(ANSWER_TIMEOUT)).await?).await
    }

    /// The `data` of a call that changes something; each says by itself whether it was done before.
    pub async fn post<T: DeserializeOwned>(&self, path: &[&str], body: &impl Serialize) -> Result<T> {
        data(self.send(self.client.post(self.url(path)).timeout(ANSWER_TIMEOUT).json(body)).await?).await
    }

    /// A call that the same key makes only once.
    pub async fn post_once<T: DeserializeOwned>(&self, path: &[&str], key: &str, body: &impl Serialize) -> Result<T> {
        let request = self.client.post(self.url(path)).timeout(ANSWER_TIMEOUT).header("idempotency-key", key).json(body);
        data(self.send(request).await?).await
    }

    /// Asks for nodes; the same key asks only once. Where nobody can tell whether they were asked for, the error gives the key.
    pub async fn create_nodes(&self, key: &str, body: &CreateNodes) -> Result<OperationView> {
        let request = self.client.post(self.url(&["nodes"])).timeout(ANSWER_TIMEOUT).header("idempotency-key", key).json(body);
        let sent = self.carry(request).await;
        let not_asked = match &sent {
            Ok(response) => response.status().is_client_error(),
            Err(error) => error.is_connect(),
        };
        let answered = async { data(self.accept(sent).await?).await };
        answered.await.map_err(|error| if not_asked { error } else { perhaps_asked(&error, key) })
    }

    /// What happens to the nodes of an operation; a stream without end.
    pub async fn stream(&self, operation: &str) -> Result<Response> {
        self.send(self.client.get(self.url(&["operations", operation, "stream"]))).await
    }

    fn url(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["api", "v1", "operator"]).extend(path);
        }
        url
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response> {
        self.accept(self.carry(request).await).await
    }

    /// Until it is answered otherwise than with a time to come again.
    async fn carry(&self, request: RequestBuilder) -> reqwest::Result<Response> {
        let request = request.bearer_auth(self.token.expose());
        for _ in 0..MAX_REPEATS {
            let Some(again) = request.try_clone() else { break };
            let response = again.send().await?;
            let Some(delay) = repeat_delay(&response) else { return Ok(response) };
            tokio::time::sleep(delay).await;
        }
        request.send().await
    }

    async fn accept(&self, sent: reqwest::Result<Response>) -> Result<Response> {
        let response = sent.map_err(|error| unreachable(self.base.as_str(), &error))?;
        if response.status().is_success() {
            return Ok(response);
        }
        Err(refused(response).await)
    }
}

/// When the call is to be made again, where the listener says so.
fn repeat_delay(response: &Response) -> Option<Duration> {
    let is_busy = response.status() == StatusCode::SERVICE_UNAVAILABLE;
    let seconds = response.headers().get(RETRY_AFTER).filter(|_| is_busy)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds).min(MAX_REPEAT_DELAY))
}

/// No answer, in one line: the transport's own text repeats the whole URL.
pub fn unreachable(place: &str, error: &reqwest::Error) -> anyhow::Error {
    let cause = if error.is_timeout() { "no answer in time" } else { "no connection" };
    Failure::unreachable(format!(
        "cannot reach the operator's listener at {place}: {cause}; check that `linkpool fleet` runs with operator.token_file set"
    ))
}

/// The failure of a call whose nodes may be on their way all the same.
fn perhaps_asked(error: &anyhow::Error, key: &str) -> anyhow::Error {
    let message = format!(
        "{error:#}; the nodes may have been asked for all the same: repeat with --idempotency-key {key}: it asks only once"
    );
    Failure { exit: failure::exit(error), message }.into()
}

/// A problem's own sentence, with the exit code that fits.
async fn refused(response: Response) -> anyhow::Error {
    let status = response.status();
    let problem: Value = response.json().await.unwrap_or_default();
    let sentence = problem["detail"].as_str().map_or_else(|| format!("the operator's listener answers {status}"), str::to_owned);
    match status {
        StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND | StatusCode::UNAUTHORIZED => Failure::bad_input(sentence),
        status if status.is_server_error() => Failure::unreachable(sentence),
        _ => Failure::refused(sentence),
    }
}

async fn data<T: DeserializeOwned>(response: Response) -> Result<T> {
    let envelope: Envelope<T> = response.json().await.context("reading the operator's answer")?;
    Ok(envelope.data)
}
