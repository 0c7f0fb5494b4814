//! One call, and the same call again.

use std::time::Duration;

use chrono::Utc;
use rand::Rng as _;
use reqwest::Client;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::sleep;
use url::Url;

use crate::{
    CredentialsSource, Error, Result,
    signature::{Scope, authorization},
};

/// AWS answers within a second or not at all.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Before the second attempt; twice as long before each later one, and never in step with others.
const FIRST_DELAY: Duration = Duration::from_millis(100);
const LONGEST_DELAY: Duration = Duration::from_secs(5);

/// What answers a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    Ecs,
    Kms,
    SecretsManager,
}

impl Service {
    /// Its name in signatures and host names, and in front of its operations.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Ecs => ("ecs", "AmazonEC2ContainerServiceV20141113"),
            Self::Kms => ("kms", "TrentService"),
            Self::SecretsManager => ("secretsmanager", "secretsmanager"),
        }
    }
}

/// Which AWS is asked.
#[derive(Debug)]
pub struct AwsConfig {
    pub region: String,
    /// One address for all services, in the place of AWS's own.
    pub endpoint: Option<Url>,
    pub credentials: CredentialsSource,
    /// How often a call is made that may be made again.
    pub attempts: u32,
}

/// A client of AWS.
#[derive(Debug)]
pub struct Aws {
    config: AwsConfig,
    client: Client,
}

impl Aws {
    /// # Errors
    /// Where there can be no HTTP client on this machine.
    pub fn new(config: AwsConfig) -> Result<Self> {
        let client = Client::builder().timeout(REQUEST_TIMEOUT).connect_timeout(CONNECT_TIMEOUT);
        let client = client.redirect(reqwest::redirect::Policy::none()).build();
        Ok(Self { config, client: client.map_err(|error| Error::Client(error.to_string()))? })
    }

    /// A call that may be done twice without harm: made again while AWS is busy or silent.
    ///
    /// # Errors
    /// As AWS says; of one that is transient, that of the last attempt.
    pub async fn call<T: DeserializeOwned>(&self, service: Service, operation: &str, body: &Value) -> Result<T> {
        let mut delay = FIRST_DELAY;
        for _ in 1..self.config.attempts.max(1) {
            match self.call_once(service, operation, body).await {
                Err(error) if error.is_transient() => {
                    let share = rand::rng().random_range(0.5..1.0);
                    sleep(delay.mul_f64(share)).await;
                    delay = (delay * 2).min(LONGEST_DELAY);
                }
                answered => return answered,
            }
        }
        self.call_once(service, operation, body).await
    }

    /// One attempt.
    ///
    /// # Errors
    /// As AWS says.
    pub async fn call_once<T: DeserializeOwned>(&self, service: Service, operation: &str, body: &Value) -> Result<T> {
        let (name, prefix) = service.names();
        let url = self.url(name)?;
        let credentials = self.config.credentials.credentials(&self.client).await?;
        let host = match (url.host_str().unwrap_or_default(), url.port()) {
            (host, Some(port)) => format!("{host}:{port}"),
            (host, None) => host.to_owned(),
        };
        let (body, target) = (body.to_string(), format!("{prefix}.{operation}"));
        let time = Utc::now().format("%Y%m%dT%H%M%SZ").to_string();
        let mut headers = vec![("content-type", "application/x-amz-json-1.1"), ("host", &host), ("x-amz-date", &time)];
        if let Some(token) = &credentials.session_token {
            headers.push(("x-amz-security-token", token.expose()));
        }
        headers.push(("x-amz-target", &target));
        let scope = Scope { region: &self.config.region, service: name, time: &time };
        let key = (credentials.access_key.as_str(), &credentials.secret_key);
        let signed = authorization(key, scope, ("POST", "/"), &headers, body.as_bytes());
        let mut request = self.client.post(url).header("authorization", signed);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let silent =
            |error: reqwest::Error| Error::Unanswered { operation: operation.to_owned(), cause: deepest(&error.without_url()) };
        let answer = request.body(body).send().await.map_err(silent)?;
        let status = answer.status();
        let bytes = answer.bytes().await.map_err(silent)?;
        if !status.is_success() {
            return Err(refusal(operation, status.as_u16(), &bytes));
        }
        let malformed = |error: serde_json::Error| Error::Malformed { operation: operation.to_owned(), cause: error.to_string() };
        serde_json::from_slice(&bytes).map_err(malformed)
    }

    fn url(&self, service: &str) -> Result<Url> {
        if let Some(endpoint) = &self.config.endpoint {
            return Ok(endpoint.clone());
        }
        let region = &self.config.region;
        let url = format!("https://{service}.{region}.amazonaws.com/").parse();
        url.map_err(|error| Error::Client(format!("{region} is no region of AWS: {error}")))
    }
}

/// The last reason of several.
fn deepest(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}

/// Kinds that pass by themselves, whatever their status.
const LATER: [&str; 6] = [
    "ThrottlingException",
    "Throttling",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "LimitExceededException",
    "ServiceUnavailableException",
];

fn refusal(operation: &str, status: u16, body: &[u8]) -> Error {
    let told: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |name: &str| told[name].as_str().map(str::to_owned);
    let kind = text("__type").unwrap_or_else(|| format!("HTTP {status}"));
    let kind = kind.rsplit('#').next().unwrap_or_default().to_owned();
    let message = text("message").or_else(|| text("Message")).unwrap_or_else(|| "it does not say why".into());
    let operation = operation.to_owned();
    // A call may be done although AWS answers so: 500s are asked again by whoever may.
    if status >= 500 || LATER.contains(&kind.as_str()) {
        Error::Later { operation, kind, message }
    } else {
        Error::Refused { operation, kind, message }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_by_itself_is_told_from_what_does_not() {
        let of = |status, body: &str| refusal("ListTasks", status, body.as_bytes());
        assert!(of(400, r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#).is_transient());
        assert!(of(503, "<html>").is_transient());
        let refused = of(400, r#"{"__type":"com.amazonaws.ecs#ServiceNotFoundException","Message":"x"}"#);
        assert_eq!((refused.is_transient(), refused.refusal()), (false, Some(("ServiceNotFoundException", "x"))));
    }
}
