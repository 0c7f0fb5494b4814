//! The calls of one node's API.

use std::future::Future;

use alloy_primitives::{Address, Signature};
use reqwest::{
    Method, RequestBuilder, StatusCode,
    header::{ACCEPT, COOKIE, HeaderValue},
};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::{
    Credentials, Error, ErrorKind, EvmKey, Health, NodeConfig, Transport, WalletError,
    answer::{Answer, Document, Resource},
    health::parse_health,
    key::{KeyRow, choose_wallet, enabled_keys, parse_rows},
    login_book::User,
    transport::SESSION_COOKIE,
};
use crate::{Registration, Secret};

/// A client of one node. Cloning is cheap; the session and connections live in the [`Transport`].
#[derive(Clone, Debug)]
pub struct NodeClient {
    transport: Transport,
    config: NodeConfig,
    peer: String,
}

/// A token that [`NodeClient::create_api_token`] made.
#[derive(Clone, Debug)]
pub struct ApiToken {
    /// For `X-API-KEY`.
    pub key: Secret,
    /// For `X-API-SECRET`.
    pub secret: Secret,
}

impl From<ApiToken> for Credentials {
    fn from(token: ApiToken) -> Self {
        Self::Token { key: token.key, secret: token.secret }
    }
}

#[derive(Deserialize)]
struct TokenAttributes {
    #[serde(rename = "accessKey")]
    access_key: Secret,
    secret: Secret,
}

#[derive(Deserialize)]
struct SignatureAttributes {
    signature: Signature65,
}

/// `0x` and 65 bytes: `r`, `s` and `v` of 27 or 28.
#[derive(Deserialize)]
#[serde(transparent)]
struct Signature65(alloy_primitives::FixedBytes<65>);

impl NodeClient {
    /// A client for the node at `config`; nothing is sent yet.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidAddress`] if the address is not plain `http(s)://host[:port][/prefix]`.
    pub fn new(transport: &Transport, config: NodeConfig) -> Result<Self, Error> {
        config.check()?;
        let peer = config.base_url.origin().ascii_serialization();
        Ok(Self { transport: transport.clone(), config, peer })
    }

    /// The node's origin, as errors name it.
    pub fn peer(&self) -> &str {
        &self.peer
    }

    /// The enabled keys on `chain_id`, with balances.
    ///
    /// # Errors
    /// Any [`Error`]; [`ErrorKind::Malformed`] also for a damaged address or balance.
    pub async fn evm_keys(&self, chain_id: u64) -> Result<Vec<EvmKey>, Error> {
        let rows = self.within(self.key_rows()).await?;
        enabled_keys(&self.peer, &rows, chain_id)
    }

    /// The node's wallet on `chain_id`: the address of its one enabled key there.
    ///
    /// # Errors
    /// [`WalletError`], a variant for each way in which there is not exactly one.
    pub async fn wallet(&self, chain_id: u64) -> Result<Address, WalletError> {
        let rows = self.within(self.key_rows()).await?;
        choose_wallet(&rows, chain_id)
    }

    /// `GET /health`, without credentials.
    ///
    /// # Errors
    /// Any [`Error`] but [`ErrorKind::Refused`], which is [`Health::NotListening`].
    pub async fn health(&self) -> Result<Health, Error> {
        match self.within(self.anonymous(&["health"])).await {
            Ok(answer) => parse_health(&answer),
            Err(error) if error.kind == ErrorKind::Refused => Ok(Health::NotListening),
            Err(error) => Err(error),
        }
    }

    /// `GET /readyz`, without credentials: whether the node holds the lease and takes work.
    ///
    /// # Errors
    /// Any [`Error`] but [`ErrorKind::Refused`], which is `false`.
    pub async fn ready(&self) -> Result<bool, Error> {
        let answer = match self.within(self.anonymous(&["readyz"])).await {
            Err(error) if error.kind == ErrorKind::Refused => return Ok(false),
            other => other?,
        };
        match answer.status {
            StatusCode::OK => Ok(true),
            // 404: during a migration only /health exists.
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::NO_CONTENT | StatusCode::NOT_FOUND => Ok(false),
            _ => Err(answer.unexpected()),
        }
    }

    /// `POST /v2/user/token`: makes a token for the configured user. The user's earlier token stops working.
    ///
    /// # Errors
    /// [`ErrorKind::PasswordNeeded`] if the credentials are a token; else any [`Error`].
    pub async fn create_api_token(&self) -> Result<ApiToken, Error> {
        let Credentials::Password { password, .. } = &self.config.credentials else {
            return Err(ErrorKind::PasswordNeeded.into());
        };
        let body = json!({ "password": password.expose() });
        let answer = self.within(self.authorized(Method::POST, &["v2", "user", "token"], Some(body))).await?;
        if answer.status != StatusCode::CREATED {
            return Err(answer.unexpected());
        }
        let token: Document<Resource<TokenAttributes>> = answer.parse()?;
        let TokenAttributes { access_key: key, secret } = token.data.attributes;
        Ok(ApiToken { key, secret })
    }

    /// Asks the node's wallet for the EIP-712 signature that registers it. Only the stand-in node can do this; the
    /// signature is checked against `registration` before it is returned; its `as_bytes()` is what `registerNode` takes.
    /// Needs the role `edit`.
    ///
    /// # Errors
    /// [`ErrorKind::CannotSign`] from a stock node, [`ErrorKind::WrongSignature`] if it is not by `registration.wallet`.
    pub async fn sign_registration(&self, registration: &Registration) -> Result<Signature, Error> {
        let body = json!({
            "chain_id": registration.chain_id.to_string(),
            "pool": registration.pool,
            "deadline": registration.deadline.to_string(),
        });
        let path = ["standin", "sign-registration"];
        let answer = self.within(self.authorized(Method::POST, &path, Some(body))).await?;
        match answer.status {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Err(answer.fault(ErrorKind::CannotSign)),
            _ => return Err(answer.unexpected()),
        }
        let signed: Document<Resource<SignatureAttributes>> = answer.parse()?;
        let Signature65(bytes) = signed.data.attributes.signature;
        Signature::from_raw(bytes.as_slice())
            .ok()
            .filter(|signature| registration.is_signed_by_wallet(signature))
            .ok_or_else(|| answer.fault(ErrorKind::WrongSignature { wallet: registration.wallet }))
    }

    async fn key_rows(&self) -> Result<Vec<KeyRow>, Error> {
        let mut answer = self.authorized(Method::GET, &["v2", "keys", "evm"], None).await?;
        if answer.status == StatusCode::NOT_FOUND {
            // Nodes before 1.10 know only the older path.
            answer = self.authorized(Method::GET, &["v2", "keys", "eth"], None).await?;
        }
        match answer.status {
            StatusCode::OK => parse_rows(&answer),
            StatusCode::NOT_FOUND => Err(answer.fault(ErrorKind::NoKeyList)),
            _ => Err(answer.unexpected()),
        }
    }

    async fn anonymous(&self, path: &[&str]) -> Result<Answer, Error> {
        self.transport.exchange(&self.peer, self.request(Method::GET, path, None)).await
    }

    /// Sends with credentials; a session that the node has ended is renewed once.
    pub(super) async fn authorized(&self, method: Method, path: &[&str], body: Option<Value>) -> Result<Answer, Error> {
        let (email, password) = match &self.config.credentials {
            Credentials::Token { key, secret } => {
                let request = self
                    .request(method, path, body)
                    .header("X-API-KEY", self.sensitive(key.expose())?)
                    .header("X-API-SECRET", self.sensitive(secret.expose())?);
                return self.transport.exchange(&self.peer, request).await?.admitted();
            }
            Credentials::Password { email, password } => (email.clone(), password.clone()),
        };
        let user = User { email, password };
        let mut stale = None;
        loop {
            let login_url = self.url(&["sessions"]);
            let session = self.transport.session(&self.peer, login_url, &user, stale).await?;
            let cookie = self.sensitive(&format!("{SESSION_COOKIE}={}", session.cookie.expose()))?;
            let request = self.request(method.clone(), path, body.clone()).header(COOKIE, cookie);
            let answer = self.transport.exchange(&self.peer, request).await?;
            if answer.status != StatusCode::UNAUTHORIZED || stale.is_some() {
                return answer.admitted();
            }
            stale = Some(session.number);
        }
    }

    fn request(&self, method: Method, path: &[&str], body: Option<Value>) -> RequestBuilder {
        let accept = "application/vnd.api+json, application/json";
        let request = self.transport.http.request(method, self.url(path)).header(ACCEPT, accept);
        match body {
            Some(body) => request.json(&body),
            None => request,
        }
    }

    fn url(&self, path: &[&str]) -> Url {
        let mut url = self.config.base_url.clone();
        // An http URL always has path segments, so this cannot fail; if it did, the plain address answers 404.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }

    fn sensitive(&self, value: &str) -> Result<HeaderValue, Error> {
        let mut header = HeaderValue::from_str(value).map_err(|_| ErrorKind::CredentialsRefused.of(&self.peer))?;
        header.set_sensitive(true);
        Ok(header)
    }

    pub(super) async fn within<T>(&self, call: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let limit = self.transport.limits.request_timeout;
        let outcome = tokio::time::timeout(limit, call).await;
        outcome.unwrap_or_else(|_| Err(ErrorKind::TimedOut { limit }.of(&self.peer)))
    }
}
